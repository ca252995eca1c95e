// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Any bytes as a model file of any format: a line, or a model that passes the check of
/// descriptions, and can be packed and played.

#include "fuzz.h"
#include "models.h"
#include "recurve/chain.h"
#include "recurve/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 32

static void play(const rv_description *model)
{
  static const float in[FRAMES] = {0.5F, -1.0F, 1.0F};
  float out[FRAMES];
  rv_network *network = NULL;
  rv_voice *voice = NULL;
  for (int l = 0; l < model->n_layers; l++)
    if (model->layers[l].units > 16)
      return;
  if (!rv_network_new(model, RV_ISA_BASE, &network, NULL) &&
      !rv_voice_new(network, 1, &voice, NULL))
    rv_voice_process(voice, &(const float *){in}, &(float *){out}, FRAMES);
  rv_voice_free(voice);
  rv_network_free(network);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  const rv_status status =
      rv_model_read_memory((const char *)bytes, size, "f", &model, NULL, &error);
  if (status) {
    if (model || !error.text[0])
      abort();
    for (const char *c = error.text; *c; c++)
      if ((unsigned char)*c < 0x20)
        abort();
    return 0;
  }
  if (rv_description_check(model, &error))
    abort();
  (void)rv_model_self_test(model, NULL, &error);
  play(model);
  rv_description_free(model);
  return 0;
}

static size_t written(rv_format format, rv_kind kind, unsigned char *bytes, size_t space)
{
  char path[] = "/tmp/recurve-seed-XXXXXX";
  const int file = mkstemp(path);
  rv_description *model = rv_test_model(kind, 2, 1.0F, 3);
  memset(model->layers[0].start, 0, sizeof(float) * (kind == RV_LSTM ? 4 : 2));
  (void)rv_description_set_text(model, "name", "a seed", NULL);
  if (file < 0 || rv_model_make_probe(model, 8, NULL) || rv_model_write(path, model, format, NULL))
    abort();
  rv_description_free(model);
  FILE *again = fopen(path, "rb");
  const size_t size = again ? fread(bytes, 1, space, again) : 0;
  if (again)
    (void)fclose(again);
  (void)close(file);
  (void)unlink(path);
  return size;
}

size_t rv_fuzz_seed(size_t number, unsigned char *bytes, size_t space)
{
  static const char *const others[] = {
      "{\"a.weight_ih_l0\":[[1],[2],[3],[4]],\"a.weight_hh_l0\":[[1],[2],[3],[4]],"
      "\"a.bias_ih_l0\":[0,0,0,0],\"dense.weight\":[[1]],\"dense.bias\":[0.5]}",
      "{\"version\":\"0.5.1\",\"architecture\":\"WaveNet\",\"config\":{\"layers\":[]},"
      "\"weights\":[1,2,3]}"};
  static unsigned char made[5][8192];
  static size_t sizes[5];
  enum { MADE = 5, ALL = 7 };
  if (number >= ALL)
    return 0;
  if (number < MADE && !sizes[number]) {
    static const rv_format formats[MADE] = {RV_FORMAT_AIDAX, RV_FORMAT_AIDAX, RV_FORMAT_GUITARML,
                                            RV_FORMAT_GUITARML, RV_FORMAT_NAM};
    static const rv_kind kinds[MADE] = {RV_LSTM, RV_GRU, RV_LSTM, RV_GRU, RV_LSTM};
    sizes[number] = written(formats[number], kinds[number], made[number], sizeof made[number]);
  }
  const void *text = number < MADE ? (const void *)made[number] : others[number - MADE];
  const size_t size = number < MADE ? sizes[number] : strlen(others[number - MADE]);
  const size_t length = size < space ? size : space;
  memcpy(bytes, text, length);
  return length;
}
