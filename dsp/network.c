// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/network.h"

#include "kernel.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *rv_allocate(size_t bytes)
{
  const size_t rounded = (bytes + RV_ALIGN) / RV_ALIGN * RV_ALIGN;
  void *memory = aligned_alloc(RV_ALIGN, rounded);
  if (memory)
    memset(memory, 0, rounded);
  return memory;
}

float rv_gain(double db)
{
  return (float)pow(10.0, db / 20.0);
}

size_t rv_packed_scratch(const rv_packed *layer)
{
  if (layer->kind == RV_DENSE)
    return 0;
  const size_t row = (size_t)layer->stride * (size_t)layer->gates;
  return (size_t)RV_LOCKSTEP * (RV_PIECE * row + 3 * (size_t)layer->stride);
}

/// Hands out aligned parts of one allocation; with no memory it only counts.
typedef struct arena {
  char *memory;
  size_t used;
} arena;

static float *take(arena *from, size_t elements)
{
  float *part = from->memory ? (float *)(void *)(from->memory + from->used) : NULL;
  from->used += (elements * sizeof(float) + RV_ALIGN - 1) / RV_ALIGN * RV_ALIGN;
  return part;
}

static void shape(rv_packed *to, const rv_layer *layer, int lanes, int knobs)
{
  to->kind = layer->kind;
  to->activation = layer->activation;
  to->inputs = layer->inputs - knobs;
  to->knobs = knobs;
  to->units = layer->units;
  to->gates = rv_kind_gates(layer->kind);
  to->lanes = lanes;
  to->blocks = (layer->units + lanes - 1) / lanes;
  to->stride = to->blocks * lanes;
}

static void reserve(rv_packed *to, arena *from)
{
  const size_t stride = (size_t)to->stride;
  const size_t row = stride * (size_t)to->gates;
  const size_t units = (size_t)to->units;
  const bool recurrent = to->kind != RV_DENSE;
  const bool before = to->kind == RV_GRU_BEFORE;
  const size_t input_stride = (size_t)((to->inputs + to->lanes - 1) / to->lanes * to->lanes);
  to->w = take(from, units == 1 && !recurrent ? input_stride : (size_t)to->inputs * row);
  to->w_knobs = take(from, (size_t)to->knobs * row);
  to->b = take(from, row);
  to->u = recurrent ? take(from, units * (before ? 2 * stride : row)) : NULL;
  to->u_late = before ? take(from, units * stride) : NULL;
  to->bn = to->kind == RV_GRU ? take(from, stride) : NULL;
  to->start_h = recurrent ? take(from, stride) : NULL;
  to->start_c = to->kind == RV_LSTM ? take(from, stride) : NULL;
}

/// Place of a unit's gate in a row [blocks][gates][lanes].
static size_t place(const rv_packed *to, int gates, int unit, int gate)
{
  const int block = unit / to->lanes;
  return (size_t)((block * gates + gate) * to->lanes + unit % to->lanes);
}

/// Place of input k of a unit's gate in [blocks][units][gates][lanes].
static size_t place_u(const rv_packed *to, int gates, int unit, int gate, int k)
{
  const int block = unit / to->lanes;
  return (size_t)(((block * to->units + k) * gates + gate) * to->lanes + unit % to->lanes);
}

static void pack_unit(rv_packed *to, const rv_layer *layer, int unit, int gate)
{
  const size_t row = (size_t)to->stride * (size_t)to->gates;
  const size_t source = (size_t)(gate * layer->units + unit);
  const float *w = layer->w + source * (size_t)layer->inputs;
  const size_t at = place(to, to->gates, unit, gate);
  to->b[at] = layer->b[source];
  for (int k = 0; k < to->inputs; k++)
    to->w[to->kind == RV_DENSE && to->units == 1 ? (size_t)k : (size_t)k * row + at] = w[k];
  for (int k = 0; k < to->knobs; k++)
    to->w_knobs[(size_t)k * row + at] = w[to->inputs + k];
  if (to->kind == RV_DENSE)
    return;
  const float *u = layer->u + source * (size_t)layer->units;
  const int early = to->kind == RV_GRU_BEFORE ? 2 : to->gates;
  for (int k = 0; k < to->units; k++)
    if (gate < early)
      to->u[place_u(to, early, unit, gate, k)] = u[k];
    else
      to->u_late[place_u(to, 1, unit, 0, k)] = u[k];
}

static void pack(rv_packed *to, const rv_layer *layer)
{
  const size_t units = (size_t)to->units;
  for (int gate = 0; gate < to->gates; gate++)
    for (int unit = 0; unit < to->units; unit++)
      pack_unit(to, layer, unit, gate);
  if (to->bn)
    memcpy(to->bn, layer->bn, units * sizeof(float));
  if (to->start_h)
    memcpy(to->start_h, layer->start, units * sizeof(float));
  if (to->start_c)
    memcpy(to->start_c, layer->start + units, units * sizeof(float));
}

rv_status rv_network_new(const rv_description *description, rv_isa isa, rv_network **network,
                         rv_error *error)
{
  const rv_status status = rv_description_check(description, error);
  if (status)
    return status;
  const rv_kernels *kernels = rv_kernels_of(isa);
  if (!kernels)
    return rv_fail(error, RV_UNSUPPORTED, "instruction set %s is not available here",
                   rv_isa_name(isa));
  rv_network *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a network");
  made->isa = isa;
  made->kernels = kernels;
  made->n_layers = description->n_layers;
  made->n_knobs = description->n_knobs;
  memcpy(made->knobs, description->knobs, sizeof made->knobs);
  made->rate = description->rate;
  made->skip = description->skip;
  made->input_gain = rv_gain(description->input_gain_db);
  made->output_gain = rv_gain(description->output_gain_db);
  arena memory = {NULL, 0};
  for (int l = 0; l < made->n_layers; l++) {
    shape(&made->layers[l], &description->layers[l], kernels->lanes, l ? 0 : made->n_knobs);
    reserve(&made->layers[l], &memory);
  }
  memory.memory = made->memory = rv_allocate(memory.used);
  if (!memory.memory) {
    free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a network");
  }
  memory.used = 0;
  for (int l = 0; l < made->n_layers; l++) {
    reserve(&made->layers[l], &memory);
    pack(&made->layers[l], &description->layers[l]);
  }
  *network = made;
  return RV_OK;
}

void rv_network_free(rv_network *network)
{
  if (network)
    free(network->memory);
  free(network);
}

rv_isa rv_network_isa(const rv_network *network)
{
  return network->isa;
}

int rv_network_knobs(const rv_network *network)
{
  return network->n_knobs;
}

double rv_network_rate(const rv_network *network)
{
  return network->rate;
}
