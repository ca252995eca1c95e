// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capture/jack.h"

#include <jack/jack.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/// Tenths of a second: until the graph has settled after connecting; that a server may be silent;
/// that reports of the last xruns take.
enum { SETTLE = 5, PATIENCE = 50, LATE_NEWS = 2 };

/// What the callbacks share with the thread that waits.
typedef struct session {
  jack_client_t *client;
  jack_port_t *out, *in;
  const float *dry;        // [frames]
  float *wet;              // [frames]
  size_t frames;           // of the whole take
  jack_nframes_t expected; // time of the next period; the audio thread's own
  atomic_bool running;
  atomic_bool shut_down;
  atomic_size_t position; // frames that are played and recorded
  atomic_size_t xruns;    // as the server tells them
  atomic_size_t gaps;     // as the clock tells them
  atomic_size_t first;    // position at the first of either, or SIZE_MAX
} session;

static void note_place(session *s, size_t place)
{
  size_t none = SIZE_MAX;
  (void)atomic_compare_exchange_strong(&s->first, &none, place);
}

/// Audio thread. Copies only: all memory is there before it runs.
static int process(jack_nframes_t n, void *data)
{
  session *s = data;
  float *out = jack_port_get_buffer(s->out, n);
  const float *in = jack_port_get_buffer(s->in, n);
  const size_t at = atomic_load_explicit(&s->position, memory_order_relaxed);
  size_t now = 0;
  if (atomic_load_explicit(&s->running, memory_order_acquire))
    now = s->frames - at < n ? s->frames - at : n;
  // The return first: ports of one client that are connected with each other share a buffer.
  memcpy(s->wet + at, in, now * sizeof *in);
  memcpy(out, s->dry + at, now * sizeof *out);
  memset(out + now, 0, (n - now) * sizeof *out);
  if (!now)
    return 0;
  const jack_nframes_t time = jack_last_frame_time(s->client);
  if (at && time != s->expected) {
    (void)atomic_fetch_add(&s->gaps, 1);
    note_place(s, at);
  }
  s->expected = time + n;
  atomic_store_explicit(&s->position, at + now, memory_order_release);
  return 0;
}

/// JACK's thread for notifications, as are the next two.
static int on_xrun(void *data)
{
  session *s = data;
  if (!atomic_load(&s->running))
    return 0;
  (void)atomic_fetch_add(&s->xruns, 1);
  note_place(s, atomic_load(&s->position));
  return 0;
}

static void on_shutdown(void *data)
{
  session *s = data;
  atomic_store(&s->shut_down, true);
}

/// What goes out has no beginning in what comes in: without this a loop-back would count twice.
static void on_latency(jack_latency_callback_mode_t mode, void *data)
{
  session *s = data;
  jack_latency_range_t none = {0};
  jack_port_set_latency_range(mode == JackCaptureLatency ? s->out : s->in, mode, &none);
}

static void say_nothing(const char *text)
{
  (void)text;
}

static void sleep_a_tenth(void)
{
  (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

static rv_status no_port(jack_client_t *client, const char *name, unsigned long flags,
                         rv_error *error)
{
  char list[RV_ERROR_SIZE / 2] = "";
  size_t length = 0;
  const char **names = jack_get_ports(client, NULL, JACK_DEFAULT_AUDIO_TYPE, flags);
  for (size_t i = 0; names && names[i] && length < sizeof list; i++)
    length +=
        (size_t)snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", names[i]);
  if (names)
    jack_free((void *)names);
  const bool send = flags == JackPortIsInput;
  return rv_fail(error, RV_NOT_FOUND, "JACK has no port %s to %s: give --%s one of: %s", name,
                 send ? "play into" : "record from", send ? "send" : "return",
                 *list ? list : "(there is none)");
}

static bool has_port(jack_client_t *client, const char *name, int flag)
{
  const jack_port_t *port = jack_port_by_name(client, name);
  return port && (jack_port_flags(port) & flag) &&
         strcmp(jack_port_type(port), JACK_DEFAULT_AUDIO_TYPE) == 0;
}

/// Runs the client and connects it; the signal does not play yet.
static rv_status start(session *s, const rv_jack_plan *plan, rv_error *error)
{
  s->out = jack_port_register(s->client, "send", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  s->in = jack_port_register(s->client, "return", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  if (!s->out || !s->in)
    return rv_fail(error, RV_IO, "JACK gives no ports: it has too many already");
  jack_on_shutdown(s->client, on_shutdown, s);
  if (jack_set_process_callback(s->client, process, s) ||
      jack_set_xrun_callback(s->client, on_xrun, s) ||
      jack_set_latency_callback(s->client, on_latency, s) || jack_activate(s->client))
    return rv_fail(error, RV_IO, "JACK does not run this client: is the server in trouble?");
  if (!has_port(s->client, plan->send, JackPortIsInput))
    return no_port(s->client, plan->send, JackPortIsInput, error);
  if (!has_port(s->client, plan->back, JackPortIsOutput))
    return no_port(s->client, plan->back, JackPortIsOutput, error);
  if (jack_connect(s->client, jack_port_name(s->out), plan->send))
    return rv_fail(error, RV_IO, "JACK does not connect to %s", plan->send);
  if (jack_connect(s->client, plan->back, jack_port_name(s->in)))
    return rv_fail(error, RV_IO, "JACK does not connect from %s", plan->back);
  return RV_OK;
}

/// Waits to the end of the take, whichever it is.
static rv_jack_end play(session *s, const rv_jack_plan *plan)
{
  int silent = 0;
  size_t last = 0;
  for (size_t at = 0; at < s->frames;) {
    if (atomic_load(plan->interrupt))
      return RV_JACK_INTERRUPTED;
    if (atomic_load(&s->shut_down) || silent == PATIENCE)
      return RV_JACK_LOST;
    sleep_a_tenth();
    at = atomic_load_explicit(&s->position, memory_order_acquire);
    silent = at == last ? silent + 1 : 0;
    last = at;
    if (plan->progress)
      plan->progress(plan->data, s->wet, at);
  }
  return RV_JACK_WHOLE;
}

static long round_trip(const session *s)
{
  jack_latency_range_t there = {0};
  jack_latency_range_t back = {0};
  jack_port_get_latency_range(s->out, JackPlaybackLatency, &there);
  jack_port_get_latency_range(s->in, JackCaptureLatency, &back);
  return (long)there.max + (long)back.max;
}

static rv_status record(session *s, const rv_jack_plan *plan, rv_jack_take *take, rv_error *error)
{
  const double rate = (double)jack_get_sample_rate(s->client);
  if (rate != plan->rate)
    return rv_fail(
        error, RV_BAD_AUDIO,
        "%s is %g Hz, and JACK runs at %g Hz: start JACK at %g Hz, or make the signal at "
        "JACK's rate (recurve signal --rate %g)",
        plan->dry_name, plan->rate, rate, plan->rate, rate);
  const rv_status status = start(s, plan, error);
  if (status)
    return status;
  // The graph is sorted anew while it runs; what that disturbs is silence.
  for (int i = 0; i < SETTLE; i++)
    sleep_a_tenth();
  take->latency_frames = round_trip(s);
  take->period_frames = (double)jack_get_buffer_size(s->client);
  atomic_store_explicit(&s->running, true, memory_order_release);
  take->end = play(s, plan);
  for (int i = 0; i < LATE_NEWS && take->end == RV_JACK_WHOLE; i++)
    sleep_a_tenth();
  atomic_store(&s->running, false);
  return RV_OK;
}

rv_status rv_jack_record(const rv_jack_plan *plan, float *wet, rv_jack_take *take, rv_error *error)
{
  *take = (rv_jack_take){0};
  session s = {.dry = plan->dry, .wet = wet, .frames = plan->frames};
  atomic_init(&s.first, SIZE_MAX);
  // Every page is there before the audio thread comes to it, and stays where the limits allow it.
  memset(wet, 0, plan->frames * sizeof *wet);
  (void)mlock(wet, plan->frames * sizeof *wet);
  (void)mlock(plan->dry, plan->frames * sizeof *plan->dry);
  jack_set_error_function(say_nothing);
  jack_set_info_function(say_nothing);
  s.client = jack_client_open("recurve", JackNoStartServer, NULL);
  if (!s.client)
    return rv_fail(error, RV_NOT_FOUND,
                   "no JACK server runs: start one (such as jackd -d alsa -r %g; with PipeWire put "
                   "pw-jack before the command)",
                   plan->rate);
  const rv_status status = record(&s, plan, take, error);
  // After this no callback runs.
  (void)jack_client_close(s.client);
  (void)munlock(wet, plan->frames * sizeof *wet);
  (void)munlock(plan->dry, plan->frames * sizeof *plan->dry);
  const size_t xruns = atomic_load(&s.xruns);
  const size_t gaps = atomic_load(&s.gaps);
  take->frames = atomic_load(&s.position);
  take->xruns = xruns > gaps ? xruns : gaps;
  take->xrun_seconds = take->xruns ? (double)atomic_load(&s.first) / plan->rate : 0.0;
  return status;
}
