// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The plugin in a host whose worker is fed, and answers, by lock-free rings, so that the thread of
/// run() needs no system call on the host's side either.

#ifndef RECURVE_TESTS_RIG_H
#define RECURVE_TESTS_RIG_H

#include "bare.h"

#define RV_RING_SLOTS 4
#define RV_RING_BYTES 64

/// One writer, one reader.
typedef struct rv_ring {
  atomic_uint written;
  atomic_uint read;
  struct {
    uint32_t size;
    unsigned char bytes[RV_RING_BYTES];
  } slots[RV_RING_SLOTS];
} rv_ring;

typedef struct rv_rig {
  rv_bare bare;
  rv_ring requests;  ///< from run() to the worker
  rv_ring responses; ///< from the worker to work_response(), on the thread of run()
  int refused;       ///< calls of schedule_work that did not fit
} rv_rig;

/// Setup only.
void rv_rig_open(rv_rig *rig, int channels, double rate);
void rv_rig_close(rv_rig *rig);

/// The worker's thread: works on the next request, if there is one. Returns whether there was.
bool rv_rig_work(rv_rig *rig);

/// The audio thread: run(), then the responses, then end_run(). The thread is watched meanwhile
/// (watch.h).
void rv_rig_run(rv_rig *rig, const float *const *in, float *const *out, uint32_t frames);

#endif
