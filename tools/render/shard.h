// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One part of a list, for many processes on one or more machines.

#ifndef RECURVE_TOOLS_SHARD_H
#define RECURVE_TOOLS_SHARD_H

#include "recurve/status.h"

#include <stdbool.h>

/// Part `index` (from 1 on) of `count`; count 0: all of it.
typedef struct rv_shard {
  unsigned long index, count;
} rv_shard;

/// "2/8". RV_BAD_ARGUMENT.
rv_status rv_shard_parse(const char *text, rv_shard *shard, rv_error *error);

/// Whether what stands at `place` (from 0 on) of a list that is the same for all parts belongs to
/// this one: they are dealt out in turn.
bool rv_shard_has_place(const rv_shard *shard, size_t place);

/// The same by a name, for lists that may grow meanwhile.
bool rv_shard_has_name(const rv_shard *shard, const char *name);

#endif
