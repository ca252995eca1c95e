// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "audio/internal.h"

#include <stdlib.h>
#include <string.h>

/// libsndfile refuses structures whose last text has room for 16384 bytes or more.
#define LONGEST_TEXT 16000

static void copy_texts(SNDFILE *from, SNDFILE *to)
{
  for (int key = SF_STR_FIRST; key <= SF_STR_LAST; key++) {
    const char *text = sf_get_string(from, key);
    if (text && *text)
      (void)sf_set_string(to, key, text);
  }
}

static void copy_cues(SNDFILE *from, SNDFILE *to)
{
  uint32_t count = 0;
  if (sf_command(from, SFC_GET_CUE_COUNT, &count, sizeof count) != SF_TRUE || !count)
    return;
  // SF_CUES as libsndfile declares it has room for 100 points; this one has as many as there are.
  typedef SF_CUES_VAR(1) one_cue;
  const size_t size = sizeof(one_cue) + (count - 1) * sizeof(SF_CUE_POINT);
  void *cues = calloc(1, size);
  if (cues && sf_command(from, SFC_GET_CUE, cues, (int)size) == SF_TRUE)
    (void)sf_command(to, SFC_SET_CUE, cues, (int)size);
  free(cues);
}

static void copy_instrument(SNDFILE *from, SNDFILE *to)
{
  SF_INSTRUMENT instrument;
  if (sf_command(from, SFC_GET_INSTRUMENT, &instrument, sizeof instrument) == SF_TRUE)
    (void)sf_command(to, SFC_SET_INSTRUMENT, &instrument, sizeof instrument);
}

static void copy_broadcast(SNDFILE *from, SNDFILE *to)
{
  SF_BROADCAST_INFO_VAR(LONGEST_TEXT) broadcast;
  memset(&broadcast, 0, sizeof broadcast);
  if (sf_command(from, SFC_GET_BROADCAST_INFO, &broadcast, sizeof broadcast) == SF_TRUE)
    (void)sf_command(to, SFC_SET_BROADCAST_INFO, &broadcast, sizeof broadcast);
}

static void copy_cart(SNDFILE *from, SNDFILE *to)
{
  SF_CART_INFO_VAR(LONGEST_TEXT) cart;
  memset(&cart, 0, sizeof cart);
  if (sf_command(from, SFC_GET_CART_INFO, &cart, sizeof cart) == SF_TRUE)
    (void)sf_command(to, SFC_SET_CART_INFO, &cart, sizeof cart);
}

static void copy_channel_map(SNDFILE *from, SNDFILE *to, int channels)
{
  const size_t size = (size_t)channels * sizeof(int);
  int *map = malloc(size);
  if (map && sf_command(from, SFC_GET_CHANNEL_MAP_INFO, map, (int)size) == SF_TRUE)
    (void)sf_command(to, SFC_SET_CHANNEL_MAP_INFO, map, (int)size);
  free(map);
}

void rv_copy_metadata(SNDFILE *from, SNDFILE *to)
{
  SF_INFO info;
  copy_texts(from, to);
  copy_cues(from, to);
  copy_instrument(from, to);
  copy_broadcast(from, to);
  copy_cart(from, to);
  if (!sf_command(from, SFC_GET_CURRENT_SF_INFO, &info, sizeof info))
    copy_channel_map(from, to, info.channels);
}
