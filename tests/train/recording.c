// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recording.h"

#include "support.h"

#include <math.h>

float rv_test_dry[RV_TEST_FRAMES];
float rv_test_wet[RV_TEST_FRAMES];

rv_train_data rv_test_recording(rv_train_clip *train, rv_train_clip *test)
{
  uint64_t random = 7;
  float low = 0.0F;
  float memory = 0.0F;
  for (size_t i = 0; i < RV_TEST_FRAMES; i++) {
    const float level = 0.5F + 0.5F * sinf((float)i * 0.0007F);
    low += 0.3F * (level * rv_test_random(&random) - low);
    rv_test_dry[i] = low;
    memory += 0.1F * (tanhf(4.0F * low + 0.3F) - memory);
    rv_test_wet[i] = 0.6F * tanhf(4.0F * low + 0.3F) - 0.5F * memory;
  }
  *train =
      (rv_train_clip){.dry = rv_test_dry, .wet = rv_test_wet, .frames = RV_TEST_FRAMES * 8 / 10};
  *test = (rv_train_clip){.dry = rv_test_dry + train->frames,
                          .wet = rv_test_wet + train->frames,
                          .frames = RV_TEST_FRAMES - train->frames};
  return (rv_train_data){.rate = 48000.0, .train = train, .n_train = 1, .test = test, .n_test = 1};
}
