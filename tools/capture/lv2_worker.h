// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The parts of a host that have threads: numbers for URIs, the log, and the worker.

#ifndef RECURVE_CAPTURE_LV2_WORKER_H
#define RECURVE_CAPTURE_LV2_WORKER_H

#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/// Numbers for URIs. Any thread.
typedef struct rv_urids {
  pthread_mutex_t mutex;
  char **uris;
  size_t count;
  LV2_URID_Map map;
  LV2_URID_Unmap unmap;
} rv_urids;

void rv_urids_init(rv_urids *urids);
void rv_urids_clear(rv_urids *urids);
LV2_URID rv_urids_map(rv_urids *urids, const char *uri);

#define RV_LOG_SIZE 8192

/// A log in memory. Any thread.
typedef struct rv_log {
  pthread_mutex_t mutex;
  size_t used;
  char text[RV_LOG_SIZE];
  LV2_Log_Log log;
} rv_log;

void rv_log_init(rv_log *log);
void rv_log_clear(rv_log *log);

/// A queue of messages from one thread to one other.
typedef struct rv_ring {
  atomic_size_t read, write; ///< bytes since the start
  unsigned char *bytes;
} rv_ring;

typedef struct rv_worker {
  const LV2_Worker_Interface *interface;
  LV2_Handle instance;
  bool threaded;
  rv_ring requests, responses;
  pthread_mutex_t working; ///< one call of work() at a time
  pthread_t thread;
  bool started;
  sem_t wake;
  atomic_bool stop;
  atomic_size_t asked, answered; ///< requests so far
  unsigned char *message;        ///< of the thread
  unsigned char *answer;         ///< of run()
  LV2_Worker_Schedule schedule;  ///< for run()
  LV2_Worker_Schedule now;       ///< for restore(): works before it returns, answers in run()
} rv_worker;

int rv_worker_init(rv_worker *worker, bool threaded);

/// After the plugin has been instantiated; `interface` may be NULL: every request is refused.
int rv_worker_start(rv_worker *worker, const LV2_Worker_Interface *interface, LV2_Handle instance);

/// Waits for a request that is worked on, and drops the others. Before the plugin is freed.
void rv_worker_stop(rv_worker *worker);
void rv_worker_clear(rv_worker *worker);

/// Delivers answers, and the end of the run. After each run().
void rv_worker_end_run(rv_worker *worker);

bool rv_worker_idle(const rv_worker *worker);

#endif
