// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/crew.h"

#include "render/voices.h"
#include "render/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

typedef struct teamwork {
  rv_crew *crew;
  rv_queue queue;
  rv_finisher *finisher;
  atomic_size_t workers; ///< still at work
} teamwork;

static bool stopped(const rv_crew *crew)
{
  return crew->config.stop && atomic_load(crew->config.stop);
}

static bool is_there(const char *path)
{
  struct stat about;
  return !stat(path, &about) && S_ISREG(about.st_mode) && about.st_size > 0;
}

static bool is_stream(const char *path)
{
  struct stat about;
  return !strcmp(path, "-") ||
         (!stat(path, &about) && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode));
}

/// What the header of an input says. A pipe can be read once, and is not looked into.
static rv_status look(rv_ticket *ticket, rv_error *error)
{
  rv_reader *reader = NULL;
  const rv_job *job = ticket->job;
  if (job->broken)
    return rv_fail(error, RV_NOT_FOUND, "%s", job->broken);
  if (is_stream(job->in))
    return RV_OK;
  const rv_status status = rv_reader_open_raw(job->in, &job->raw, &reader, error);
  if (status)
    return status;
  ticket->rate = rv_reader_rate(reader);
  ticket->channels = rv_reader_channels(reader);
  ticket->frames = rv_reader_frames(reader);
  rv_reader_close(reader);
  return RV_OK;
}

/// All jobs that have work in them; the others are settled here.
static rv_status make_queue(rv_crew *crew, rv_queue *queue, rv_error *error)
{
  rv_ticket *tickets = calloc(crew->plan->count + 1, sizeof *tickets);
  size_t n = 0;
  if (!tickets)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the list of files");
  for (size_t j = 0; j < crew->plan->count && !stopped(crew); j++) {
    const rv_job *job = &crew->plan->jobs[j];
    rv_error cause = {{0}};
    tickets[n] = (rv_ticket){.job = job};
    if (crew->config.skip_existing && is_there(job->out)) {
      crew->listener.skipped(crew->listener.data, job);
      (void)atomic_fetch_add(&crew->settled, 1);
    } else if (look(&tickets[n], &cause)) {
      crew->listener.failed(crew->listener.data, job, &cause);
      (void)atomic_fetch_add(&crew->settled, 1);
    } else {
      if (tickets[n].rate > 0.0)
        crew->seconds += (double)tickets[n].frames / tickets[n].rate;
      n++;
    }
  }
  return rv_queue_new(tickets, n, queue, error);
}

/// A trial for each network, where there is more than one file to a thread.
static void set_voices(const rv_crew *crew, const rv_queue *queue)
{
  const rv_network *last = NULL;
  int measured = 1;
  for (size_t l = 0; l < queue->n_lists; l++) {
    rv_list *list = &queue->lists[l];
    const rv_network *network = queue->tickets[list->first].job->voicing->stages[0].network;
    list->voices = crew->config.voices;
    if (!list->voices && list->end - list->first > crew->config.jobs) {
      measured = network == last ? measured : rv_voices_measure(network);
      last = network;
      list->voices = measured;
    }
  }
}

static void *work(void *data)
{
  teamwork *all = data;
  for (size_t l = 0; l < all->queue.n_lists && !stopped(all->crew); l++)
    rv_work_on(all->crew, all->finisher, &all->queue, &all->queue.lists[l]);
  (void)atomic_fetch_sub(&all->workers, 1);
  return NULL;
}

rv_status rv_crew_run(rv_crew *crew, rv_error *error)
{
  const struct timespec pause = {.tv_nsec = 5000000};
  teamwork all = {.crew = crew};
  pthread_t *threads = calloc(crew->config.jobs, sizeof *threads);
  rv_status status = threads ? make_queue(crew, &all.queue, error)
                             : rv_fail(error, RV_NO_MEMORY, "out of memory for threads");
  if (status) {
    free(threads);
    return status;
  }
  all.finisher = rv_finisher_new(crew, crew->config.jobs);
  if (!all.finisher) {
    free(threads);
    rv_queue_free(&all.queue);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for threads");
  }
  set_voices(crew, &all.queue);
  const size_t wanted =
      crew->config.jobs < all.queue.n_tickets ? crew->config.jobs : all.queue.n_tickets;
  size_t started = 0;
  atomic_init(&all.workers, wanted);
  while (started < wanted && !pthread_create(&threads[started], NULL, work, &all))
    started++;
  (void)atomic_fetch_sub(&all.workers, wanted - started);
  if (wanted && !started) {
    atomic_store(&all.workers, 1);
    (void)work(&all);
  }
  while (atomic_load(&all.workers)) {
    crew->listener.watch(crew->listener.data);
    (void)nanosleep(&pause, NULL);
  }
  for (size_t t = 0; t < started; t++)
    (void)pthread_join(threads[t], NULL);
  rv_finisher_free(all.finisher);
  free(threads);
  rv_queue_free(&all.queue);
  return RV_OK;
}
