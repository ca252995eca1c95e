// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bench/files.h"

#include "audio/audio.h"
#include "bench/clock.h"
#include "bench/model.h"
#include "control_word.h"
#include "recurve/io.h"
#include "recurve/voice.h"
#include "render/crew.h"
#include "render/voices.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH  600
#define BLOCK 4096

/// Rounds that are measured whatever they take: as many in each order.
#define LEAST 4

typedef struct place {
  char folder[PATH / 2];
  char model[PATH];
  char in[PATH];
  char out[PATH];
} place;

static void file_of(const char *folder, size_t number, char *path)
{
  (void)snprintf(path, PATH, "%.400s/%06zu.wav", folder, number);
}

static void remove_files(const char *folder, size_t files)
{
  char path[PATH];
  for (size_t f = 0; f < files; f++) {
    file_of(folder, f, path);
    (void)unlink(path);
  }
}

static void remove_place(const place *at, size_t files)
{
  remove_files(at->in, files);
  remove_files(at->out, files);
  (void)unlink(at->model);
  (void)rmdir(at->in);
  (void)rmdir(at->out);
  (void)rmdir(at->folder);
}

static rv_status write_inputs(const rv_files_bench *bench, const place *at, rv_error *error)
{
  const size_t frames = (size_t)(bench->length * bench->model->rate);
  float *noise = malloc((frames + 1) * sizeof *noise);
  rv_status status = noise ? RV_OK : rv_fail(error, RV_NO_MEMORY, "out of memory for noise");
  for (size_t f = 0; !status && f < bench->files && !atomic_load(bench->stop); f++) {
    char path[PATH];
    const rv_audio audio = {
        .channels = 1, .rate = bench->model->rate, .frames = frames, .channel = &noise};
    rv_bench_noise(noise, frames, (unsigned)f);
    file_of(at->in, f, path);
    status = rv_audio_write(path, &audio, error);
  }
  free(noise);
  return status;
}

static rv_status make_place(const rv_files_bench *bench, place *at, rv_error *error)
{
  const char *folder = getenv("TMPDIR");
  (void)snprintf(at->folder, sizeof at->folder, "%.200s/recurve-bench-XXXXXX",
                 folder ? folder : "/tmp");
  if (!mkdtemp(at->folder))
    return rv_fail(error, RV_IO, "%s: a temporary folder cannot be made there; set TMPDIR",
                   at->folder);
  (void)snprintf(at->model, sizeof at->model, "%s/model.json", at->folder);
  (void)snprintf(at->in, sizeof at->in, "%s/in", at->folder);
  (void)snprintf(at->out, sizeof at->out, "%s/out", at->folder);
  if (mkdir(at->in, 0700) || mkdir(at->out, 0700))
    return rv_fail(error, RV_IO, "%s: no folders can be made in it", at->folder);
  const rv_status status = rv_model_write(at->model, bench->model, RV_FORMAT_AIDAX, error);
  return status ? status : write_inputs(bench, at, error);
}

/// What happens to the files, as the crew tells it.
typedef struct told {
  atomic_size_t done;
  pthread_mutex_t lock;
  rv_error error; ///< the last one; empty: none
} told;

static void on_done(void *data, const rv_job *job, const rv_result *result, double seconds)
{
  told *of = data;
  (void)job;
  (void)result;
  (void)seconds;
  (void)atomic_fetch_add(&of->done, 1);
}

static void on_skipped(void *data, const rv_job *job)
{
  (void)data;
  (void)job;
}

static void on_failed(void *data, const rv_job *job, const rv_error *error)
{
  told *of = data;
  (void)job;
  (void)pthread_mutex_lock(&of->lock);
  of->error = *error;
  (void)pthread_mutex_unlock(&of->lock);
}

static void on_watch(void *data)
{
  (void)data;
}

/// The work of `recurve process`, from the names of the files to the last one in its place, where
/// there is no older one to be removed.
static rv_status play_files(const rv_files_bench *bench, const place *at, int voices, double *speed,
                            rv_error *error)
{
  rv_plan plan = {0};
  rv_inputs inputs = {0};
  told heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
  const rv_choices choices = {.output = at->out,
                              .into_folder = true,
                              .make_folders = true,
                              .models = {at->model},
                              .n_models = 1,
                              .start = RV_START_SETTLED,
                              .dither = RV_DITHER_SHORTER};
  rv_crew crew = {.plan = &plan,
                  .config = {.jobs = bench->jobs, .voices = voices, .stop = bench->stop},
                  .listener = {&heard, on_done, on_skipped, on_failed, on_watch}};
  remove_files(at->out, bench->files);
  const double begin = rv_bench_now();
  rv_status status = rv_inputs_add(&inputs, at->in, error);
  if (!status)
    status = rv_plan_add(&plan, &choices, &inputs, error);
  if (!status)
    status = rv_plan_check(&plan, error);
  if (!status)
    status = rv_crew_run(&crew, error);
  const double passed = 1e-9 * (rv_bench_now() - begin);
  rv_inputs_free(&inputs);
  rv_plan_free(&plan);
  if (!status && heard.error.text[0])
    status = rv_fail(error, RV_IO, "%s", heard.error.text);
  if (!status && atomic_load(&heard.done) != bench->files)
    status = rv_fail(error, RV_CANCELLED, "stopped");
  *speed = (double)bench->files * bench->length / passed;
  return status;
}

/// A thread that plays what one of the crew plays, out of memory.
typedef struct player {
  pthread_t thread;
  rv_voice *voice;
  int channels;
  size_t frames;
} player;

static void *play_noise(void *data)
{
  const player *run = data;
  static const float seed[8] = {0.3F, -0.2F, 0.1F, 0.25F, -0.3F, 0.05F, -0.1F, 0.2F};
  float in[BLOCK];
  float *made = calloc((size_t)run->channels * BLOCK, sizeof *made);
  const float *from[RV_MAX_CHANNELS];
  float *to[RV_MAX_CHANNELS];
  if (!made)
    return NULL;
  for (size_t t = 0; t < BLOCK; t++)
    in[t] = seed[t % 8];
  for (int ch = 0; ch < run->channels; ch++) {
    from[ch] = in;
    to[ch] = made + (size_t)ch * BLOCK;
  }
  const rv_control_word caller = rv_control_word_enter();
  for (size_t left = run->frames; left;) {
    const size_t some = left < BLOCK ? left : BLOCK;
    rv_voice_process(run->voice, from, to, some);
    left -= some;
  }
  rv_control_word_leave(caller);
  free(made);
  return NULL;
}

static rv_status play_voices(const rv_files_bench *bench, const rv_network *network, double *speed,
                             rv_error *error)
{
  player *players = calloc(bench->jobs, sizeof *players);
  rv_status status = RV_OK;
  if (!players)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for threads");
  const double each = (double)bench->files * bench->length * bench->model->rate /
                      ((double)bench->jobs * bench->voices);
  size_t started = 0;
  for (size_t p = 0; !status && p < bench->jobs; p++) {
    players[p].channels = bench->voices;
    players[p].frames = (size_t)each;
    status = rv_voice_new(network, bench->voices, &players[p].voice, error);
  }
  const double begin = rv_bench_now();
  while (!status && started < bench->jobs)
    if (pthread_create(&players[started].thread, NULL, play_noise, &players[started]))
      status = rv_fail(error, RV_NO_MEMORY, "no more threads can be started");
    else
      started++;
  for (size_t p = 0; p < started; p++)
    (void)pthread_join(players[p].thread, NULL);
  *speed = (double)bench->files * bench->length * 1e9 / (rv_bench_now() - begin);
  for (size_t p = 0; p < bench->jobs; p++)
    rv_voice_free(players[p].voice);
  free(players);
  return status;
}

/// One of the three ways that a round has.
static rv_status play_way(const rv_files_bench *bench, const place *at, const rv_network *network,
                          int way, rv_files_round *made, rv_error *error)
{
  if (way == 0)
    return play_voices(bench, network, &made->bare, error);
  if (way == 1)
    return play_files(bench, at, bench->voices, &made->many, error);
  return play_files(bench, at, 1, &made->alone, error);
}

/// One after the other, so that what disturbs the machine for longer falls on all three; every
/// other round backwards, so that what grows or fades meanwhile does not favour one of them.
static rv_status play_round(const rv_files_bench *bench, const place *at, const rv_network *network,
                            rv_files_round *made, rv_error *error)
{
  rv_status status = RV_OK;
  for (int w = 0; !status && w < 3; w++)
    status = play_way(bench, at, network, bench->rounds % 2 ? 2 - w : w, made, error);
  return status;
}

static rv_status play_rounds(rv_files_bench *bench, const place *at, const rv_network *network,
                             rv_error *error)
{
  rv_files_round waste;
  bench->voices = rv_voices_measure(network);
  rv_status status = play_round(bench, at, network, &waste, error);
  const double begin = rv_bench_now();
  while (!status && bench->rounds < RV_FILES_ROUNDS &&
         (bench->rounds < LEAST || 1e-9 * (rv_bench_now() - begin) < 3.0 * bench->seconds)) {
    if (bench->progress)
      bench->progress(bench->context, bench->rounds);
    status = play_round(bench, at, network, &bench->round[bench->rounds], error);
    bench->rounds += !status;
  }
  return status == RV_CANCELLED && bench->rounds ? RV_OK : status;
}

rv_status rv_files_measure(rv_files_bench *bench, rv_error *error)
{
  place at = {.folder = ""};
  rv_network *network = NULL;
  rv_status status = rv_network_new(bench->model, rv_isa_choose(), &network, error);
  if (!status && !rv_network_causal(network))
    status =
        rv_fail(error, RV_UNSUPPORTED,
                "a bidirectional model plays each file as a whole: it has no voices to compare");
  if (!status)
    status = make_place(bench, &at, error);
  if (!status)
    status = play_rounds(bench, &at, network, error);
  if (at.in[0])
    remove_place(&at, bench->files);
  rv_network_free(network);
  return status;
}
