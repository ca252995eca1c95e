// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a voice costs, in ns per sample of one channel in blocks of 64 frames: best and median over
/// runs, mono and stereo. Arguments choose what is run: instruction sets, kinds and sizes, in any
/// order ("avx512 lstm 16 40").

#include "control_word.h"
#include "models.h"
#include "recurve/voice.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK  64
#define BLOCKS 100
#define RUNS   41

static double now(void)
{
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a;
  const double y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct cost {
  double best;
  double median;
} cost;

static cost measure(const rv_network *network, int channels)
{
  static float in[2][BLOCK];
  static float out[2][BLOCK];
  rv_voice *voice = NULL;
  if (rv_voice_new(network, channels, &voice, NULL))
    abort();
  for (int ch = 0; ch < 2; ch++)
    rv_test_signal(in[ch], BLOCK, (uint64_t)ch);
  double runs[RUNS];
  const float *const from[2] = {in[0], in[1]};
  float *const to[2] = {out[0], out[1]};
  for (int run = -3; run < RUNS; run++) {
    const double start = now();
    for (int block = 0; block < BLOCKS; block++)
      rv_voice_process(voice, from, to, BLOCK);
    if (run >= 0)
      runs[run] = (now() - start) / (BLOCK * BLOCKS);
  }
  rv_voice_free(voice);
  qsort(runs, RUNS, sizeof *runs, by_value);
  return (cost){runs[0], runs[RUNS / 2]};
}

/// Whether the arguments name this one, or none of its sort.
static bool wanted(int argc, char **argv, const char *name, const char *const *sort)
{
  bool any = false;
  for (int a = 1; a < argc; a++) {
    if (!strcmp(argv[a], name))
      return true;
    for (const char *const *other = sort; *other; other++)
      any |= !strcmp(argv[a], *other);
  }
  return !any;
}

int main(int argc, char **argv)
{
  static const char *const isas[] = {"base", "avx2", "avx512", "neon", NULL};
  static const char *const kinds[] = {"rnn", "lstm", "gru", "gru-before", NULL};
  static const char *const sizes[] = {"8", "12", "16", "20", "24", "32", "40", "64", "96", NULL};
  (void)rv_control_word_enter();
  (void)printf("%-8s%-12s%5s%10s%10s%10s%10s%8s\n", "isa", "kind", "size", "mono best", "median",
               "2ch best", "median", "ratio");
  for (int isa = 0; isas[isa]; isa++)
    for (int kind = 0; kinds[kind]; kind++)
      for (int size = 0; sizes[size]; size++) {
        if (!rv_isa_available((rv_isa)isa) || !wanted(argc, argv, isas[isa], isas) ||
            !wanted(argc, argv, kinds[kind], kinds) || !wanted(argc, argv, sizes[size], sizes))
          continue;
        const int units = (int)strtol(sizes[size], NULL, 10);
        rv_description *model = rv_test_model((rv_kind)kind, units, 1.0F, 1);
        rv_network *network = rv_test_network(model, (rv_isa)isa);
        const cost mono = measure(network, 1);
        const cost both = measure(network, 2);
        (void)printf("%-8s%-12s%5d%10.1f%10.1f%10.1f%10.1f%8.2f\n", isas[isa], kinds[kind], units,
                     mono.best, mono.median, both.best, both.median, both.median / mono.median);
        rv_network_free(network);
        rv_description_free(model);
      }
  return EXIT_SUCCESS;
}
