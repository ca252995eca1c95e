// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/internal.h"

#include <stdlib.h>
#include <string.h>

rv_status rv_reader_open(const char *path, rv_reader **reader, rv_error *error)
{
  return rv_reader_open_raw(path, NULL, reader, error);
}

rv_status rv_reader_open_raw(const char *path, const rv_raw *raw, rv_reader **reader,
                             rv_error *error)
{
  if (!strcmp(path, "-"))
    path = "/dev/stdin";
  rv_reader *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  const rv_status status = rv_open_sound(path, raw, &made->file, &made->info, error);
  if (status) {
    rv_reader_close(made);
    return status;
  }
  made->path = strdup(path);
  made->interleaved =
      malloc((size_t)RV_PIECE * (size_t)made->info.channels * sizeof *made->interleaved);
  if (!made->path || !made->interleaved) {
    rv_reader_close(made);
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  }
  *reader = made;
  return RV_OK;
}

void rv_reader_close(rv_reader *reader)
{
  if (!reader)
    return;
  if (reader->file)
    (void)sf_close(reader->file);
  free(reader->interleaved);
  free(reader->path);
  free(reader);
}

int rv_reader_channels(const rv_reader *reader)
{
  return reader->info.channels;
}

double rv_reader_rate(const rv_reader *reader)
{
  return (double)reader->info.samplerate;
}

uint64_t rv_reader_frames(const rv_reader *reader)
{
  return reader->info.seekable ? (uint64_t)reader->info.frames : 0;
}

double rv_reader_missing(const rv_reader *reader)
{
  // libsndfile plays what is there and says so in its log only: "data : 144000 (should be 95973)".
  static const char *const names[] = {"\ndata : ", "\nSSND : ", "\n  Data Size   : "};
  static const char should[] = " (should be ";
  char log[16384] = "";
  if (!reader->info.seekable || !reader->info.frames)
    return 0.0;
  (void)sf_command(reader->file, SFC_GET_LOG_INFO, log, sizeof log);
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    const char *at = strstr(log, names[n]);
    char *end = NULL;
    const double promised = at ? strtod(at + strlen(names[n]), &end) : 0.0;
    const double there =
        end && !strncmp(end, should, strlen(should)) ? strtod(end + strlen(should), NULL) : 0.0;
    // A header that a program has not come to fill in promises the largest number.
    if (there > 0.0 && promised > there && promised < 0x7FFFFF00p0)
      return (promised - there) / there * (double)reader->info.frames / reader->info.samplerate;
  }
  return 0.0;
}

/// Whether the header's number of frames is a promise: lossy kinds and pipes only estimate it.
static bool length_is_exact(const SF_INFO *info)
{
  const int kind = info->format & SF_FORMAT_TYPEMASK;
  return info->seekable && kind != SF_FORMAT_OGG && kind != SF_FORMAT_MPEG;
}

static void deinterleave(const float *from, int channels, size_t frames, float *const *to,
                         size_t offset)
{
  for (int c = 0; c < channels; c++)
    for (size_t i = 0; i < frames; i++)
      to[c][offset + i] = from[i * (size_t)channels + (size_t)c];
}

rv_status rv_reader_read(rv_reader *reader, float *const *channel, size_t frames, size_t *got,
                         rv_error *error)
{
  *got = 0;
  while (*got < frames) {
    const size_t left = frames - *got;
    const sf_count_t wanted = (sf_count_t)(left < RV_PIECE ? left : RV_PIECE);
    const bool mono = reader->info.channels == 1;
    float *to = mono ? channel[0] + *got : reader->interleaved;
    const sf_count_t n = sf_readf_float(reader->file, to, wanted);
    if (n > 0) {
      if (!mono)
        deinterleave(reader->interleaved, reader->info.channels, (size_t)n, channel, *got);
      *got += (size_t)n;
      reader->position += (uint64_t)n;
    }
    if (n < wanted)
      break;
  }
  const bool short_file = *got < frames && length_is_exact(&reader->info) &&
                          reader->position < (uint64_t)reader->info.frames;
  if (short_file || (*got < frames && sf_error(reader->file)))
    return rv_fail(error, RV_BAD_FORMAT,
                   "%s: breaks off at %.3f s of %.3f s; copy or export it again", reader->path,
                   (double)reader->position / reader->info.samplerate,
                   (double)reader->info.frames / reader->info.samplerate);
  return RV_OK;
}
