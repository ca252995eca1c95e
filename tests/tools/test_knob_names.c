// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Values of knobs in the names of files and folders.

#include "learn/dataset.h"
#include "support.h"

#include <math.h>

START_TEST(the_number_after_a_knobs_name_is_its_value)
{
  static const struct {
    const char *path;
    double value; ///< NaN: there is none
  } names[] = {
      {"drive5.wav", 5.0},
      {"DRIVE_0.3 take2.wav", 0.3},
      {"clean/Drive=7/wet.wav", 7.0},
      {"drive2/drive-8.wav", 8.0},
      {"tone3drive4.wav", 4.0},
      {"drive--6.wav", -6.0},
      {"drive 10.5.wav", 10.5},
      {"drive5.", 5.0},
      {"drive+1", 1.0},
      {"overdrive5.wav", (double)NAN},
      {"drive.wav", (double)NAN},
      {"drive5x.wav", (double)NAN},
      {"drives5.wav", (double)NAN},
      {"drive__5.wav", (double)NAN},
      {"driv", (double)NAN},
      {"drive", (double)NAN},
      {"drive00000000000000000000000000000000000000001.wav", (double)NAN},
      {"", (double)NAN},
  };
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    double value = (double)NAN;
    const bool found = rv_knob_in_name(names[n].path, "Drive", &value);
    ck_assert_msg(found == !isnan(names[n].value), "%s", names[n].path);
    if (found)
      ck_assert_double_eq(value, names[n].value);
  }
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("values of knobs in names");
  TCase *cases = tcase_create("names");
  tcase_add_test(cases, the_number_after_a_knobs_name_is_its_value);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
