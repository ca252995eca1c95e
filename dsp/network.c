// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "recurve/network.h"

#include "kernel.h"
#include "normalise.h"

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

/// Floats of the rows of `gates` gates of all blocks.
static size_t rows_of(size_t lanes, size_t units, size_t gates)
{
  size_t sum = 0;
  for (size_t b = 0; rv_block_at(lanes, units, b).width; b++)
    sum += rv_row(lanes, gates, rv_block_at(lanes, units, b).width);
  return sum;
}

static size_t padded(size_t n, size_t lanes)
{
  return (n + lanes - 1) / lanes * lanes;
}

/// Sizes, and the arrays out of `from`.
static void lay_out(rv_packed *to, const rv_layer *layer, size_t lanes, int knobs, arena *from)
{
  const bool recurrent = layer->kind != RV_DENSE;
  const size_t units = (size_t)layer->units;
  to->kind = layer->kind;
  to->activation = layer->activation;
  to->norm = layer->norm;
  to->inputs = (size_t)layer->inputs - (size_t)knobs;
  to->knobs = (size_t)knobs;
  to->units = units;
  to->stride = padded(units, lanes);
  to->row = recurrent ? rows_of(lanes, units, rv_sum_gates(layer->kind)) : to->stride;
  to->w = take(from, !recurrent && units == 1 ? padded(to->inputs, lanes) : to->inputs * to->row);
  to->w_knobs = take(from, to->knobs * to->row);
  to->b = take(from, to->row);
  if (!recurrent)
    return;
  to->u = take(from, units * rows_of(lanes, units, rv_early_gates(layer->kind)));
  if (layer->kind == RV_GRU_BEFORE)
    to->u_late = take(from, units * rows_of(lanes, units, 1));
  to->start_h = take(from, to->stride);
  if (layer->kind == RV_LSTM)
    to->start_c = take(from, to->stride);
  if (layer->norm == RV_NORM_NONE)
    return;
  const bool apart = rv_squares_apart(layer->kind, 0, lanes, units);
  if (apart)
    to->u_norm = take(from, rv_triangle_size(lanes, units, rows_of(lanes, units, 1)));
  if (layer->kind == RV_GRU_BEFORE && rv_squares_apart(layer->kind, 1, lanes, units))
    to->u_norm_late = take(from, rv_triangle_size(lanes, units, 0));
  if (!apart)
    to->gain_u = take(from, rows_of(lanes, units, rv_early_gates(layer->kind)));
  if (layer->kind == RV_GRU_BEFORE)
    to->gain_late = take(from, rows_of(lanes, units, 1));
  if (layer->norm == RV_NORM_BOTH) {
    to->gain_w = take(from, to->row);
    to->group_w = take(from, 2 * to->row);
  }
  if (layer->kind == RV_LSTM) {
    to->gain_c = take(from, to->stride);
    to->bias_c = take(from, to->stride);
    to->within = take(from, to->stride);
  }
}

/// What a gate's sums are multiplied by to be the argument of a power of two, or of a table of
/// tanh.
static double gate_factor(rv_kind kind, size_t gate, size_t lanes)
{
  static const double log2e = 1.4426950408889634;
  static const double lstm[4] = {-1.0, 1.0, 2.0, -1.0};
  static const double gru[2] = {-1.0, 1.0};
  switch (kind) {
  case RV_LSTM:
    return lstm[gate] * log2e;
  case RV_GRU:
  case RV_GRU_BEFORE:
    return gate == 2 ? rv_tanh_factor(lanes) : gru[gate] * log2e;
  case RV_RNN:
    return rv_tanh_factor(lanes);
  case RV_DENSE:
    break;
  }
  return 1.0;
}

static float scaled(float weight, double factor)
{
  return (float)((double)weight * factor);
}

/// The places of one unit in the packed arrays.
typedef struct unit_place {
  size_t lanes;
  rv_block block;
  size_t row;   ///< of its block, in the rows of sums
  size_t early; ///< of its block, in rows of early gates
  size_t late;  ///< the same for one gate
  size_t lane;  ///< of the unit in its block
} unit_place;

static unit_place place_of(const rv_packed *to, size_t lanes, size_t unit)
{
  unit_place place = {.lanes = lanes};
  for (size_t b = 0;; b++) {
    place.block = rv_block_at(lanes, to->units, b);
    if (unit < place.block.first + place.block.width)
      break;
    place.row += rv_row(lanes, rv_sum_gates(to->kind), place.block.width);
    place.early += rv_row(lanes, rv_early_gates(to->kind), place.block.width);
    place.late += rv_row(lanes, 1, place.block.width);
  }
  place.lane = unit - place.block.first;
  return place;
}

/// The input weights and the bias of one unit's gate.
static void pack_input(rv_packed *to, const rv_layer *layer, size_t unit, size_t gate,
                       const unit_place *place)
{
  const double factor = gate_factor(to->kind, gate, place->lanes);
  const size_t row = gate * to->units + unit;
  const float *w = layer->w + row * (size_t)layer->inputs;
  const double scale = to->norm == RV_NORM_BOTH ? 1.0 : factor;
  size_t at = unit;
  if (to->kind != RV_DENSE) {
    const bool apart = to->kind == RV_GRU && gate == 2;
    at = place->row + (apart ? 3 : gate) * place->block.width + place->lane;
    if (apart)
      to->b[at - place->block.width] = scaled(layer->bn[unit], factor);
  }
  to->b[at] = scaled(layer->b[row], factor);
  const bool one = to->kind == RV_DENSE && to->units == 1;
  // The audio comes first, then the knobs, then what is fed back.
  for (size_t k = 0; k < to->inputs; k++)
    to->w[one ? k : k * to->row + at] = scaled(w[k && to->knobs ? to->knobs + k : k], scale);
  for (size_t k = 0; k < to->knobs; k++)
    to->w_knobs[k * to->row + at] = scaled(w[1 + k], scale);
  if (!to->gain_w || !layer->gain_w)
    return;
  to->gain_w[at] =
      scaled(layer->gain_w[row], factor * (double)rv_norm_root(to->kind, gate, to->units));
  to->group_w[(rv_norm_group(to->kind, gate) ? to->row : 0) + at] = 1.0F;
}

/// What a normalised recurrent sum is multiplied by beside the scale.
static double gain_of(const rv_packed *to, const rv_layer *layer, size_t unit, size_t gate,
                      size_t lanes)
{
  return (double)layer->gain_u[gate * to->units + unit] * gate_factor(to->kind, gate, lanes) *
         (double)rv_norm_root(to->kind, gate, to->units);
}

static void pack_recurrent(rv_packed *to, const rv_layer *layer, size_t unit, size_t gate,
                           const unit_place *place)
{
  const float *u = layer->u + (gate * to->units + unit) * to->units;
  const size_t gates = rv_early_gates(to->kind);
  const double factor = !to->norm                    ? gate_factor(to->kind, gate, place->lanes)
                        : to->u_norm && gate < gates ? gain_of(to, layer, unit, gate, place->lanes)
                                                     : 1.0;
  const size_t width = place->block.width;
  const size_t early = rv_row(place->lanes, gates, width);
  const size_t late = rv_row(place->lanes, 1, width);
  for (size_t k = 0; k < to->units; k++)
    if (gate < gates && to->u)
      to->u[place->early * to->units + k * early + gate * width + place->lane] =
          scaled(u[k], factor);
    else if (to->u_late)
      to->u_late[place->late * to->units + k * late + place->lane] = scaled(u[k], factor);
}

static void pack_gains(rv_packed *to, const rv_layer *layer, size_t unit, size_t gate,
                       const unit_place *place)
{
  const bool early = gate < rv_early_gates(to->kind);
  float *gains = early ? to->gain_u : to->gain_late;
  const size_t at = (early ? place->early + gate * place->block.width : place->late) + place->lane;
  if (gains)
    gains[at] = (float)gain_of(to, layer, unit, gate, place->lanes);
  if (!to->gain_c || !layer->gain_c || gate)
    return;
  // The argument of tanh, as that of an RNN.
  const double factor = gate_factor(RV_RNN, 0, place->lanes);
  to->gain_c[unit] = scaled(layer->gain_c[unit], factor * sqrt((double)to->units));
  to->bias_c[unit] = scaled(layer->bias_c[unit], factor);
  memset(&to->within[unit], 0xff, sizeof *to->within);
}

/// The triangle of a group, where there is room for one. False without memory.
static bool pack_triangle(const rv_packed *to, const rv_layer *part, size_t lanes, size_t group)
{
  float *packed = group ? to->u_norm_late : to->u_norm;
  double *r = packed ? rv_norm_triangle(part, group) : NULL;
  if (!r)
    return !packed;
  for (size_t unit = 0; unit < to->units; unit++) {
    const unit_place place = place_of(to, lanes, unit);
    const size_t row = rv_row(lanes, 1, place.block.width);
    const bool quads = rv_in_quads(lanes, to->units);
    // Before the first quad is nothing but zeros.
    for (size_t k = quads ? unit / 4 * 4 : 0; k < to->units; k++)
      packed[quads ? rv_quad_place(to->units, unit / 4, k / 4) * lanes + unit % 4 * 4 + k % 4
                   : place.late * to->units + k * row + place.lane] =
          (float)r[unit * to->units + k];
  }
  free(r);
  return true;
}

static void pack(rv_packed *to, const rv_layer *layer, size_t lanes)
{
  const size_t gates = (size_t)rv_kind_gates(to->kind);
  for (size_t unit = 0; unit < to->units; unit++) {
    const unit_place place = place_of(to, lanes, unit);
    for (size_t gate = 0; gate < gates; gate++) {
      pack_input(to, layer, unit, gate, &place);
      if (layer->u)
        pack_recurrent(to, layer, unit, gate, &place);
      if (to->norm)
        pack_gains(to, layer, unit, gate, &place);
    }
  }
  if (to->start_h)
    memcpy(to->start_h, layer->start, to->units * sizeof(float));
  if (to->start_c)
    memcpy(to->start_c, layer->start + to->units, to->units * sizeof(float));
}

/// Lays out all layers; where there is memory it packs them as well.
static rv_status pack_all(rv_network *to, const rv_description *from, arena *memory)
{
  const size_t lanes = to->kernels->lanes;
  memory->used = 0;
  for (int l = 0; l < from->n_layers; l++) {
    const rv_layer *layer = &from->layers[l];
    for (int d = 0; d < layer->directions; d++) {
      rv_packed *packed = d ? &to->reverse[l] : &to->layers[l];
      lay_out(packed, layer, lanes, l ? 0 : to->n_knobs, memory);
      if (!memory->memory)
        continue;
      rv_layer part = {0};
      if (!rv_norm_part(layer, d, &part))
        return RV_NO_MEMORY;
      pack(packed, &part, lanes);
      const bool packed_all =
          pack_triangle(packed, &part, lanes, 0) && pack_triangle(packed, &part, lanes, 1);
      rv_norm_part_free(layer, &part);
      if (!packed_all)
        return RV_NO_MEMORY;
    }
  }
  return RV_OK;
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
  made->loudness_db = description->loudness_db;
  made->input_level_dbu = description->input_level_dbu;
  made->causal = rv_description_causal(description);
  made->feedback = description->feedback;
  arena memory = {NULL, 0};
  (void)pack_all(made, description, &memory);
  memory.memory = made->memory = rv_allocate(memory.used);
  if (!memory.memory || pack_all(made, description, &memory)) {
    rv_network_free(made);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for a network");
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

bool rv_network_causal(const rv_network *network)
{
  return network->causal;
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

const rv_knob *rv_network_knob(const rv_network *network, int index)
{
  return &network->knobs[index];
}
