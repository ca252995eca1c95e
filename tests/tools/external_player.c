// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A program of its own, compiled against the installed headers and libraries only: loads a model,
/// plays a decaying tone in blocks as a host would, prints a few of the samples.

#include <recurve/chain.h>
#include <recurve/io.h>

#include <math.h>
#include <stdio.h>

#define RATE  48000.0
#define BLOCK 64

static int play(const rv_network *network)
{
  rv_error error;
  rv_chain *chain = NULL;
  rv_engine *engine = NULL;
  rv_chain_settings settings;
  const rv_engine_config config = {.rate = RATE, .channels = 1, .start = RV_START_SETTLED};
  rv_chain_defaults(&settings);
  if (rv_chain_new(RATE, 1, &chain, &error) || rv_engine_new(network, &config, &engine, &error)) {
    fprintf(stderr, "%s\n", error.text);
    rv_chain_free(chain);
    return 1;
  }
  rv_chain_reset(chain, &settings);
  rv_chain_swap(chain, engine);
  for (int block = 0; block < 100; block++) {
    float samples[BLOCK];
    float *channels[1] = {samples};
    for (int i = 0; i < BLOCK; i++) {
      const double t = (block * BLOCK + i) / RATE;
      samples[i] = (float)(0.5 * exp(-8.0 * t) * sin(2.0 * 3.14159265358979 * 220.0 * t));
    }
    rv_chain_process(chain, (const float *const *)channels, channels, BLOCK);
    if (block % 20 == 0)
      printf("%.9g\n", (double)samples[BLOCK - 1]);
  }
  rv_chain_free(chain);
  rv_engine_free(engine);
  return 0;
}

int main(int argc, char **argv)
{
  rv_error error;
  rv_description *model = NULL;
  rv_network *network = NULL;
  if (argc != 2) {
    fprintf(stderr, "usage: %s MODEL\n", argv[0]);
    return 2;
  }
  if (rv_model_read(argv[1], &model, NULL, &error) ||
      rv_network_new(model, rv_isa_choose(), &network, &error)) {
    fprintf(stderr, "%s\n", error.text);
    rv_description_free(model);
    return 1;
  }
  rv_description_free(model);
  const int status = play(network);
  rv_network_free(network);
  return status;
}
