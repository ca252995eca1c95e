// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "lv2_worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_SIZE 65536U

LV2_URID rv_urids_map(rv_urids *urids, const char *uri)
{
  LV2_URID found = 0;
  (void)pthread_mutex_lock(&urids->mutex);
  for (size_t i = 0; i < urids->count && !found; i++)
    if (!strcmp(urids->uris[i], uri))
      found = (LV2_URID)i + 1;
  if (!found) {
    char **grown = realloc(urids->uris, (urids->count + 1) * sizeof *grown);
    if (grown) {
      urids->uris = grown;
      grown[urids->count] = strdup(uri);
      if (grown[urids->count])
        found = (LV2_URID)++urids->count;
    }
  }
  (void)pthread_mutex_unlock(&urids->mutex);
  return found;
}

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char *uri)
{
  return rv_urids_map(handle, uri);
}

static const char *unmap_uri(LV2_URID_Unmap_Handle handle, LV2_URID urid)
{
  rv_urids *urids = handle;
  (void)pthread_mutex_lock(&urids->mutex);
  const char *uri = urid > 0 && urid <= urids->count ? urids->uris[urid - 1] : NULL;
  (void)pthread_mutex_unlock(&urids->mutex);
  return uri;
}

void rv_urids_init(rv_urids *urids)
{
  *urids = (rv_urids){.uris = NULL};
  urids->map = (LV2_URID_Map){urids, map_uri};
  urids->unmap = (LV2_URID_Unmap){urids, unmap_uri};
  (void)pthread_mutex_init(&urids->mutex, NULL);
}

void rv_urids_clear(rv_urids *urids)
{
  for (size_t i = 0; i < urids->count; i++)
    free(urids->uris[i]);
  free(urids->uris);
  (void)pthread_mutex_destroy(&urids->mutex);
}

static int log_vprintf(LV2_Log_Handle handle, LV2_URID type, const char *format, va_list arguments)
{
  (void)type;
  rv_log *log = handle;
  (void)pthread_mutex_lock(&log->mutex);
  const size_t room = sizeof log->text - log->used;
  const int wanted = vsnprintf(log->text + log->used, room, format, arguments);
  if (wanted > 0)
    log->used += (size_t)wanted < room ? (size_t)wanted : room - 1;
  (void)pthread_mutex_unlock(&log->mutex);
  return wanted;
}

static int log_printf(LV2_Log_Handle handle, LV2_URID type, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  const int wanted = log_vprintf(handle, type, format, arguments);
  va_end(arguments);
  return wanted;
}

void rv_log_init(rv_log *log)
{
  log->used = 0;
  log->text[0] = 0;
  log->log = (LV2_Log_Log){log, log_printf, log_vprintf};
  (void)pthread_mutex_init(&log->mutex, NULL);
}

void rv_log_clear(rv_log *log)
{
  (void)pthread_mutex_destroy(&log->mutex);
}

static void ring_copy_in(rv_ring *ring, size_t at, const void *data, size_t size)
{
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++)
    ring->bytes[(at + i) % RING_SIZE] = bytes[i];
}

static void ring_copy_out(const rv_ring *ring, size_t at, void *data, size_t size)
{
  unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++)
    bytes[i] = ring->bytes[(at + i) % RING_SIZE];
}

static bool ring_push(rv_ring *ring, uint32_t size, const void *data)
{
  const size_t write = atomic_load_explicit(&ring->write, memory_order_relaxed);
  const size_t read = atomic_load_explicit(&ring->read, memory_order_acquire);
  if (RING_SIZE - (write - read) < size + sizeof size)
    return false;
  ring_copy_in(ring, write, &size, sizeof size);
  ring_copy_in(ring, write + sizeof size, data, size);
  atomic_store_explicit(&ring->write, write + sizeof size + size, memory_order_release);
  return true;
}

/// Takes the next message, up to RING_SIZE bytes; false: there is none.
static bool ring_pop(rv_ring *ring, uint32_t *size, void *data)
{
  const size_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
  if (atomic_load_explicit(&ring->write, memory_order_acquire) == read)
    return false;
  ring_copy_out(ring, read, size, sizeof *size);
  ring_copy_out(ring, read + sizeof *size, data, *size);
  atomic_store_explicit(&ring->read, read + sizeof *size + *size, memory_order_release);
  return true;
}

static bool ring_empty(const rv_ring *ring)
{
  return atomic_load_explicit(&ring->read, memory_order_acquire) ==
         atomic_load_explicit(&ring->write, memory_order_acquire);
}

static LV2_Worker_Status respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void *data)
{
  rv_worker *worker = handle;
  return ring_push(&worker->responses, size, data) ? LV2_WORKER_SUCCESS : LV2_WORKER_ERR_NO_SPACE;
}

static LV2_Worker_Status respond_now(LV2_Worker_Respond_Handle handle, uint32_t size,
                                     const void *data)
{
  rv_worker *worker = handle;
  if (worker->interface->work_response)
    return worker->interface->work_response(worker->instance, size, data);
  return LV2_WORKER_SUCCESS;
}

static LV2_Worker_Status call_work(rv_worker *worker, LV2_Worker_Respond_Function answer,
                                   uint32_t size, const void *data)
{
  (void)pthread_mutex_lock(&worker->working);
  const LV2_Worker_Status status =
      worker->interface->work(worker->instance, answer, worker, size, data);
  (void)pthread_mutex_unlock(&worker->working);
  return status;
}

static void *thread_main(void *data)
{
  rv_worker *worker = data;
  while (true) {
    while (sem_wait(&worker->wake))
      continue;
    if (atomic_load(&worker->stop))
      return NULL;
    uint32_t size = 0;
    if (ring_pop(&worker->requests, &size, worker->message)) {
      (void)call_work(worker, respond, size, worker->message);
      atomic_fetch_add(&worker->answered, 1);
    }
  }
}

static LV2_Worker_Status schedule_work(LV2_Worker_Schedule_Handle handle, uint32_t size,
                                       const void *data)
{
  rv_worker *worker = handle;
  if (!worker->interface)
    return LV2_WORKER_ERR_UNKNOWN;
  if (!worker->threaded)
    return call_work(worker, respond_now, size, data);
  if (!ring_push(&worker->requests, size, data))
    return LV2_WORKER_ERR_NO_SPACE;
  atomic_fetch_add(&worker->asked, 1);
  (void)sem_post(&worker->wake);
  return LV2_WORKER_SUCCESS;
}

static LV2_Worker_Status schedule_now(LV2_Worker_Schedule_Handle handle, uint32_t size,
                                      const void *data)
{
  rv_worker *worker = handle;
  return worker->interface ? call_work(worker, respond, size, data) : LV2_WORKER_ERR_UNKNOWN;
}

int rv_worker_init(rv_worker *worker, bool threaded)
{
  *worker = (rv_worker){.threaded = threaded};
  worker->schedule = (LV2_Worker_Schedule){worker, schedule_work};
  worker->now = (LV2_Worker_Schedule){worker, schedule_now};
  worker->requests.bytes = malloc(RING_SIZE);
  worker->responses.bytes = malloc(RING_SIZE);
  worker->message = malloc(RING_SIZE);
  worker->answer = malloc(RING_SIZE);
  const bool memory =
      worker->requests.bytes && worker->responses.bytes && worker->message && worker->answer;
  if (memory && !pthread_mutex_init(&worker->working, NULL)) {
    if (!sem_init(&worker->wake, 0, 0))
      return 0;
    (void)pthread_mutex_destroy(&worker->working);
  }
  free(worker->requests.bytes);
  free(worker->responses.bytes);
  free(worker->message);
  free(worker->answer);
  return -1;
}

int rv_worker_start(rv_worker *worker, const LV2_Worker_Interface *interface, LV2_Handle instance)
{
  worker->interface = interface;
  worker->instance = instance;
  if (!interface || !worker->threaded)
    return 0;
  const int failed = pthread_create(&worker->thread, NULL, thread_main, worker);
  worker->started = !failed;
  return failed;
}

void rv_worker_stop(rv_worker *worker)
{
  if (!worker->started)
    return;
  atomic_store(&worker->stop, true);
  (void)sem_post(&worker->wake);
  (void)pthread_join(worker->thread, NULL);
  worker->started = false;
}

void rv_worker_clear(rv_worker *worker)
{
  (void)sem_destroy(&worker->wake);
  (void)pthread_mutex_destroy(&worker->working);
  free(worker->requests.bytes);
  free(worker->responses.bytes);
  free(worker->message);
  free(worker->answer);
}

void rv_worker_end_run(rv_worker *worker)
{
  if (!worker->interface)
    return;
  uint32_t size = 0;
  while (ring_pop(&worker->responses, &size, worker->answer))
    if (worker->interface->work_response)
      (void)worker->interface->work_response(worker->instance, size, worker->answer);
  if (worker->interface->end_run)
    (void)worker->interface->end_run(worker->instance);
}

bool rv_worker_idle(const rv_worker *worker)
{
  return atomic_load(&worker->asked) == atomic_load(&worker->answered) &&
         ring_empty(&worker->responses);
}
