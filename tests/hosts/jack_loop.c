// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// jack_loop GAIN [FRAMES]: a device between the JACK ports loop:in and loop:out: LATE frames late,
/// times GAIN, held within full scale. It misses a period FRAMES after the first sound. Runs until
/// it is killed.

#include <jack/jack.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LATE = 777, SLEEP_SECONDS = 1 };

typedef struct loop {
  jack_client_t *client;
  jack_port_t *in, *out;
  float gain;
  float line[LATE];
  size_t at;
  size_t heard; // frames since the first sound
  size_t miss;  // after so many of them a period is missed; 0: never
} loop;

static int process(jack_nframes_t n, void *data)
{
  loop *l = data;
  const float *in = jack_port_get_buffer(l->in, n);
  float *out = jack_port_get_buffer(l->out, n);
  for (jack_nframes_t i = 0; i < n; i++) {
    const float now = l->gain * in[i];
    out[i] = l->line[l->at];
    l->line[l->at] = now > 1.0F ? 1.0F : now < -1.0F ? -1.0F : now;
    l->at = (l->at + 1) % LATE;
    l->heard += l->heard || now != 0.0F;
  }
  if (l->miss && l->heard >= l->miss) {
    l->miss = 0;
    (void)nanosleep(&(struct timespec){.tv_sec = SLEEP_SECONDS}, NULL);
  }
  return 0;
}

/// As a sound card: all of the round trip is on the way there, and nothing passes through. Two
/// clients in a circle cost a period, as one of them runs first.
static void on_latency(jack_latency_callback_mode_t mode, void *data)
{
  loop *l = data;
  const bool there = mode == JackPlaybackLatency;
  const jack_nframes_t late = there ? LATE + jack_get_buffer_size(l->client) : 0;
  jack_latency_range_t range = {.min = late, .max = late};
  jack_port_set_latency_range(there ? l->in : l->out, mode, &range);
}

static atomic_bool ended;

static void on_signal(int number)
{
  (void)number;
  atomic_store(&ended, true);
}

int main(int argc, char **argv)
{
  static loop l;
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  (void)sigaction(SIGTERM, &action, NULL);
  jack_client_t *client = jack_client_open("loop", JackNoStartServer, NULL);
  if (argc < 2 || argc > 3 || !client) {
    (void)fputs("jack_loop GAIN [FRAMES], with a JACK server\n", stderr);
    return 1;
  }
  l.client = client;
  l.gain = strtof(argv[1], NULL);
  l.miss = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
  l.in = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  l.out = jack_port_register(client, "out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  if (!l.in || !l.out || jack_set_process_callback(client, process, &l) ||
      jack_set_latency_callback(client, on_latency, &l) || jack_activate(client)) {
    (void)fputs("jack_loop: no ports\n", stderr);
    return 1;
  }
  // A client that is gone without a word holds a server up that waits for its clients.
  while (!atomic_load(&ended))
    (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
  (void)jack_client_close(client);
  return 0;
}
