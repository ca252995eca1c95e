// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// For the test scripts: make-fixture MODEL.json AUDIO.wav writes a model and a recording.

#include "fixture.h"
#include "support.h"

#include <sndfile.h>
#include <stdio.h>

static const char *model_path;
static const char *audio_path;

/// The checks of the fixtures work within a test only.
START_TEST(a_model_and_a_recording_are_written)
{
  rv_description_free(rv_fixture_model(model_path, RV_LSTM, 16, 48000.0, 0, 1));
  rv_fixture_audio(audio_path, SF_FORMAT_WAV | SF_FORMAT_PCM_24, 1, 48000.0, 48000, 0.9, 1);
}
END_TEST

int main(int argc, char **argv)
{
  if (argc != 3) {
    (void)fprintf(stderr, "usage: %s MODEL.json AUDIO.wav\n", argv[0]);
    return 2;
  }
  model_path = argv[1];
  audio_path = argv[2];
  Suite *suite = suite_create("make-fixture");
  TCase *cases = tcase_create("make-fixture");
  tcase_add_test(cases, a_model_and_a_recording_are_written);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
