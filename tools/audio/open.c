// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/internal.h"

#include "recurve/io.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/// Whether the first bytes are those of a text rather than of a recording.
static bool is_text(const char *path)
{
  unsigned char bytes[256];
  FILE *file = fopen(path, "rb");
  if (!file)
    return false;
  const size_t n = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  for (size_t i = 0; i < n; i++)
    if (bytes[i] < 0x20 && !strchr("\t\n\r\f", bytes[i]))
      return false;
  return n > 0;
}

/// What can be told without libsndfile.
static rv_status check_file(const char *path, rv_error *error)
{
  struct stat about;
  if (stat(path, &about)) {
    return rv_fail_reading(error, path, errno);
  }
  if (S_ISDIR(about.st_mode))
    return rv_fail(error, RV_IO, "%s: is a directory; name an audio file in it", path);
  if (S_ISREG(about.st_mode) && about.st_size == 0)
    return rv_fail(error, RV_BAD_FORMAT, "%s: is empty (0 bytes); record or export it again", path);
  return RV_OK;
}

rv_status rv_open_sound(const char *path, const rv_raw *raw, SNDFILE **file, SF_INFO *info,
                        rv_error *error)
{
  const rv_status status = check_file(path, error);
  if (status)
    return status;
  memset(info, 0, sizeof *info);
  if (raw && raw->format)
    *info = (SF_INFO){
        .samplerate = (int)lround(raw->rate), .channels = raw->channels, .format = raw->format};
  errno = 0;
  *file = sf_open(path, SFM_READ, info);
  if (!*file) {
    const int cause = errno;
    if (sf_error(NULL) == SF_ERR_SYSTEM && cause)
      return rv_fail_reading(error, path, cause);
    if (is_text(path))
      return rv_fail(error, RV_BAD_FORMAT,
                     "%s: is text, whatever its name says; give the recording itself", path);
    return rv_fail(error, RV_BAD_FORMAT,
                   "%s: is no audio file that can be read; export it as WAV or FLAC", path);
  }
  if (info->frames <= 0) {
    (void)sf_close(*file);
    *file = NULL;
    return rv_fail(error, RV_BAD_AUDIO,
                   "%s: has no audio in it (0 frames); record or export it again", path);
  }
  return RV_OK;
}
