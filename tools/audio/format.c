// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/internal.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const struct {
  const char *ending;
  rv_file_kind kind;
} endings[] = {{"wav", RV_FILE_WAV},  {"flac", RV_FILE_FLAC}, {"aiff", RV_FILE_AIFF},
               {"ogg", RV_FILE_OGG},  {"w64", RV_FILE_W64},   {"rf64", RV_FILE_RF64},
               {"caf", RV_FILE_CAF},  {"au", RV_FILE_AU},     {"snd", RV_FILE_AU},
               {"wave", RV_FILE_WAV}, {"aif", RV_FILE_AIFF},  {"aifc", RV_FILE_AIFF},
               {"oga", RV_FILE_OGG}};

#define N_ENDINGS (sizeof endings / sizeof *endings)

rv_file_kind rv_file_kind_named(const char *word)
{
  for (size_t e = 0; e < N_ENDINGS; e++)
    if (!strcasecmp(endings[e].ending, word))
      return endings[e].kind;
  return RV_FILE_LIKE;
}

rv_file_kind rv_file_kind_of(const char *path)
{
  const char *dot = strrchr(path, '.');
  return dot ? rv_file_kind_named(dot + 1) : RV_FILE_LIKE;
}

const char *rv_file_kind_ending(rv_file_kind kind)
{
  for (size_t e = 0; e < N_ENDINGS; e++)
    if (endings[e].kind == kind)
      return endings[e].ending;
  return NULL;
}

static int container_of_kind(rv_file_kind kind)
{
  switch (kind) {
  case RV_FILE_WAV:
    return SF_FORMAT_WAV;
  case RV_FILE_FLAC:
    return SF_FORMAT_FLAC;
  case RV_FILE_AIFF:
    return SF_FORMAT_AIFF;
  case RV_FILE_OGG:
    return SF_FORMAT_OGG;
  case RV_FILE_W64:
    return SF_FORMAT_W64;
  case RV_FILE_RF64:
    return SF_FORMAT_RF64;
  case RV_FILE_CAF:
    return SF_FORMAT_CAF;
  case RV_FILE_AU:
    return SF_FORMAT_AU;
  case RV_FILE_LIKE:
    break;
  }
  return 0;
}

/// All that goes by the name of .wav: who asks for "wav" may keep the variant that is there.
static bool is_wav_like(int container)
{
  return container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX || container == SF_FORMAT_RF64;
}

static bool is_plain(int subtype)
{
  return subtype == SF_FORMAT_PCM_16 || subtype == SF_FORMAT_PCM_24 ||
         subtype == SF_FORMAT_PCM_32 || subtype == SF_FORMAT_FLOAT || subtype == SF_FORMAT_DOUBLE;
}

static int subtype_of_word(rv_word word)
{
  switch (word) {
  case RV_WORD_16:
    return SF_FORMAT_PCM_16;
  case RV_WORD_24:
    return SF_FORMAT_PCM_24;
  case RV_WORD_32:
    return SF_FORMAT_PCM_32;
  case RV_WORD_FLOAT:
  case RV_WORD_LIKE:
    break;
  }
  return SF_FORMAT_FLOAT;
}

int rv_format_bits(int format)
{
  switch (format & SF_FORMAT_SUBMASK) {
  case SF_FORMAT_PCM_S8:
  case SF_FORMAT_PCM_U8:
  case SF_FORMAT_DPCM_8:
    return 8;
  case SF_FORMAT_DWVW_12:
    return 12;
  case SF_FORMAT_ALAC_20:
    return 20;
  case SF_FORMAT_PCM_24:
  case SF_FORMAT_DWVW_24:
  case SF_FORMAT_ALAC_24:
    return 24;
  case SF_FORMAT_PCM_32:
  case SF_FORMAT_ALAC_32:
    return 32;
  case SF_FORMAT_FLOAT:
  case SF_FORMAT_DOUBLE:
  case SF_FORMAT_VORBIS:
  case SF_FORMAT_OPUS:
  case SF_FORMAT_MPEG_LAYER_I:
  case SF_FORMAT_MPEG_LAYER_II:
  case SF_FORMAT_MPEG_LAYER_III:
    return 0;
  default:
    return 16;
  }
}

/// The first of the words, in order of preference, that the container can hold.
static bool fit_subtype(SF_INFO *info, int container, int preferred)
{
  const int subtypes[] = {preferred, SF_FORMAT_FLOAT, SF_FORMAT_PCM_24, SF_FORMAT_PCM_16,
                          SF_FORMAT_VORBIS};
  // A word of integers that does not fit becomes the next smaller one and not a float.
  const size_t first = rv_format_bits(preferred) ? 2 : 1;
  for (size_t s = 0; s < sizeof subtypes / sizeof *subtypes; s++) {
    if (s && s < first)
      continue;
    info->format = container | subtypes[s];
    if (sf_format_check(info))
      return true;
  }
  return false;
}

/// The container that is asked for, else that of the reader; *keep: it is the reader's.
static rv_status choose_container(const char *path, const rv_writer_config *config, int *container,
                                  bool *keep, rv_error *error)
{
  const bool piped = !strcmp(path, "-");
  const int like = config->like ? config->like->info.format & SF_FORMAT_TYPEMASK : 0;
  const rv_file_kind kind = config->kind || config->like ? config->kind : rv_file_kind_of(path);
  const int asked = container_of_kind(kind ? kind : (piped ? RV_FILE_WAV : RV_FILE_LIKE));
  *keep = !piped && (!asked || (asked == SF_FORMAT_WAV && is_wav_like(like)));
  *container = *keep && like ? like : asked;
  if (!*container)
    return rv_fail(
        error, RV_BAD_ARGUMENT,
        "%s: no kind of file with this ending is written; use .wav, .flac, .aiff, .ogg, .w64, "
        ".rf64, .caf or .au",
        path);
  if (piped && *container != SF_FORMAT_WAV && *container != SF_FORMAT_AU &&
      *container != SF_FORMAT_OGG)
    return rv_fail(error, RV_UNSUPPORTED,
                   "%s: this kind of file cannot be written to a pipe; take wav, au, ogg or --raw",
                   path);
  return RV_OK;
}

rv_status rv_choose_format(const char *path, const rv_writer_config *config, SF_INFO *info,
                           rv_error *error)
{
  const uint64_t wav_limit = UINT64_C(0xF0000000); // room for header and texts below 4 GiB
  const int like = config->like ? config->like->info.format : 0;
  int container = 0;
  bool keep = false;
  *info = (SF_INFO){.channels = config->channels, .samplerate = (int)lround(config->rate)};
  if (config->raw && config->raw->format) {
    info->format = config->raw->format;
    return RV_OK;
  }
  const rv_status status = choose_container(path, config, &container, &keep, error);
  if (status)
    return status;
  int subtype = subtype_of_word(config->word);
  if (config->word == RV_WORD_LIKE && like)
    subtype = like & SF_FORMAT_SUBMASK;
  // The header of a WAV in a pipe is our own, and knows words of these kinds only.
  if (!strcmp(path, "-") && container == SF_FORMAT_WAV && !is_plain(subtype))
    subtype = SF_FORMAT_FLOAT;
  if (!fit_subtype(info, container, subtype))
    return rv_fail(
        error, RV_UNSUPPORTED,
        "%s: this kind of file cannot be written with %d channels at %d Hz; choose another "
        "one, such as wav",
        path, info->channels, info->samplerate);
  if (keep && like && config->word == RV_WORD_LIKE)
    info->format |= like & SF_FORMAT_ENDMASK;
  if (!sf_format_check(info))
    info->format &= ~SF_FORMAT_ENDMASK;

  const uint64_t bytes = config->frames * (uint64_t)info->channels * 8;
  if (strcmp(path, "-") != 0 && bytes / 2 >= wav_limit &&
      (container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX))
    info->format = SF_FORMAT_RF64 | (info->format & SF_FORMAT_SUBMASK);
  return RV_OK;
}
