// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "rig.h"

#include "watch.h"

#include <string.h>

static bool put(rv_ring *ring, uint32_t size, const void *bytes)
{
  const unsigned written = atomic_load_explicit(&ring->written, memory_order_relaxed);
  const unsigned read = atomic_load_explicit(&ring->read, memory_order_acquire);
  if (written - read == RV_RING_SLOTS || size > RV_RING_BYTES)
    return false;
  ring->slots[written % RV_RING_SLOTS].size = size;
  if (size)
    memcpy(ring->slots[written % RV_RING_SLOTS].bytes, bytes, size);
  atomic_store_explicit(&ring->written, written + 1, memory_order_release);
  return true;
}

static bool take(rv_ring *ring, uint32_t *size, unsigned char bytes[RV_RING_BYTES])
{
  const unsigned read = atomic_load_explicit(&ring->read, memory_order_relaxed);
  if (atomic_load_explicit(&ring->written, memory_order_acquire) == read)
    return false;
  *size = ring->slots[read % RV_RING_SLOTS].size;
  memcpy(bytes, ring->slots[read % RV_RING_SLOTS].bytes, RV_RING_BYTES);
  atomic_store_explicit(&ring->read, read + 1, memory_order_release);
  return true;
}

static LV2_Worker_Status schedule_work(LV2_Worker_Schedule_Handle handle, uint32_t size,
                                       const void *data)
{
  rv_rig *rig = handle;
  if (put(&rig->requests, size, data))
    return LV2_WORKER_SUCCESS;
  rig->refused++;
  return LV2_WORKER_ERR_NO_SPACE;
}

static LV2_Worker_Status respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void *data)
{
  rv_rig *rig = handle;
  return put(&rig->responses, size, data) ? LV2_WORKER_SUCCESS : LV2_WORKER_ERR_NO_SPACE;
}

void rv_rig_open(rv_rig *rig, int channels, double rate)
{
  memset(rig, 0, sizeof *rig);
  rv_bare_open(&rig->bare, channels, rate, true);
  ck_assert_ptr_nonnull(rig->bare.handle);
  rig->bare.schedule = (LV2_Worker_Schedule){rig, schedule_work};
}

void rv_rig_close(rv_rig *rig)
{
  rv_bare_close(&rig->bare);
}

bool rv_rig_work(rv_rig *rig)
{
  unsigned char bytes[RV_RING_BYTES];
  uint32_t size = 0;
  if (!take(&rig->requests, &size, bytes))
    return false;
  (void)rig->bare.worker->work(rig->bare.handle, respond, rig, size, bytes);
  return true;
}

void rv_rig_run(rv_rig *rig, const float *const *in, float *const *out, uint32_t frames)
{
  const LV2_Worker_Interface *worker = rig->bare.worker;
  unsigned char bytes[RV_RING_BYTES];
  uint32_t size = 0;
  rv_watch_begin();
  rv_bare_run(&rig->bare, in, out, frames);
  while (take(&rig->responses, &size, bytes))
    (void)worker->work_response(rig->bare.handle, size, bytes);
  if (worker->end_run)
    (void)worker->end_run(rig->bare.handle);
  rv_watch_end();
}
