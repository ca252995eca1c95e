// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TRAIN_POOL_H
#define RECURVE_TRAIN_POOL_H

#include "recurve/status.h"

/// A fixed set of threads, the caller's included, that work on numbered items together.
typedef struct rv_pool rv_pool;

/// `item` counts the items, `thread` the threads, both from 0.
typedef void (*rv_pool_work)(void *data, int item, int thread);

/// With fewer threads than asked for where the system gives no more. RV_NO_MEMORY.
rv_status rv_pool_new(int threads, rv_pool **pool, rv_error *error);
void rv_pool_free(rv_pool *pool);

/// Calls work(data, item, thread) for each item < items, on any thread in any order, and returns
/// when all is done. From the thread that made the pool only.
void rv_pool_run(rv_pool *pool, rv_pool_work work, void *data, int items);

#endif
