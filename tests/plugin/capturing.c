// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "capturing.h"

#include "audio/audio.h"
#include "session.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void rv_test_write_dry(const float *samples, int channels, size_t frames)
{
  rv_audio *audio = NULL;
  rv_error error = {{0}};
  ck_assert(!rv_audio_new(channels, RV_TEST_RATE, frames, &audio, &error));
  for (int c = 0; c < channels; c++)
    memcpy(audio->channel[c], samples + (size_t)c * frames, frames * sizeof(float));
  ck_assert_msg(!rv_audio_write(rv_test_path("dry.wav"), audio, &error), "%s", error.text);
  rv_audio_free(audio);
}

int rv_test_capture(const char *options, const char *output)
{
  char command[4096];
  (void)snprintf(command, sizeof command, "%s capture %s '%s' -o '%s' > '%s' 2>&1", RECURVE_COMMAND,
                 options, rv_test_path("dry.wav"), rv_test_path(output), rv_test_path("said.txt"));
  const int status = system(command); // NOLINT(cert-env33-c): a program of this build
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void rv_test_assert_told(const rv_test_mistake *mistake, int status, const char *none)
{
  char *said = rv_test_read_file(rv_test_path("said.txt"), NULL);
  ck_assert_msg(status == mistake->status, "%d: %s", status, said);
  ck_assert_msg(strstr(said, mistake->words) != NULL, "%s", said);
  if (status == 1)
    ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
  ck_assert_int_ne(access(rv_test_path(none), F_OK), 0);
  free(said);
}
