// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "boundary.h"

#include <string.h>

void rv_boundary_init(rv_boundary *boundary)
{
  atomic_init(&boundary->last_serial, 0);
  for (int asker = 0; asker < RV_ASKERS; asker++) {
    rv_request *request = &boundary->requests[asker];
    atomic_init(&request->sequence, 0);
    atomic_init(&request->serial, 0);
    for (int i = 0; i < RV_PATH_WORDS; i++)
      atomic_init(&request->words[i], 0);
  }
  atomic_init(&boundary->rate_mode, 0);
  atomic_init(&boundary->steps, 0);
  atomic_init(&boundary->embed, true);
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    atomic_init(&boundary->positions[k], 0.5F);
  atomic_init(&boundary->ready, NULL);
  atomic_init(&boundary->retired, NULL);
}

/// The words are stored with release and loaded with acquire order: a reader that sees a word of a
/// newer path then also sees that the sequence has moved.
static void write_request(rv_request *request, unsigned serial, const char *path)
{
  const unsigned sequence = atomic_load_explicit(&request->sequence, memory_order_relaxed);
  atomic_store_explicit(&request->sequence, sequence + 1, memory_order_relaxed);
  const size_t length = strnlen(path, RV_PATH_SIZE - 1);
  for (size_t i = 0; i * 8 <= length; i++) {
    uint64_t word = 0;
    const size_t left = length - i * 8;
    memcpy(&word, path + i * 8, left < 8 ? left : 8);
    atomic_store_explicit(&request->words[i], word, memory_order_release);
  }
  atomic_store_explicit(&request->serial, serial, memory_order_release);
  atomic_store_explicit(&request->sequence, sequence + 2, memory_order_release);
}

void rv_boundary_ask(rv_boundary *boundary, rv_asker asker, const char *path)
{
  const unsigned serial =
      atomic_fetch_add_explicit(&boundary->last_serial, 1, memory_order_relaxed) + 1;
  write_request(&boundary->requests[asker], serial, path);
}

bool rv_boundary_ask_after(rv_boundary *boundary, unsigned serial, const char *path)
{
  if (!atomic_compare_exchange_strong_explicit(&boundary->last_serial, &serial, serial + 1,
                                               memory_order_relaxed, memory_order_relaxed))
    return false;
  write_request(&boundary->requests[RV_ASKER_FOLDER], serial + 1, path);
  return true;
}

static rv_request *newest(rv_boundary *boundary)
{
  rv_request *found = &boundary->requests[0];
  unsigned serial = atomic_load_explicit(&found->serial, memory_order_acquire);
  for (int asker = 1; asker < RV_ASKERS; asker++) {
    rv_request *other = &boundary->requests[asker];
    const unsigned its = atomic_load_explicit(&other->serial, memory_order_acquire);
    if (its > serial) {
      found = other;
      serial = its;
    }
  }
  return found;
}

unsigned rv_boundary_wanted(rv_boundary *boundary)
{
  return atomic_load_explicit(&newest(boundary)->serial, memory_order_acquire);
}

bool rv_boundary_read(rv_boundary *boundary, char path[RV_PATH_SIZE], unsigned *serial)
{
  rv_request *request = newest(boundary);
  const unsigned sequence = atomic_load_explicit(&request->sequence, memory_order_acquire);
  if (sequence % 2)
    return false;
  *serial = atomic_load_explicit(&request->serial, memory_order_acquire);
  for (int i = 0; i < RV_PATH_WORDS; i++) {
    const uint64_t word = atomic_load_explicit(&request->words[i], memory_order_acquire);
    memcpy(path + (size_t)i * 8, &word, 8);
    if (memchr(path + (size_t)i * 8, 0, 8))
      break;
  }
  path[RV_PATH_SIZE - 1] = 0;
  return atomic_load_explicit(&request->sequence, memory_order_relaxed) == sequence;
}

rv_load *rv_boundary_publish(rv_boundary *boundary, rv_load *model)
{
  return atomic_exchange_explicit(&boundary->ready, model, memory_order_acq_rel);
}

rv_load *rv_boundary_take(rv_boundary *boundary)
{
  if (!atomic_load_explicit(&boundary->ready, memory_order_relaxed))
    return NULL;
  return atomic_exchange_explicit(&boundary->ready, NULL, memory_order_acq_rel);
}

bool rv_boundary_retire(rv_boundary *boundary, rv_load *list)
{
  if (atomic_load_explicit(&boundary->retired, memory_order_acquire))
    return false;
  atomic_store_explicit(&boundary->retired, list, memory_order_release);
  return true;
}

rv_load *rv_boundary_collect(rv_boundary *boundary)
{
  return atomic_exchange_explicit(&boundary->retired, NULL, memory_order_acq_rel);
}
