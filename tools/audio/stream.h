// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Audio files in pieces: a recording of any length passes through in constant memory. A reader, a
/// writer or a resampler belongs to one thread at a time. None of this is for the audio thread.

#ifndef RECURVE_TOOLS_STREAM_H
#define RECURVE_TOOLS_STREAM_H

#include "recurve/status.h"

#include <stdbool.h>
#include <stdint.h>

/// Samples without a header.
typedef struct rv_raw {
  int format;  ///< of libsndfile: SF_FORMAT_RAW with word and order of bytes; 0: there is a header
  double rate; ///< Hz
  int channels;
} rv_raw;

/// "WORD:RATE:CHANNELS", such as "f32:48000:1"; words are s8, u8, s16, s24, s32, f32, f64, ulaw and
/// alaw, little-endian unless "be" follows them. RV_BAD_ARGUMENT.
rv_status rv_raw_parse(const char *text, rv_raw *raw, rv_error *error);

typedef struct rv_reader rv_reader;

/// Opens a file of any kind that libsndfile knows. RV_NOT_FOUND, RV_IO, RV_BAD_FORMAT (empty, text,
/// not audio), RV_BAD_AUDIO (no frames).
rv_status rv_reader_open(const char *path, rv_reader **reader, rv_error *error);

/// The same; "-" is standard input, and `raw` (NULL or its format 0: a header says so) what is in
/// it.
rv_status rv_reader_open_raw(const char *path, const rv_raw *raw, rv_reader **reader,
                             rv_error *error);
void rv_reader_close(rv_reader *reader);

int rv_reader_channels(const rv_reader *reader);
double rv_reader_rate(const rv_reader *reader);     ///< Hz
uint64_t rv_reader_frames(const rv_reader *reader); ///< as the header says; 0 in a pipe

/// Seconds that the header promises and that are not there: the recording broke off, or was cut. 0
/// where all is there, or nobody can say.
double rv_reader_missing(const rv_reader *reader);

/// The next frames, `channel` is [channels][frames]; *got is 0 at the end. RV_BAD_FORMAT where the
/// file breaks off before the end that its header names.
rv_status rv_reader_read(rv_reader *reader, float *const *channel, size_t frames, size_t *got,
                         rv_error *error);

/// Kinds of file that are asked for by name.
typedef enum rv_file_kind {
  RV_FILE_LIKE, ///< as the reader that the writer is given, else by the name's ending
  RV_FILE_WAV,
  RV_FILE_FLAC,
  RV_FILE_AIFF,
  RV_FILE_OGG, ///< Ogg Vorbis
  RV_FILE_W64,
  RV_FILE_RF64,
  RV_FILE_CAF,
  RV_FILE_AU
} rv_file_kind;

/// Words of one sample. The nearest one that the kind of file has is taken.
typedef enum rv_word {
  RV_WORD_LIKE, ///< as the reader's, else float
  RV_WORD_16,
  RV_WORD_24,
  RV_WORD_32,
  RV_WORD_FLOAT
} rv_word;

/// Noise of triangular density, two steps wide, before a sample is rounded to an integer word
/// (Lipshitz, Wannamaker and Vanderkooy, J. Audio Eng. Soc. 40(5), 1992); the same for the same
/// file.
typedef enum rv_dither {
  RV_DITHER_OFF,
  RV_DITHER_SHORTER, ///< where the word is shorter than that of the reader; a float is longer than
                     ///< all
  RV_DITHER_ON       ///< for each integer word
} rv_dither;

/// The kind for a word such as "wav" or the ending of a path such as "a.WAV"; RV_FILE_LIKE where
/// there is none of these.
rv_file_kind rv_file_kind_named(const char *word);
rv_file_kind rv_file_kind_of(const char *path);

/// The usual ending, without the dot; NULL for RV_FILE_LIKE.
const char *rv_file_kind_ending(rv_file_kind kind);

typedef struct rv_writer_config {
  int channels;
  double rate; ///< Hz, rounded to a whole number
  rv_file_kind kind;
  rv_word word;
  rv_dither dither;
  const rv_raw *raw;     ///< samples without a header; NULL, or format 0: with one
  const rv_reader *like; ///< its texts, cue points, instrument and broadcast data are taken over;
                         ///< may be NULL, and may be closed once the writer is open
  uint64_t frames;       ///< expected, 0: unknown; a WAV beyond 4 GiB is written as RF64
} rv_writer_config;

typedef struct rv_writer rv_writer;

/// Begins a file that appears under `path` only when it is closed whole. Standard metadata that the
/// kind of file has no place for is left out. "-" is standard output, which is written as it comes:
/// a WAV there has a length in its header only where `frames` says it.
rv_status rv_writer_open(const char *path, const rv_writer_config *config, rv_writer **writer,
                         rv_error *error);

/// `channel` is [channels][frames]. Integer words are rounded to the nearest step and held within
/// full scale; every sample that this changes is counted. With dither the noise comes before.
rv_status rv_writer_write(rv_writer *writer, const float *const *channel, size_t frames,
                          rv_error *error);

uint64_t rv_writer_clipped(const rv_writer *writer); ///< samples held at full scale so far
double rv_writer_peak(const rv_writer *writer);      ///< largest magnitude so far, before that

/// Ends the file and puts it in place; frees the writer, also where it fails (then there is no
/// file, or the old one).
rv_status rv_writer_close(rv_writer *writer, rv_error *error);

/// Leaves what was there before, and frees.
void rv_writer_abandon(rv_writer *writer);

/// One channel from one rate to another (libsamplerate, best quality): output frame 0 is input
/// frame 0 in time. Feed zeros after the end to get the last frames.
typedef struct rv_resampler rv_resampler;

rv_status rv_resampler_new(double from, double to, rv_resampler **resampler, rv_error *error);
void rv_resampler_free(rv_resampler *resampler);

/// Takes up to `frames` of `in` (*used) and makes up to `space` frames of `out` (*made).
rv_status rv_resampler_process(rv_resampler *resampler, const float *in, size_t frames,
                               size_t *used, float *out, size_t space, size_t *made,
                               rv_error *error);

/// round(frames · to / from).
uint64_t rv_resampled_frames(uint64_t frames, double from, double to);

#endif
