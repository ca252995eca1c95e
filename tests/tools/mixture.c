// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "mixture.h"

#include "fixture.h"
#include "support.h"

#include <ftw.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
  int format;
  const char *ending;
} kinds[] = {
    {SF_FORMAT_WAV | SF_FORMAT_PCM_16, "wav"},   {SF_FORMAT_WAV | SF_FORMAT_PCM_24, "wav"},
    {SF_FORMAT_WAV | SF_FORMAT_PCM_32, "wav"},   {SF_FORMAT_WAV | SF_FORMAT_FLOAT, "wav"},
    {SF_FORMAT_FLAC | SF_FORMAT_PCM_16, "flac"}, {SF_FORMAT_FLAC | SF_FORMAT_PCM_24, "flac"},
    {SF_FORMAT_AIFF | SF_FORMAT_PCM_24, "aiff"}, {SF_FORMAT_OGG | SF_FORMAT_VORBIS, "ogg"},
    {SF_FORMAT_W64 | SF_FORMAT_FLOAT, "w64"},    {SF_FORMAT_RF64 | SF_FORMAT_PCM_24, "rf64"}};
static const int channels[] = {1, 2, 1, 6};
static const double rates[] = {48000.0, 44100.0, 96000.0, 48000.0, 88200.0, 192000.0, 48000.0};

#define N_KINDS  (sizeof kinds / sizeof *kinds)
#define WAV      0
#define CUT_FLAC 4

static void cut(const char *path)
{
  size_t size = 0;
  char *bytes = rv_test_read_file(path, &size);
  rv_test_write_file(path, bytes, size - size / 3);
  free(bytes);
}

/// Returns whether it is a good one.
static bool make_one(size_t n)
{
  char name[64];
  const size_t fault = n % 20;
  const size_t kind = fault == 16 ? CUT_FLAC : (fault == 15 || fault == 17 ? WAV : n % N_KINDS);
  (void)snprintf(name, sizeof name, "in/%zu/take %zu.%s", n % 3, n, kinds[kind].ending);
  const char *path = rv_test_path(name);
  const size_t frames = n % 7 == 3 ? 1 : 500 + n * 7919 % 9000;
  if (fault == 13)
    rv_test_write_file(path, "", 0);
  else if (fault == 14)
    rv_test_write_file(path, "words\n", 6);
  else
    rv_fixture_audio(path, kinds[kind].format, channels[n % 4], rates[n % 7],
                     fault == 15 ? 0 : (fault == 16 || fault == 17 ? 20000 : frames), 0.8, n);
  if (fault == 16 || fault == 17)
    cut(path);
  return fault < 13 || fault > 16;
}

rv_mixture rv_make_mixture(size_t count)
{
  rv_mixture made = {.count = count};
  (void)mkdir(rv_test_path("in"), 0777);
  (void)mkdir(rv_test_path("in/0"), 0777);
  (void)mkdir(rv_test_path("in/1"), 0777);
  (void)mkdir(rv_test_path("in/2"), 0777);
  for (size_t n = 0; n < count; n++)
    made.bad += !make_one(n);
  return made;
}

/// nftw() hands nothing over.
static struct {
  bool hidden;
  size_t count;
  size_t skip;
  const char *other;
} walk;

static int count_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
  (void)about;
  walk.count += type == FTW_F && (path[where->base] == '.') == walk.hidden;
  return 0;
}

size_t rv_count_all(const char *folder, bool hidden)
{
  walk.hidden = hidden;
  walk.count = 0;
  (void)nftw(rv_test_path(folder), count_one, 16, FTW_PHYS);
  return walk.count;
}

static void expect_same_samples(const char *path, const char *name)
{
  rv_audio *one = NULL;
  rv_audio *two = NULL;
  ck_assert_int_eq(rv_audio_read(path, &one, NULL), RV_OK);
  ck_assert_int_eq(rv_audio_read(rv_test_path(name), &two, NULL), RV_OK);
  ck_assert_uint_eq(one->frames, two->frames);
  for (int c = 0; c < one->channels; c++)
    ck_assert_mem_eq(one->channel[c], two->channel[c], one->frames * sizeof **one->channel);
  rv_audio_free(one);
  rv_audio_free(two);
}

static int compare_one(const char *path, const struct stat *about, int type, struct FTW *where)
{
  (void)about;
  char name[400];
  size_t size = 0;
  size_t other_size = 0;
  if (type != FTW_F || path[where->base] == '.')
    return 0;
  char *bytes = rv_test_read_file(path, &size);
  (void)snprintf(name, sizeof name, "%s%s", walk.other, path + walk.skip);
  char *other = rv_test_read_file(rv_test_path(name), &other_size);
  // Each Ogg stream has a number of its own.
  if (strstr(path, ".ogg"))
    expect_same_samples(path, name);
  else
    ck_assert_msg(size == other_size && !memcmp(bytes, other, size), "%s is not %s", path, name);
  free(bytes);
  free(other);
  walk.count++;
  return 0;
}

size_t rv_expect_same_files(const char *folder, const char *other)
{
  walk.count = 0;
  walk.other = other;
  walk.skip = strlen(rv_test_path(folder));
  (void)nftw(rv_test_path(folder), compare_one, 16, FTW_PHYS);
  return walk.count;
}
