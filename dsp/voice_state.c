// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The states of a voice, copied to another one and to memory of the caller.

#include "voice_parts.h"

#include <string.h>

void rv_voice_copy_channel(rv_voice *to, const rv_voice *from, int channel)
{
  to->grid[channel] = 0;
  to->paused[channel] = false;
  if (to->fed)
    memcpy(to->fed + (size_t)channel * RV_FED_ROW, from->fed + (size_t)channel * RV_FED_ROW,
           RV_FED_ROW * sizeof(float));
  for (int l = 0; l < to->network->n_layers; l++) {
    const rv_packed *layer = &to->network->layers[l];
    const size_t bytes = layer->stride * sizeof(float);
    if (layer->kind == RV_DENSE)
      continue;
    const size_t h = (size_t)channel * rv_voice_rows(layer);
    const size_t c = (size_t)channel * layer->stride;
    memcpy(to->layers[l].rows + h, from->layers[l].rows + h, bytes);
    if (layer->kind == RV_LSTM)
      memcpy(to->layers[l].c + c, from->layers[l].c + c, bytes);
  }
}

void rv_voice_copy_state(rv_voice *to, const rv_voice *from)
{
  for (int ch = 0; ch < to->channels; ch++)
    rv_voice_copy_channel(to, from, ch);
}

size_t rv_voice_state_size(const rv_voice *voice)
{
  size_t size = voice->fed ? voice->network->kernels->lanes : 0;
  for (int l = 0; l < voice->network->n_layers; l++) {
    const rv_packed *layer = &voice->network->layers[l];
    size += layer->kind == RV_DENSE ? 0 : (layer->kind == RV_LSTM ? 2 : 1) * layer->stride;
  }
  return size;
}

void rv_voice_get_state(const rv_voice *voice, int channel, float *state)
{
  for (int l = 0; l < voice->network->n_layers; l++) {
    const rv_packed *layer = &voice->network->layers[l];
    const size_t stride = layer->stride;
    if (layer->kind == RV_DENSE)
      continue;
    memcpy(state, voice->layers[l].rows + (size_t)channel * rv_voice_rows(layer),
           stride * sizeof *state);
    state += stride;
    if (!voice->layers[l].c)
      continue;
    memcpy(state, voice->layers[l].c + (size_t)channel * stride, stride * sizeof *state);
    state += stride;
  }
  if (!voice->fed)
    return;
  memset(state, 0, voice->network->kernels->lanes * sizeof *state);
  state[0] = voice->fed[(size_t)channel * RV_FED_ROW + 1];
}

void rv_voice_set_state(rv_voice *voice, int channel, const float *state)
{
  for (int l = 0; l < voice->network->n_layers; l++) {
    const rv_packed *layer = &voice->network->layers[l];
    const size_t stride = layer->stride;
    if (layer->kind == RV_DENSE)
      continue;
    memcpy(voice->layers[l].rows + (size_t)channel * rv_voice_rows(layer), state,
           stride * sizeof *state);
    state += stride;
    if (!voice->layers[l].c)
      continue;
    memcpy(voice->layers[l].c + (size_t)channel * stride, state, stride * sizeof *state);
    state += stride;
  }
  if (voice->fed)
    voice->fed[(size_t)channel * RV_FED_ROW + 1] = state[0];
}
