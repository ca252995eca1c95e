// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/inputs.h"

#include "recurve/io.h"
#include "table/text.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/// Folders in folders, at most.
#define DEEPEST 64

/// What libsndfile reads goes by these endings.
static const char *const endings[] = {"wav",  "wave", "bwf",  "w64",  "rf64", "flac", "aif", "aiff",
                                      "aifc", "ogg",  "oga",  "opus", "mp3",  "caf",  "au",  "snd",
                                      "voc",  "sf",   "nist", "sph",  "paf",  "iff",  "svx", "pvf",
                                      "sd2",  "xi",   "mat",  "htk",  "avr",  "wve",  NULL};

static bool is_audio(const char *name)
{
  const char *dot = strrchr(name, '.');
  for (size_t e = 0; dot && endings[e]; e++)
    if (!strcasecmp(endings[e], dot + 1))
      return true;
  return false;
}

static rv_status no_memory(rv_error *error)
{
  return rv_fail(error, RV_NO_MEMORY, "out of memory for the names of files");
}

static rv_status add(rv_inputs *inputs, const char *path, const char *name, bool found,
                     rv_error *error)
{
  if (inputs->count == inputs->space) {
    const size_t space = inputs->space ? 2 * inputs->space : 64;
    rv_input *list = realloc(inputs->list, space * sizeof *list);
    if (!list)
      return no_memory(error);
    inputs->list = list;
    inputs->space = space;
  }
  rv_input *made = &inputs->list[inputs->count];
  *made = (rv_input){.path = strdup(path), .name = strdup(name), .found = found};
  inputs->count++;
  return made->path && made->name ? RV_OK : no_memory(error);
}

/// The last one added cannot be read.
static rv_status mark(rv_inputs *inputs, const char *why, rv_error *error)
{
  rv_input *last = &inputs->list[inputs->count - 1];
  const size_t size = strlen(last->path) + strlen(why) + 3;
  last->broken = malloc(size);
  if (!last->broken)
    return no_memory(error);
  (void)snprintf(last->broken, size, "%s: %s", last->path, why);
  return RV_OK;
}

static const char *base_name(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash && slash[1] ? slash + 1 : path;
}

static bool same_folder(const char *path, const char *other)
{
  struct stat a;
  struct stat b;
  return other && !stat(path, &a) && !stat(other, &b) && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

static int visible(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

/// By the bytes of the names: alphasort() would go by the locale.
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

static rv_status walk(rv_inputs *inputs, const char *folder, size_t skip, int depth,
                      rv_error *error);

/// A file, or all that is in a folder. One that cannot be looked into is told in its turn.
static rv_status take_entry(rv_inputs *inputs, const char *path, size_t skip, int depth,
                            rv_error *error)
{
  struct stat about;
  const char *name = path + skip + strspn(path + skip, "/");
  if (lstat(path, &about))
    return RV_OK;
  if (!S_ISDIR(about.st_mode))
    return is_audio(path) ? add(inputs, path, name, true, error) : RV_OK;
  if (depth >= DEEPEST || same_folder(path, inputs->except))
    return RV_OK;
  rv_status status = walk(inputs, path, skip, depth + 1, error);
  if (!status || status == RV_NO_MEMORY)
    return status;
  status = add(inputs, path, name, true, error);
  return status ? status : mark(inputs, "this folder cannot be read", error);
}

/// `skip` bytes of each path are those of the folder that was named.
static rv_status walk(rv_inputs *inputs, const char *folder, size_t skip, int depth,
                      rv_error *error)
{
  struct dirent **entries = NULL;
  rv_status status = RV_OK;
  const int n = scandir(folder, &entries, visible, by_bytes);
  if (n < 0)
    return errno == ENOMEM ? no_memory(error) : rv_fail_reading(error, folder, errno);
  for (int e = 0; e < n; e++) {
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    const size_t size = strlen(folder) + strlen(entries[e]->d_name) + 2;
    char *path = status ? NULL : malloc(size);
    if (path) {
      (void)snprintf(path, size, "%s%s%s", folder, slash, entries[e]->d_name);
      status = take_entry(inputs, path, skip, depth, error);
    } else if (!status) {
      status = no_memory(error);
    }
    free(entries[e]);
    free(path);
  }
  free(entries);
  return status;
}

static rv_status add_folder(rv_inputs *inputs, const char *path, rv_error *error)
{
  const size_t before = inputs->count;
  rv_status status = walk(inputs, path, strlen(path), 0, error);
  if (status == RV_NO_MEMORY)
    return status;
  if (!status && inputs->count > before)
    return RV_OK;
  // A folder that cannot be read is told in its turn, as a file would be.
  const rv_status added = add(inputs, path, base_name(path), false, error);
  return added ? added : mark(inputs, "is a directory without audio files that can be read", error);
}

static rv_status add_pattern(rv_inputs *inputs, const char *pattern, rv_error *error)
{
  glob_t matches;
  rv_status status = RV_OK;
  const int code = glob(pattern, 0, NULL, &matches);
  if (code == GLOB_NOSPACE)
    return no_memory(error);
  if (code) {
    status = add(inputs, pattern, base_name(pattern), false, error);
    return status ? status : mark(inputs, "no file has a name of this pattern", error);
  }
  for (size_t m = 0; !status && m < matches.gl_pathc; m++) {
    struct stat about;
    const char *path = matches.gl_pathv[m];
    if (!stat(path, &about) && S_ISDIR(about.st_mode))
      status = same_folder(path, inputs->except) ? RV_OK : add_folder(inputs, path, error);
    else
      status = add(inputs, path, base_name(path), true, error);
  }
  globfree(&matches);
  return status;
}

rv_status rv_inputs_add(rv_inputs *inputs, const char *word, rv_error *error)
{
  struct stat about;
  if (!strcmp(word, "-"))
    return add(inputs, word, "stdin.wav", false, error);
  if (!stat(word, &about))
    return S_ISDIR(about.st_mode) ? add_folder(inputs, word, error)
                                  : add(inputs, word, base_name(word), false, error);
  return strpbrk(word, "*?[") ? add_pattern(inputs, word, error)
                              : add(inputs, word, base_name(word), false, error);
}

rv_status rv_inputs_add_list(rv_inputs *inputs, const char *path, rv_error *error)
{
  char *text = NULL;
  size_t size = 0;
  rv_status status = rv_text_read(path, SIZE_MAX, &text, &size, error);
  if (status || !text)
    return status;
  const char between = memchr(text, '\0', size) ? '\0' : '\n';
  for (char *at = text; !status && at < text + size;) {
    char *end = memchr(at, between, (size_t)(text + size - at));
    end = end ? end : text + size;
    *end = '\0';
    if (between == '\n' && end > at && end[-1] == '\r')
      end[-1] = '\0';
    if (*at)
      status = add(inputs, at, base_name(at), false, error);
    at = end + 1;
  }
  free(text);
  return status;
}

void rv_inputs_free(rv_inputs *inputs)
{
  for (size_t i = 0; i < inputs->count; i++) {
    free(inputs->list[i].path);
    free(inputs->list[i].name);
    free(inputs->list[i].broken);
  }
  free(inputs->list);
  *inputs = (rv_inputs){0};
}
