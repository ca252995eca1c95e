// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "report/sound.h"

#include <math.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/// Peak of the files, and the loudness that all are played at unless one would clip: −20 dB.
#define PEAK     0.98
#define LOUDNESS 0.01

/// Seconds of the fades at the ends, so that the loop does not click.
#define FADE 0.005

/// Louder than this the difference is mostly the noise of 16 bits.
#define MOST_BOOST 1000.0

/// Steps in which the loudest stretch is looked for, seconds.
#define STEP 0.25

typedef struct biquad {
  double b0, b1, b2, a1, a2;
} biquad;

/// The two filters of BS.1770 for any rate: their analogue forms through the bilinear transform,
/// with constants that give the coefficients of the recommendation's tables 1 and 2 at 48 kHz.
static void weighting_filters(double rate, biquad *shelf, biquad *high_pass)
{
  const double half_turn = 3.141592653589793;
  const double high = pow(10.0, 3.999843853973347 / 20.0);
  const double band = pow(high, 0.4996667741545416);
  double k = tan(half_turn * fmin(1681.974450955533 / rate, 0.49));
  double q = 0.7071752369554196;
  double a0 = 1.0 + k / q + k * k;
  *shelf = (biquad){(high + band * k / q + k * k) / a0, 2.0 * (k * k - high) / a0,
                    (high - band * k / q + k * k) / a0, 2.0 * (k * k - 1.0) / a0,
                    (1.0 - k / q + k * k) / a0};
  k = tan(half_turn * 38.13547087602444 / rate);
  q = 0.5003270373238773;
  a0 = 1.0 + k / q + k * k;
  *high_pass = (biquad){1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0};
}

/// Transposed direct form II.
static double filter(const biquad *f, double *state, double x)
{
  const double y = f->b0 * x + state[0];
  state[0] = f->b1 * x - f->a1 * y + state[1];
  state[1] = f->b2 * x - f->a2 * y;
  return y;
}

double rv_weighted_power(const float *samples, size_t frames, double rate)
{
  biquad shelf;
  biquad high_pass;
  double first[2] = {0};
  double second[2] = {0};
  double sum = 0.0;
  weighting_filters(rate, &shelf, &high_pass);
  for (size_t i = 0; i < frames; i++) {
    const double y = filter(&high_pass, second, filter(&shelf, first, (double)samples[i]));
    sum += y * y;
  }
  return frames ? sum / (double)frames : 0.0;
}

/// A file that grows in memory.
typedef struct memory_file {
  unsigned char *bytes;
  size_t size, room, at;
} memory_file;

static sf_count_t length_of(void *data)
{
  return (sf_count_t)((memory_file *)data)->size;
}

static sf_count_t tell(void *data)
{
  return (sf_count_t)((memory_file *)data)->at;
}

static sf_count_t seek(sf_count_t offset, int whence, void *data)
{
  memory_file *file = data;
  const sf_count_t base = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? tell(data)
                                               : length_of(data);
  if (base + offset < 0 || base + offset > length_of(data))
    return -1;
  file->at = (size_t)(base + offset);
  return (sf_count_t)file->at;
}

static sf_count_t read_bytes(void *to, sf_count_t count, void *data)
{
  memory_file *file = data;
  const size_t left = file->size - file->at;
  const size_t n = (size_t)count < left ? (size_t)count : left;
  memcpy(to, file->bytes + file->at, n);
  file->at += n;
  return (sf_count_t)n;
}

static sf_count_t write_bytes(const void *from, sf_count_t count, void *data)
{
  memory_file *file = data;
  const size_t end = file->at + (size_t)count;
  if (end > file->room) {
    const size_t room = 2 * end + 4096;
    unsigned char *bytes = realloc(file->bytes, room);
    if (!bytes)
      return 0;
    file->bytes = bytes;
    file->room = room;
  }
  memcpy(file->bytes + file->at, from, (size_t)count);
  file->at = end;
  if (end > file->size)
    file->size = end;
  return count;
}

/// False: libsndfile has no such kind of file, or memory is out.
static bool encode(const short *words, size_t frames, double rate, int format, memory_file *file)
{
  SF_VIRTUAL_IO io = {length_of, seek, read_bytes, write_bytes, tell};
  SF_INFO info = {.samplerate = (int)nearbyint(rate), .channels = 1, .format = format};
  SNDFILE *sound = sf_open_virtual(&io, SFM_WRITE, &info, file);
  if (!sound)
    return false;
  const bool written = sf_writef_short(sound, words, (sf_count_t)frames) == (sf_count_t)frames;
  return !sf_close(sound) && written;
}

static float peak_of(const float *samples, size_t frames)
{
  float peak = 0.0F;
  for (size_t i = 0; i < frames; i++)
    peak = fmaxf(peak, fabsf(samples[i]));
  return peak;
}

static void quantize(const float *samples, size_t frames, double scale, size_t fade, short *words)
{
  for (size_t i = 0; i < frames; i++) {
    const size_t from_end = i < frames - 1 - i ? i : frames - 1 - i;
    const double share = from_end < fade ? (double)from_end / (double)fade : 1.0;
    const double sample = (double)samples[i] * scale * share;
    words[i] = (short)nearbyint(32767.0 * fmin(fmax(sample, -1.0), 1.0));
  }
}

/// First frame of the `frames` that hold the most energy.
static size_t loudest_stretch(const rv_trio *trio, size_t frames)
{
  const size_t step = (size_t)fmax(STEP * trio->rate, 1.0);
  size_t best = 0;
  double most = -1.0;
  double energy = 0.0;
  for (size_t i = 0; i < frames; i++)
    energy += (double)trio->target[i] * (double)trio->target[i];
  for (size_t start = 0;; start += step) {
    // A small preference for the earlier one keeps the choice steady.
    if (energy > most * 1.001) {
      most = energy;
      best = start;
    }
    if (start + step + frames > trio->frames)
      return best;
    for (size_t i = start; i < start + step; i++) {
      const double in = (double)trio->target[i + frames];
      const double out = (double)trio->target[i];
      energy += in * in - out * out;
    }
  }
}

static void set_gains(const rv_trio *excerpt, const double *scale, rv_sounds *sounds,
                      const float *difference)
{
  const float *tracks[RV_TRACKS] = {excerpt->dry, excerpt->target, excerpt->model};
  double loudness = LOUDNESS;
  double power[RV_TRACKS];
  for (int t = 0; t < RV_TRACKS; t++) {
    power[t] = rv_weighted_power(tracks[t], excerpt->frames, excerpt->rate) * scale[t] * scale[t];
    // The peak of each file is PEAK or less: a gain up to 1 / PEAK cannot clip.
    if (power[t] > 0.0)
      loudness = fmin(loudness, power[t] / (PEAK * PEAK));
  }
  for (int t = 0; t < RV_TRACKS; t++)
    sounds->gain[t] = power[t] > 0.0 ? sqrt(loudness / power[t]) : 1.0;
  sounds->difference_gain = sounds->gain[RV_TARGET];
  const double left = rv_weighted_power(difference, excerpt->frames, excerpt->rate) *
                      scale[RV_TARGET] * scale[RV_TARGET];
  sounds->difference_boost = 1.0;
  if (left > 0.0)
    sounds->difference_boost = fmin(sqrt(power[RV_TARGET] / left), MOST_BOOST);
}

static rv_status encode_all(const rv_trio *excerpt, rv_sounds *sounds, rv_error *error)
{
  const size_t frames = excerpt->frames;
  const float *tracks[RV_TRACKS] = {excerpt->dry, excerpt->target, excerpt->model};
  const float common = fmaxf(peak_of(excerpt->target, frames), peak_of(excerpt->model, frames));
  const float peaks[RV_TRACKS] = {peak_of(excerpt->dry, frames), common, common};
  double scale[RV_TRACKS];
  short *words = malloc((frames + 1) * sizeof *words);
  float *difference = malloc((frames + 1) * sizeof *difference);
  bool sound = words && difference;
  for (int t = 0; t < RV_TRACKS; t++)
    scale[t] = peaks[t] > 0.0F ? PEAK / (double)peaks[t] : 1.0;
  for (size_t i = 0; sound && i < frames; i++)
    difference[i] = excerpt->target[i] - excerpt->model[i];
  if (sound)
    set_gains(excerpt, scale, sounds, difference);
  sounds->type = "audio/flac";
  for (int t = 0; sound && t < RV_TRACKS; t++) {
    memory_file file = {0};
    quantize(tracks[t], frames, scale[t], (size_t)(FADE * excerpt->rate), words);
    sound = encode(words, frames, excerpt->rate, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, &file);
    if (!sound && t == RV_DRY) {
      free(file.bytes);
      file = (memory_file){0};
      sounds->type = "audio/wav";
    }
    if (!strcmp(sounds->type, "audio/wav"))
      sound = encode(words, frames, excerpt->rate, SF_FORMAT_WAV | SF_FORMAT_PCM_16, &file);
    sounds->bytes[t] = file.bytes;
    sounds->size[t] = file.size;
  }
  free(words);
  free(difference);
  return sound ? RV_OK : rv_fail(error, RV_NO_MEMORY, "no sound can be put on the page");
}

rv_status rv_sounds_make(const rv_trio *trio, double seconds, size_t budget, rv_sounds *sounds,
                         rv_error *error)
{
  size_t frames = (size_t)(seconds * trio->rate);
  frames = frames < trio->frames ? frames : trio->frames;
  for (int attempt = 0;; attempt++) {
    const size_t start = loudest_stretch(trio, frames);
    const rv_trio excerpt = {trio->dry + start, trio->target + start, trio->model + start, frames,
                             trio->rate};
    *sounds =
        (rv_sounds){.start = (double)start / trio->rate, .seconds = (double)frames / trio->rate};
    const rv_status status = encode_all(&excerpt, sounds, error);
    const size_t size = sounds->size[RV_DRY] + sounds->size[RV_TARGET] + sounds->size[RV_MODEL];
    if (status || size <= budget || attempt == 4)
      return status;
    rv_sounds_free(sounds);
    frames = (size_t)(0.95 * (double)frames * (double)budget / (double)size);
  }
}

void rv_sounds_free(rv_sounds *sounds)
{
  for (int t = 0; t < RV_TRACKS; t++) {
    // The analyzer loses the NULL of the last attempt on its way through rv_sounds_make().
    free(sounds->bytes[t]); // NOLINT(clang-analyzer-unix.Malloc)
    sounds->bytes[t] = NULL;
  }
}
