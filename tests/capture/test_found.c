// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What happens to recordings of the test signal on their way, and that a pair is lined up all the
/// same: through a pedal, by the clicks, within a tenth of a frame.

#include "capture/clicks.h"
#include "support.h"
#include "takes.h"

#include <math.h>

static const double PI = 3.14159265358979323846;
static const double RATE = 48000.0;

/// The first click of the signal, seconds.
static const double CLICK = 0.4;

static void change_level(take *t, double db, double sign)
{
  const float gain = (float)(sign * pow(10.0, db / 20.0));
  for (size_t i = 0; i < t->frames; i++)
    t->samples[i] *= gain;
}

static void add_hum(take *t)
{
  const double peak = pow(10.0, -40.0 / 20.0);
  for (size_t i = 0; i < t->frames; i++)
    t->samples[i] += (float)(peak * sin(2.0 * PI * 50.0 * (double)i / t->rate));
}

/// A recording of the pedal that is `shift` frames late; `ppm` of drift.
typedef struct mishap {
  const char *name;
  double shift, ppm, db, sign;
  bool hum;
} mishap;

static const mishap mishaps[] = {
    {"3 s of silence first", 144000.0 + 317.3, 0.0, 0.0, 1.0, false},
    {"the first 0.2 s cut off", -9600.0 + 0.6, 0.0, 0.0, 1.0, false},
    {"30 dB too soft", 1234.7, 0.0, -30.0, 1.0, false},
    {"upside down", 211.2, 0.0, 0.0, -1.0, false},
    {"a recorder that is 20 ppm fast", 480.4, 20.0, 0.0, 1.0, false},
    {"a recorder that is 20 ppm slow", 480.4, -20.0, 0.0, 1.0, false},
    {"hum", 77.8, 0.0, 0.0, 1.0, true},
    {"late, soft and upside down", 50000.5, 0.0, -12.0, -1.0, false},
    {"late, soft, upside down and in hum", 50000.5, 0.0, -12.0, -1.0, true},
    {"all of it, and a recorder that is 20 ppm fast", 50000.5, 20.0, -12.0, -1.0, true},
};

static double click_of(const take *t, const mishap *m)
{
  rv_clicks clicks;
  ck_assert_int_eq(rv_clicks_find(t->samples, t->frames, t->rate, &clicks, NULL), RV_OK);
  ck_assert_msg(clicks.found, "%s: no clicks found", m->name);
  return clicks.frame;
}

START_TEST(the_signal_is_found_again_in_any_recording_of_it)
{
  const mishap *m = &mishaps[_i];
  take dry = take_signal(RATE);
  take pedal = take_pedal(&dry, 4.0);
  const double own = click_of(&pedal, m);
  take wet = m->ppm != 0.0 ? take_drifting(&pedal, m->ppm, m->shift)
                           : take_shifted_between(&pedal, m->shift);
  change_level(&wet, m->db, m->sign);
  if (m->hum)
    add_hum(&wet);
  rv_pair_report report;
  rv_error error = {{0}};
  ck_assert_msg(!check_pair(&dry, &wet, &report, &error), "%s: %s", m->name, error.text);
  ck_assert_msg(report.by_clicks && !report.uncertain, "%s: not by clicks", m->name);
  ck_assert_int_eq(report.inverted, m->sign < 0.0);
  const double expected = own - CLICK * RATE + m->shift;
  ck_assert_msg(fabs(report.peak_frames - expected) < 0.1, "%s: %.3f instead of %.3f", m->name,
                report.peak_frames, expected);
  // The filter that shifts by a part of a frame begins before that, a wet that runs ahead much
  // more.
  const double early = m->shift - (double)report.latency_frames;
  ck_assert_msg(early > 0.0 && early < (m->ppm < 0.0 ? 20.0 : 5.5),
                "%s: shift of %ld frames for %.1f", m->name, report.latency_frames, m->shift);
  const rv_finding *drift = find_kind(&report, "drift");
  ck_assert_msg((drift != NULL) == (m->ppm != 0.0), "%s: %s", m->name,
                drift ? drift->text : "no drift told");
  if (drift)
    ck_assert_double_eq_tol(report.drift_ppm, m->ppm, 1.0);
  take_free(&wet);
  take_free(&pedal);
  take_free(&dry);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("found");
  TCase *cases = tcase_create("found");
  tcase_set_timeout(cases, 120.0);
  tcase_add_loop_test(cases, the_signal_is_found_again_in_any_recording_of_it, 0,
                      (int)(sizeof mishaps / sizeof *mishaps));
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
