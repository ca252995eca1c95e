// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Samples without a header, and the header of a WAV that goes to a pipe.

#include "audio/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *name;
  int format;
} words[] = {{"s8", SF_FORMAT_PCM_S8},  {"u8", SF_FORMAT_PCM_U8},  {"s16", SF_FORMAT_PCM_16},
             {"s24", SF_FORMAT_PCM_24}, {"s32", SF_FORMAT_PCM_32}, {"f32", SF_FORMAT_FLOAT},
             {"f64", SF_FORMAT_DOUBLE}, {"ulaw", SF_FORMAT_ULAW},  {"alaw", SF_FORMAT_ALAW}};

static int word_named(const char *name, size_t length)
{
  for (size_t w = 0; w < sizeof words / sizeof *words; w++)
    if (strlen(words[w].name) == length && !strncmp(words[w].name, name, length))
      return words[w].format;
  return 0;
}

rv_status rv_raw_parse(const char *text, rv_raw *raw, rv_error *error)
{
  size_t length = strcspn(text, ":");
  const char *rest = text + length;
  char *end = NULL;
  int order = SF_ENDIAN_LITTLE;
  long channels = 0;
  if (length > 3 && !strncmp(rest - 2, "be", 2)) {
    order = SF_ENDIAN_BIG;
    length -= 2;
  }
  raw->format = word_named(text, length);
  raw->rate = *rest ? strtod(rest + 1, &end) : 0.0;
  if (end && *end == ':')
    channels = strtol(end + 1, &end, 10);
  raw->channels = (int)channels;
  if (!raw->format || !end || *end || !(raw->rate >= 1000.0 && raw->rate <= 1e6) || channels < 1 ||
      channels > 1024)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "--raw %s: write it as WORD:RATE:CHANNELS, such as f32:48000:1; words are s8, "
                   "u8, s16, s24, s32, f32, f64, ulaw, alaw, with be behind them for big-endian",
                   text);
  raw->format |= SF_FORMAT_RAW | order;
  return RV_OK;
}

static void put(unsigned char *to, uint32_t value, int bytes)
{
  for (int b = 0; b < bytes; b++)
    to[b] = (unsigned char)(value >> (8 * b));
}

/// Four letters.
static void put_text(unsigned char *to, const char *letters)
{
  for (int b = 0; b < 4; b++)
    to[b] = (unsigned char)letters[b];
}

/// Bytes of a word, and whether it is a float.
static int bytes_of(int format, bool *is_float)
{
  *is_float = false;
  switch (format & SF_FORMAT_SUBMASK) {
  case SF_FORMAT_PCM_U8:
    return 1;
  case SF_FORMAT_PCM_16:
    return 2;
  case SF_FORMAT_PCM_24:
    return 3;
  case SF_FORMAT_PCM_32:
    return 4;
  case SF_FORMAT_DOUBLE:
    *is_float = true;
    return 8;
  default:
    *is_float = true;
    return 4;
  }
}

/// Returns the bytes written: fewer, and errno, where it fails.
static size_t write_all(int file, const void *bytes, size_t size)
{
  size_t done = 0;
  while (done < size) {
    const ssize_t n = write(file, (const char *)bytes + done, size - done);
    if (n < 0 && errno != EINTR)
      break;
    done += n > 0 ? (size_t)n : 0;
  }
  return done;
}

int rv_wav_header(int file, SF_INFO *info, uint64_t frames)
{
  bool is_float = false;
  unsigned char header[44];
  const int bytes = bytes_of(info->format, &is_float);
  // What the fields cannot hold would be taken for less.
  if (info->channels < 1 || info->channels > UINT16_MAX / bytes || info->samplerate < 1)
    return EINVAL;
  const uint32_t frame = (uint32_t)(bytes * info->channels);
  const uint64_t per_second = (uint64_t)info->samplerate * frame;
  const uint32_t most = UINT32_MAX - sizeof header;
  // Players take the largest number for "until the end".
  const uint32_t data = frames && frames <= most / frame ? (uint32_t)frames * frame : UINT32_MAX;
  put_text(header, "RIFF");
  put_text(header + 8, "WAVE");
  put_text(header + 12, "fmt ");
  put(header + 4, data == UINT32_MAX ? data : data + (uint32_t)sizeof header - 8, 4);
  put(header + 16, 16, 4);
  put(header + 20, is_float ? 3 : 1, 2);
  put(header + 22, (uint32_t)info->channels, 2);
  put(header + 24, (uint32_t)info->samplerate, 4);
  put(header + 28, per_second < UINT32_MAX ? (uint32_t)per_second : UINT32_MAX, 4);
  put(header + 32, frame, 2);
  put(header + 34, (uint32_t)bytes * 8, 2);
  put_text(header + 36, "data");
  put(header + 40, data, 4);
  if (write_all(file, header, sizeof header) < sizeof header)
    return errno;
  info->format = SF_FORMAT_RAW | (info->format & SF_FORMAT_SUBMASK) | SF_ENDIAN_LITTLE;
  return 0;
}

/// Bytes written to standard output: there is one.
static sf_count_t sent;

static sf_count_t sent_bytes(void *data)
{
  (void)data;
  return sent;
}

static sf_count_t stay(sf_count_t offset, int whence, void *data)
{
  (void)offset;
  (void)whence;
  (void)data;
  return sent;
}

static sf_count_t read_nothing(void *bytes, sf_count_t size, void *data)
{
  (void)bytes;
  (void)size;
  (void)data;
  return 0;
}

static sf_count_t send(const void *bytes, sf_count_t size, void *data)
{
  (void)data;
  const sf_count_t done = (sf_count_t)write_all(STDOUT_FILENO, bytes, (size_t)size);
  sent += done;
  return done;
}

SNDFILE *rv_open_stdout(SF_INFO *info)
{
  SF_VIRTUAL_IO stream = {sent_bytes, stay, read_nothing, send, sent_bytes};
  if ((info->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_RAW)
    return sf_open_virtual(&stream, SFM_WRITE, info, NULL);
  return sf_open_fd(STDOUT_FILENO, SFM_WRITE, info, SF_FALSE);
}
