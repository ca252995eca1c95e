// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/audio.h"
#include "audio/internal.h"

#include "recurve/io.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Bytes of samples that are gathered for libsndfile, which makes a system call of what floats it
/// gets: the system has fewer and larger pieces of its cache to see to then. Those of all files
/// that are written side by side stay in the second cache.
#define GATHERED ((size_t)64 * 1024)

/// Bytes after which the disk is to begin, so that little is left to wait for at the end.
#define AHEAD ((size_t)1024 * 1024)

struct rv_writer {
  SNDFILE *file;
  SF_INFO info;
  rv_replacement *replacement;
  int bits;           ///< of an integer word, 0: floats go to libsndfile as they are
  float *interleaved; ///< [room][channels]
  int *words;         ///< the same, left-justified in 32 bits
  size_t room;        ///< frames
  size_t gathered;    ///< frames that libsndfile has not got yet
  size_t ahead;       ///< bytes of samples since the disk was told to begin
  bool dithered;
  uint64_t samples; ///< so far
  uint64_t clipped;
  double peak;
  char *path;
};

/// Frees the memory; the file and its replacement are settled by then.
static void release(rv_writer *writer)
{
  free(writer->interleaved);
  free(writer->words);
  free(writer->path);
  free(writer);
}

void rv_writer_abandon(rv_writer *writer)
{
  if (!writer)
    return;
  if (writer->file)
    (void)sf_close(writer->file);
  if (writer->replacement)
    rv_replacement_abandon(writer->replacement);
  release(writer);
}

/// The reason that the system gave, else libsndfile's, with what can be done.
static rv_status write_failed(const char *path, int cause, const char *reason, rv_error *error)
{
  if (cause)
    return rv_fail_writing(error, path, cause);
  return rv_fail(error, RV_IO, "%s: cannot be written: %s", path, reason);
}

/// Opens what is written to: the file beside the target, or standard output as it comes.
static rv_status open_file(rv_writer *writer, const rv_writer_config *config, rv_error *error)
{
  const bool standard = !strcmp(writer->path, "-");
  const char *path = "/dev/stdout";
  if (!standard) {
    const rv_status status = rv_replacement_begin(writer->path, &writer->replacement, error);
    if (status)
      return status;
    path = rv_replacement_path(writer->replacement);
  }
  errno = 0;
  if (standard && (writer->info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV) {
    const int reason = rv_wav_header(STDOUT_FILENO, &writer->info, config->frames);
    if (reason)
      return rv_fail_writing(error, "standard output", reason);
  }
  writer->file = standard ? rv_open_stdout(&writer->info) : sf_open(path, SFM_WRITE, &writer->info);
  return writer->file ? RV_OK : write_failed(writer->path, errno, sf_strerror(NULL), error);
}

static bool is_dithered(const rv_writer *writer, const rv_writer_config *config)
{
  const int before = config->like ? rv_format_bits(config->like->info.format) : 0;
  const bool shorter = !before || writer->bits < before;
  return writer->bits &&
         (config->dither == RV_DITHER_ON || (config->dither == RV_DITHER_SHORTER && shorter));
}

static rv_status start(rv_writer *writer, const rv_writer_config *config, rv_error *error)
{
  rv_status status = rv_choose_format(writer->path, config, &writer->info, error);
  if (status)
    return status;
  const size_t frame = sizeof(float) * (size_t)config->channels;
  writer->room = GATHERED / frame ? GATHERED / frame : 1;
  const size_t samples = writer->room * (size_t)config->channels;
  writer->bits = rv_format_bits(writer->info.format);
  writer->dithered = is_dithered(writer, config);
  writer->interleaved = malloc(samples * sizeof *writer->interleaved);
  writer->words = writer->bits ? malloc(samples * sizeof *writer->words) : NULL;
  if (!writer->interleaved || (writer->bits && !writer->words))
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", writer->path);
  status = open_file(writer, config, error);
  if (status)
    return status;
  // A PEAK chunk holds the time of day: the same input would not give the same file.
  (void)sf_command(writer->file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE);
  if (config->like && writer->replacement)
    rv_copy_metadata(config->like->file, writer->file);
  return RV_OK;
}

rv_status rv_writer_open(const char *path, const rv_writer_config *config, rv_writer **writer,
                         rv_error *error)
{
  rv_writer *made = calloc(1, sizeof *made);
  if (made)
    made->path = strdup(path);
  if (!made || !made->path) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  }
  const rv_status status = start(made, config, error);
  if (status) {
    rv_writer_abandon(made);
    return status;
  }
  *writer = made;
  return RV_OK;
}

/// Rounds to the nearest step of the word, which libsndfile's own conversion does not. Float and
/// lossy kinds take any magnitude.
static void quantize(rv_writer *writer, size_t first, size_t samples)
{
  const double steps = ldexp(1.0, writer->bits - 1);
  const int64_t justify = INT64_C(1) << (32 - writer->bits);
  for (size_t i = first; i < first + samples; i++) {
    double scaled = (double)writer->interleaved[i] * steps;
    if (writer->dithered)
      scaled += rv_dither_at(writer->samples + i - first);
    scaled = nearbyint(scaled);
    if (!(scaled >= -steps && scaled <= steps - 1.0)) {
      // One step above the largest positive number is full scale itself, and no clipping to tell.
      writer->clipped += !(scaled >= -steps && scaled <= steps);
      scaled = scaled >= 0.0 ? steps - 1.0 : -steps;
    }
    writer->words[i] = (int)((int64_t)scaled * justify);
  }
}

/// Maxima that are looked for side by side, which compilers make vectors of.
#define ABREAST 16

static void find_peak(rv_writer *writer, const float *samples, size_t frames)
{
  float peaks[ABREAST] = {0};
  size_t i = 0;
  for (; i + ABREAST <= frames; i += ABREAST)
    for (size_t j = 0; j < ABREAST; j++) {
      const float magnitude = fabsf(samples[i + j]);
      peaks[j] = magnitude > peaks[j] ? magnitude : peaks[j];
    }
  for (; i < frames; i++)
    peaks[0] = fmaxf(peaks[0], fabsf(samples[i]));
  for (size_t j = 0; j < ABREAST; j++)
    writer->peak = fmax(writer->peak, (double)peaks[j]);
}

/// Frames one after the other, behind those that are waiting.
static void gather(rv_writer *writer, const float *const *channel, size_t offset, size_t frames)
{
  const size_t channels = (size_t)writer->info.channels;
  const size_t first = writer->gathered * channels;
  float *to = writer->interleaved + first;
  for (size_t c = 0; c < channels; c++)
    find_peak(writer, channel[c] + offset, frames);
  if (channels == 1)
    memcpy(to, channel[0] + offset, frames * sizeof *to);
  for (size_t c = 0; channels > 1 && c < channels; c++)
    for (size_t i = 0; i < frames; i++)
      to[i * channels + c] = channel[c][offset + i];
  if (writer->bits)
    quantize(writer, first, frames * channels);
  writer->gathered += frames;
  writer->samples += frames * channels;
}

/// What has been gathered goes to libsndfile.
static rv_status pass_on(rv_writer *writer, rv_error *error)
{
  const size_t frames = writer->gathered;
  if (!frames)
    return RV_OK;
  errno = 0;
  const sf_count_t written =
      writer->bits ? sf_writef_int(writer->file, writer->words, (sf_count_t)frames)
                   : sf_writef_float(writer->file, writer->interleaved, (sf_count_t)frames);
  if (written != (sf_count_t)frames)
    return write_failed(writer->path, errno, sf_strerror(writer->file), error);
  writer->gathered = 0;
  writer->ahead += frames * (size_t)writer->info.channels * sizeof(float);
  if (writer->replacement && writer->ahead >= AHEAD) {
    rv_replacement_hurry(writer->replacement);
    writer->ahead = 0;
  }
  return RV_OK;
}

rv_status rv_writer_write(rv_writer *writer, const float *const *channel, size_t frames,
                          rv_error *error)
{
  rv_status status = RV_OK;
  for (size_t done = 0; !status && done < frames;) {
    const size_t room = writer->room - writer->gathered;
    const size_t piece = frames - done < room ? frames - done : room;
    gather(writer, channel, done, piece);
    done += piece;
    // Who listens to a pipe does not wait for more than there is.
    if (writer->gathered == writer->room || !writer->replacement)
      status = pass_on(writer, error);
  }
  return status;
}

uint64_t rv_writer_clipped(const rv_writer *writer)
{
  return writer->clipped;
}

double rv_writer_peak(const rv_writer *writer)
{
  return writer->peak;
}

/// What a write can fail with.
static bool is_of_a_disk(int reason)
{
  return reason == ENOSPC || reason == EFBIG || reason == EDQUOT || reason == EIO;
}

rv_status rv_writer_close(rv_writer *writer, rv_error *error)
{
  const rv_status rest = pass_on(writer, error);
  if (rest) {
    rv_writer_abandon(writer);
    return rest;
  }
  errno = 0;
  const int code = sf_close(writer->file);
  const int reason = errno;
  writer->file = NULL;
  // For FLAC, libsndfile does not tell when the last blocks could not be written.
  if (code || is_of_a_disk(reason)) {
    const rv_status status = write_failed(writer->path, reason, sf_error_number(code), error);
    rv_writer_abandon(writer);
    return status;
  }
  const rv_status status =
      writer->replacement ? rv_replacement_commit(writer->replacement, error) : RV_OK;
  release(writer);
  return status;
}

rv_status rv_audio_write(const char *path, const rv_audio *audio, rv_error *error)
{
  const rv_writer_config config = {.channels = audio->channels,
                                   .rate = audio->rate,
                                   .word = RV_WORD_FLOAT,
                                   .frames = audio->frames};
  rv_writer *writer = NULL;
  rv_status status = rv_writer_open(path, &config, &writer, error);
  if (!writer)
    return status;
  status = rv_writer_write(writer, (const float *const *)audio->channel, audio->frames, error);
  if (status) {
    rv_writer_abandon(writer);
    return status;
  }
  return rv_writer_close(writer, error);
}
