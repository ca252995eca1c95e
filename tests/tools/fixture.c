// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "fixture.h"

#include "recurve/io.h"
#include "support.h"

#include <dirent.h>
#include <math.h>
#include <sndfile.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void fill(float *weights, size_t n, float scale, uint64_t *seed)
{
  for (size_t i = 0; i < n; i++)
    weights[i] = scale * rv_test_random(seed);
}

static rv_description *new_model(rv_kind kind, int units, int knobs, double rate)
{
  rv_description *model = NULL;
  ck_assert_int_eq(rv_description_new(&model, NULL), RV_OK);
  model->rate = rate;
  model->rate_known = true;
  model->n_knobs = knobs;
  for (int k = 0; k < knobs; k++) {
    rv_knob *knob = &model->knobs[k];
    (void)snprintf(knob->name, sizeof knob->name, "%s", k ? "Tone" : "Gain");
    knob->minimum = 0.0F;
    knob->maximum = 1.0F;
    knob->initial = 0.5F;
  }
  ck_assert_int_eq(rv_description_add(model, kind, 1 + knobs, units, RV_LINEAR, NULL), RV_OK);
  ck_assert_int_eq(rv_description_add(model, RV_DENSE, units, 1, RV_LINEAR, NULL), RV_OK);
  return model;
}

static void write_model(const char *path, const rv_description *model)
{
  rv_error error = {{0}};
  ck_assert_msg(!rv_model_write(path, model, RV_FORMAT_AIDAX, &error), "%s", error.text);
}

rv_description *rv_fixture_model(const char *path, rv_kind kind, int units, double rate, int knobs,
                                 uint64_t seed)
{
  rv_description *model = new_model(kind, units, knobs, rate);
  const rv_layer *cell = &model->layers[0];
  const size_t gates = (size_t)rv_kind_gates(kind);
  const size_t n = (size_t)units;
  seed += 1000;
  fill(cell->w, gates * n * (size_t)cell->inputs, 1.0F, &seed);
  fill(cell->u, gates * n * n, 1.0F / sqrtf((float)units), &seed);
  fill(cell->b, gates * n, 0.2F, &seed);
  fill(model->layers[1].w, n, 0.5F, &seed);
  (void)rv_description_set_text(model, "name", "fixture", NULL);
  write_model(path, model);
  return model;
}

void rv_fixture_identity(const char *path, double rate)
{
  rv_description *model = new_model(RV_GRU, 8, 0, rate);
  model->skip = 1.0F;
  write_model(path, model);
  rv_description_free(model);
}

void rv_fixture_audio(const char *path, int format, int channels, double rate, size_t frames,
                      double level, uint64_t seed)
{
  SF_INFO info = {.samplerate = (int)rate, .channels = channels, .format = format};
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  ck_assert_msg(file != NULL, "%s: %s", path, sf_strerror(NULL));
  float *samples = calloc(frames * (size_t)channels + 1, sizeof *samples);
  float memory = 0.0F;
  seed += 1000;
  for (size_t i = 0; i < frames * (size_t)channels; i++) {
    const double swell = 0.6 - 0.4 * cos(6.0 * (double)i / rate);
    memory = 0.7F * memory + 0.3F * rv_test_random(&seed);
    samples[i] = (float)(level * swell) * memory;
  }
  ck_assert_int_eq(sf_writef_float(file, samples, (sf_count_t)frames), (sf_count_t)frames);
  ck_assert_int_eq(sf_close(file), 0);
  free(samples);
}

void rv_fixture_samples(const char *path, const float *samples, size_t frames, double rate)
{
  SF_INFO info = {
      .samplerate = (int)rate, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
  SNDFILE *file = sf_open(path, SFM_WRITE, &info);
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(sf_write_float(file, samples, (sf_count_t)frames), (sf_count_t)frames);
  ck_assert_int_eq(sf_close(file), 0);
}

void rv_fixture_pair(float *dry, float *wet, size_t frames, double rate)
{
  uint64_t random = 11;
  float low = 0.0F;
  float memory = 0.0F;
  for (size_t i = 0; i < frames; i++) {
    const float level = 0.5F + 0.5F * sinf((float)i * 0.0011F);
    low += 0.3F * (level * rv_test_random(&random) - low);
    dry[i] = low;
    memory += 0.1F * (tanhf(3.0F * low) - memory);
    wet[i] = 0.5F * tanhf(3.0F * low) - 0.4F * memory;
  }
  rv_fixture_samples(rv_test_path("dry.wav"), dry, frames, rate);
  rv_fixture_samples(rv_test_path("wet.wav"), wet, frames, rate);
}

bool rv_fixture_exists(const char *name)
{
  return access(rv_test_path(name), F_OK) == 0;
}

rv_audio *rv_fixture_read(const char *path)
{
  rv_audio *audio = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_audio_read(path, &audio, &error), "%s", error.text);
  return audio;
}

static char *command_line(const char *format, va_list arguments, const char *more)
{
  static char line[8192];
  char words[4096];
  (void)vsnprintf(words, sizeof words, format, arguments);
  (void)snprintf(line, sizeof line, "cd '%s' && exec '%s' %s %s", rv_test_directory(),
                 RECURVE_PROGRAM, words, more);
  return line;
}

/// Whether a line has all words of "a|b|c".
static bool line_has(const char *line, size_t length, const char *words)
{
  char word[256];
  char text[1024];
  (void)snprintf(text, sizeof text, "%.*s", (int)length, line);
  while (*words) {
    const size_t n = strcspn(words, "|");
    (void)snprintf(word, sizeof word, "%.*s", (int)n, words);
    if (!strstr(text, word))
      return false;
    words += n + (words[n] == '|');
  }
  return true;
}

/// Takes the lines of progress out, which come where a command stands still for long, as on a busy
/// machine.
static void drop_progress(char *text)
{
  char *to = text;
  for (const char *line = text; *line;) {
    const size_t length = strcspn(line, "\n");
    const size_t whole = length + (line[length] == '\n');
    if (!line_has(line, length, " files, | s of audio, | x real time, | s left")) {
      memmove(to, line, whole);
      to += whole;
    }
    line += whole;
  }
  *to = '\0';
}

const rv_run *rv_run_recurve(const char *format, ...)
{
  static rv_run run;
  va_list arguments;
  va_start(arguments, format);
  const char *line = command_line(format, arguments, ">stdout.txt 2>stderr.txt");
  va_end(arguments);
  // The command under test is run as a user runs it, by the shell.
  const int result = system(line); // NOLINT(cert-env33-c)
  free(run.out);
  free(run.err);
  run.out = rv_test_read_file(rv_test_path("stdout.txt"), NULL);
  run.err = rv_test_read_file(rv_test_path("stderr.txt"), NULL);
  drop_progress(run.err);
  ck_assert_msg(WIFEXITED(result), "ended by a signal: %s", line);
  run.status = WEXITSTATUS(result);
  return &run;
}

pid_t rv_start_recurve(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  const char *line = command_line(format, arguments, ">stdout.txt 2>stderr.txt");
  va_end(arguments);
  const pid_t child = fork();
  if (!child) {
    (void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
  }
  return child;
}

void rv_expect_run(const rv_run *run, int status, const char *words)
{
  ck_assert_msg(run->status == status, "status %d instead of %d: %s", run->status, status,
                run->err);
  if (!*words) {
    ck_assert_str_eq(run->err, "");
    return;
  }
  for (const char *line = run->err; *line;) {
    const size_t length = strcspn(line, "\n");
    if (line_has(line, length, words))
      return;
    line += length + (line[length] == '\n');
  }
  ck_abort_msg("no line with '%s' in: %s", words, run->err);
}

int rv_count_files(const char *folder, const char *prefix)
{
  DIR *directory = opendir(folder);
  int count = 0;
  if (!directory)
    return 0;
  for (const struct dirent *entry = NULL; (entry = readdir(directory));)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
             !strncmp(entry->d_name, prefix, strlen(prefix));
  (void)closedir(directory);
  return count;
}
