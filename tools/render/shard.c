// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/shard.h"

#include <stdint.h>
#include <stdlib.h>

rv_status rv_shard_parse(const char *text, rv_shard *shard, rv_error *error)
{
  char *end = NULL;
  *shard = (rv_shard){0};
  if (text[0] >= '0' && text[0] <= '9')
    shard->index = strtoul(text, &end, 10);
  if (end && *end == '/' && end[1] >= '0' && end[1] <= '9')
    shard->count = strtoul(end + 1, &end, 10);
  if (!end || *end || shard->index < 1 || shard->index > shard->count)
    return rv_fail(error, RV_BAD_ARGUMENT,
                   "--shard %s: write it as I/N, part I of N, with I from 1 to N", text);
  return RV_OK;
}

bool rv_shard_has_place(const rv_shard *shard, size_t place)
{
  return !shard->count || place % shard->count == shard->index - 1;
}

bool rv_shard_has_name(const rv_shard *shard, const char *name)
{
  // FNV-1a (Fowler, Noll and Vo), folded so that the low bits have heard of the high ones.
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (; *name; name++)
    hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001B3);
  return !shard->count || (hash ^ (hash >> 32)) % shard->count == shard->index - 1;
}
