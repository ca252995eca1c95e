// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// jack_take IN.wav OUT.wav TO FROM: plays the first channel of a file into the JACK port TO and
/// records the port FROM meanwhile. Waits for the ports. The server has to run
/// synchronously (-S): then it may be late on a busy machine, but no client misses a period.

#include <jack/jack.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DONE = 0, FAILED = 1, USAGE = 2, TENTHS_TO_WAIT = 100, TAIL_PERIODS = 4 };

typedef struct take {
  jack_client_t *client;
  jack_port_t *out;
  jack_port_t *in;
  const float *played; // [frames]
  float *recorded;     // [frames + tail]
  size_t frames;
  size_t length; // frames + tail
  size_t position;
  atomic_bool running;
  atomic_bool done;
} take;

static int process(jack_nframes_t n, void *data)
{
  take *t = data;
  float *out = jack_port_get_buffer(t->out, n);
  const float *in = jack_port_get_buffer(t->in, n);
  memset(out, 0, n * sizeof *out);
  if (!atomic_load(&t->running))
    return 0;
  for (jack_nframes_t i = 0; i < n && t->position < t->length; i++, t->position++) {
    if (t->position < t->frames)
      out[i] = t->played[t->position];
    t->recorded[t->position] = in[i];
  }
  if (t->position == t->length)
    atomic_store(&t->done, true);
  return 0;
}

static int complain(const char *what, const char *why)
{
  (void)fprintf(stderr, "jack_take: %s: %s\n", what, why);
  return FAILED;
}

static void sleep_a_tenth(void)
{
  (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

/// Connects, waiting for the other end to appear and to be active. Non-zero: that did not come.
static int connect_when_there(jack_client_t *client, const char *from, const char *to)
{
  for (int i = 0; i < TENTHS_TO_WAIT; i++) {
    if (jack_port_by_name(client, from) && jack_port_by_name(client, to) &&
        !jack_connect(client, from, to))
      return DONE;
    sleep_a_tenth();
  }
  return FAILED;
}

static int record(take *t, const char *to, const char *from)
{
  jack_set_process_callback(t->client, process, t);
  t->out = jack_port_register(t->client, "out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  t->in = jack_port_register(t->client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  if (!t->out || !t->in || jack_activate(t->client))
    return complain("JACK", "no ports");
  if (connect_when_there(t->client, jack_port_name(t->out), to))
    return complain(to, "cannot be connected");
  if (connect_when_there(t->client, from, jack_port_name(t->in)))
    return complain(from, "cannot be connected");
  // The graph is reordered while it runs; what that disturbs is silence.
  for (int i = 0; i < 5; i++)
    sleep_a_tenth();
  atomic_store(&t->running, true);
  const size_t limit = TENTHS_TO_WAIT + 20 * t->length / jack_get_sample_rate(t->client);
  for (size_t i = 0; i < limit && !atomic_load(&t->done); i++)
    sleep_a_tenth();
  (void)jack_deactivate(t->client);
  if (!atomic_load(&t->done))
    return complain("JACK", "stopped running");
  return DONE;
}

static int write_take(const char *path, const take *t, int rate)
{
  SF_INFO info = {.samplerate = rate, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  if (!file)
    return complain(path, sf_strerror(NULL));
  const sf_count_t length = (sf_count_t)t->length;
  const sf_count_t written = sf_write_float(file, t->recorded, length);
  return sf_close(file) || written != length ? complain(path, "not written") : DONE;
}

int main(int argc, char **argv)
{
  if (argc != 5) {
    (void)fputs("jack_take IN.wav OUT.wav TO FROM\n", stderr);
    return USAGE;
  }
  SF_INFO info = {0};
  SNDFILE *file = sf_open(argv[1], SFM_READ, &info);
  if (!file || info.channels != 1)
    return complain(argv[1], file ? "not mono" : sf_strerror(NULL));
  take t = {.client = jack_client_open("take", JackNoStartServer, NULL)};
  if (!t.client) {
    (void)sf_close(file);
    return complain("JACK", "no server");
  }
  t.frames = (size_t)info.frames;
  t.length = t.frames + (size_t)TAIL_PERIODS * jack_get_buffer_size(t.client);
  float *played = calloc(t.frames + 1, sizeof *played);
  t.recorded = calloc(t.length, sizeof *t.recorded);
  int status = FAILED;
  if (!played || !t.recorded || sf_read_float(file, played, info.frames) != info.frames)
    (void)complain(argv[1], "not read");
  else if ((int)jack_get_sample_rate(t.client) != info.samplerate)
    (void)complain(argv[1], "the server runs at another rate");
  else {
    t.played = played;
    status = record(&t, argv[3], argv[4]);
    if (status == DONE)
      status = write_take(argv[2], &t, info.samplerate);
  }
  (void)jack_client_close(t.client);
  (void)sf_close(file);
  free(played);
  free(t.recorded);
  return status;
}
