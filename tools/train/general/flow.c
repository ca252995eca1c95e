// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Gradients go back in every lane from a direction of its own; their mean square is the square of
/// the Frobenius norm by the number of units. Lane 0 has the direction of the loss.

#include "engine.h"
#include "singular.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST 1024

/// Moments of the audio from which gradients go back, and at which single steps are looked at.
#define ANCHORS 8
#define MOMENTS 32

/// Frames before the longest lag over which the state settles.
#define SETTLING 4800

/// Steps between two states that are kept, and between two looks at how large the slopes are: few
/// enough that they stay finite.
#define CHUNK 64

/// What is left of a gradient that nobody needs to follow further.
#define GONE 1e-14

typedef struct stream {
  const rv_seq_kernels *kernels;
  rv_net net;
  float *weights;
  rv_seq_work work;
  float *state;      ///< [state elements]
  float *kept;       ///< [chunks][state elements]
  float *carry;      ///< [carry elements]
  float *trace;      ///< [CHUNK][lanes]
  double *log_scale; ///< [lanes]: of the carry
  double *jacobian;  ///< [states][states]
  const float *dry, *wet;
  size_t frames;
  float gain; ///< of the input
  const rv_description *description;
} stream;

static size_t lanes_of(const stream *s)
{
  return (size_t)s->kernels->lanes;
}

static size_t state_elements(const stream *s)
{
  return rv_seq_state_elements(&s->net, s->kernels);
}

/// Reals of a carry without the lanes; the outputs last.
static size_t carry_rows(const stream *s)
{
  return rv_seq_carry_elements(&s->net, s->kernels) / lanes_of(s);
}

static float *floats(size_t elements)
{
  const size_t bytes = (elements * sizeof(float) / RV_LANE_ALIGN + 1) * RV_LANE_ALIGN;
  float *memory = aligned_alloc(RV_LANE_ALIGN, bytes);
  if (memory)
    memset(memory, 0, bytes);
  return memory;
}

static rv_status stream_new(stream *s, const rv_description *description, rv_error *error)
{
  s->kernels = rv_seq_kernels_of(rv_isa_choose());
  s->description = description;
  s->gain = (float)pow(10.0, description->input_gain_db / 20.0);
  const rv_status status = rv_net_of(description, &s->net, &s->weights, error);
  if (status)
    return status;
  if (s->net.directions == 2)
    return rv_fail(error, RV_UNSUPPORTED,
                   "a bidirectional model has no past alone: gradients go both ways in it");
  const size_t rows = carry_rows(s);
  s->state = floats(state_elements(s));
  s->kept = floats((RV_LONGEST_LAG / CHUNK + 1) * state_elements(s));
  s->carry = floats(rows * lanes_of(s));
  s->trace = floats(CHUNK * lanes_of(s));
  s->log_scale = calloc(lanes_of(s), sizeof *s->log_scale);
  s->jacobian = calloc(rows * rows, sizeof *s->jacobian);
  if (!s->state || !s->kept || !s->carry || !s->trace || !s->log_scale || !s->jacobian ||
      !rv_seq_work_new(&s->work, &s->net, s->kernels, CHUNK))
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the gradients of a model");
  return RV_OK;
}

static void stream_free(stream *s)
{
  rv_seq_work_free(&s->work);
  free(s->weights);
  free(s->state);
  free(s->kept);
  free(s->carry);
  free(s->trace);
  free(s->log_scale);
  free(s->jacobian);
}

/// The same audio in all lanes.
static rv_seq_pass pass_over(const stream *s, size_t first, size_t steps, bool fresh)
{
  const size_t inputs = (size_t)s->net.shape.inputs;
  float *to = s->work.input;
  for (size_t t = 0; t < steps; t++)
    for (size_t k = 0; k < inputs; k++)
      for (size_t lane = 0; lane < lanes_of(s); lane++)
        *to++ = k ? s->description->knobs[k - 1].initial : s->gain * s->dry[first + t];
  const rv_seq_pass pass = {.net = &s->net,
                            .parameters = s->weights,
                            .work = (rv_seq_work *)&s->work,
                            .steps = steps,
                            .state = s->state,
                            .fresh = fresh};
  return pass;
}

static void run(const stream *s, size_t first, size_t end, bool fresh)
{
  for (size_t at = first; at < end; at += CHUNK) {
    rv_seq_pass pass = pass_over(s, at, end - at < CHUNK ? end - at : CHUNK, fresh && at == first);
    s->kernels->forward(&pass);
  }
}

/// Directions of h (c has none): normal ones, and in lane 0 that of the output.
static void begin_carry(const stream *s, rv_random *random)
{
  const size_t n = (size_t)s->net.shape.units;
  const size_t layers = (size_t)s->net.shape.layers;
  const size_t states = (size_t)s->net.states;
  memset(s->carry, 0, carry_rows(s) * lanes_of(s) * sizeof *s->carry);
  memset(s->log_scale, 0, lanes_of(s) * sizeof *s->log_scale);
  for (size_t l = 0; l < layers; l++)
    for (size_t j = 0; j < n; j++) {
      float *to = s->carry + (l * states * n + j) * lanes_of(s);
      to[0] = l + 1 == layers ? s->weights[s->net.head + j] : 0.0F;
      for (size_t lane = 1; lane < lanes_of(s); lane++)
        to[lane] = (float)rv_random_normal(random);
    }
}

/// Brings slopes that have become very large or small to 1, and remembers by how much.
static void rescale(const stream *s)
{
  for (size_t lane = 0; lane < lanes_of(s); lane++) {
    double energy = 0.0;
    for (size_t k = 0; k < carry_rows(s); k++) {
      const double slope = (double)s->carry[k * lanes_of(s) + lane];
      energy += slope * slope;
    }
    const double norm = sqrt(energy);
    if (!(norm > 0.0) || (norm > 1e-6 && norm < 1e6))
      continue;
    for (size_t k = 0; k < carry_rows(s); k++)
      s->carry[k * lanes_of(s) + lane] /= (float)norm;
    s->log_scale[lane] += log(norm);
  }
}

/// Squared norms of one anchor: of h by direction, of the loss.
typedef struct sums {
  double state[RV_MAX_LAGS];
  double loss[RV_MAX_LAGS];
} sums;

static void add_trace(const stream *s, const rv_gradient_flow *flow, size_t lag, const float *trace,
                      sums *to)
{
  for (int i = 1; i < flow->n; i++) {
    if (flow->lag[i] != lag)
      continue;
    to->loss[i] = (double)trace[0] * exp(2.0 * s->log_scale[0]);
    for (size_t lane = 1; lane < lanes_of(s); lane++)
      to->state[i] += (double)trace[lane] * exp(2.0 * s->log_scale[lane]);
  }
}

static void first_norms(const stream *s, sums *to)
{
  const size_t n = (size_t)s->net.shape.units;
  for (size_t l = 0; l < (size_t)s->net.shape.layers; l++)
    for (size_t j = 0; j < n; j++)
      for (size_t lane = 0; lane < lanes_of(s); lane++) {
        const size_t row = l * (size_t)s->net.states * n + j;
        const double slope = (double)s->carry[row * lanes_of(s) + lane];
        *(lane ? &to->state[0] : &to->loss[0]) += slope * slope;
      }
}

/// From the state after frame `anchor` − 1 back to `anchor` − `longest`.
static void follow(stream *s, size_t anchor, size_t longest, rv_random *random,
                   const rv_gradient_flow *flow, sums *to)
{
  const size_t first = anchor - longest;
  const size_t settling = first < SETTLING ? first : SETTLING;
  run(s, first - settling, first, true);
  for (size_t at = first, k = 0; at < anchor; at += CHUNK, k++) {
    memcpy(s->kept + k * state_elements(s), s->state, state_elements(s) * sizeof *s->state);
    run(s, at, at + CHUNK, settling == 0 && at == first);
  }
  begin_carry(s, random);
  first_norms(s, to);
  double loudest = 1.0;
  for (size_t lag = 0; lag < longest && loudest > GONE * GONE; lag += CHUNK) {
    const size_t at = anchor - lag - CHUNK;
    const rv_seq_probe probe = {s->carry, s->trace};
    memcpy(s->state, s->kept + (at - first) / CHUNK * state_elements(s),
           state_elements(s) * sizeof *s->state);
    rv_seq_pass pass = pass_over(s, at, CHUNK, settling == 0 && at == first);
    pass.probe = &probe;
    s->kernels->window(&pass);
    loudest = 0.0;
    for (size_t t = CHUNK; t-- > 0;) {
      const float *trace = s->trace + t * lanes_of(s);
      add_trace(s, flow, lag + CHUNK - t, trace, to);
      for (size_t lane = 0; lane < lanes_of(s); lane++)
        loudest = fmax(loudest, (double)trace[lane] * exp(2.0 * s->log_scale[lane]));
    }
    rescale(s);
  }
}

static void make_lags(rv_gradient_flow *flow, size_t longest)
{
  flow->lag[flow->n++] = 0;
  // Five lags for a factor of two.
  for (int step = 0; flow->n < RV_MAX_LAGS; step++) {
    const size_t lag = (size_t)(exp2(0.2 * (double)step) + 0.5);
    if (lag > longest)
      break;
    if (lag > flow->lag[flow->n - 1])
      flow->lag[flow->n++] = lag;
  }
}

/// The squared error at a moment whose state has just been reached; 1 without a wet recording.
static double error_at(stream *s, size_t anchor)
{
  if (!s->wet)
    return 1.0;
  const size_t back = anchor < SETTLING ? anchor : SETTLING;
  run(s, anchor - back, anchor, true);
  const size_t last = (back % CHUNK ? back % CHUNK : CHUNK) - 1;
  const double gain = pow(10.0, s->description->output_gain_db / 20.0);
  const double y = gain * (double)((float *)s->work.output)[last * lanes_of(s)];
  return (y - (double)s->wet[anchor - 1]) * (y - (double)s->wet[anchor - 1]);
}

static void measure_curves(stream *s, rv_gradient_flow *flow)
{
  rv_random random = {1};
  const size_t longest = (s->frames < RV_LONGEST_LAG ? s->frames : RV_LONGEST_LAG) / CHUNK * CHUNK;
  double state[RV_MAX_LAGS] = {0};
  double loss[RV_MAX_LAGS] = {0};
  make_lags(flow, longest);
  for (size_t a = 0; a < ANCHORS; a++) {
    const size_t anchor = longest + (s->frames - longest) * a / (ANCHORS - 1);
    const double weight = error_at(s, anchor);
    sums own = {0};
    follow(s, anchor, longest, &random, flow, &own);
    for (int i = 0; i < flow->n; i++) {
      state[i] += own.state[i];
      loss[i] += weight * own.loss[i];
    }
  }
  for (int i = 0; i < flow->n; i++) {
    flow->state[i] = sqrt(state[i] / state[0]);
    flow->loss[i] = loss[0] > 0.0 ? sqrt(loss[i] / loss[0]) : 0.0;
  }
}

/// Rows of the Jacobian of the step at `at`, as many in a pass as there are lanes; s->state is the
/// state before it.
static void take_jacobian(stream *s, size_t at, size_t n)
{
  const size_t lanes = lanes_of(s);
  const rv_seq_probe probe = {s->carry, s->trace};
  memcpy(s->kept, s->state, state_elements(s) * sizeof *s->state);
  for (size_t first = 0; first < n; first += lanes) {
    memcpy(s->state, s->kept, state_elements(s) * sizeof *s->state);
    memset(s->carry, 0, carry_rows(s) * lanes * sizeof *s->carry);
    for (size_t lane = 0; lane < lanes && first + lane < n; lane++)
      s->carry[(first + lane) * lanes + lane] = 1.0F;
    rv_seq_pass pass = pass_over(s, at, 1, false);
    pass.probe = &probe;
    s->kernels->window(&pass);
    for (size_t lane = 0; lane < lanes && first + lane < n; lane++)
      for (size_t c = 0; c < n; c++)
        s->jacobian[(first + lane) * n + c] = (double)s->carry[c * lanes + lane];
  }
}

static int by_size(const void *a, const void *b)
{
  const double *first = a;
  const double *second = b;
  return (*first > *second) - (*first < *second);
}

static bool measure_steps(stream *s, rv_gradient_flow *flow)
{
  const size_t outputs = (size_t)s->net.shape.outputs;
  const size_t n = carry_rows(s) - (s->net.shape.feedback ? 0 : outputs);
  double values[RV_SINGULAR_VALUES][MOMENTS];
  double *scratch = calloc((RV_SINGULAR_VALUES + 1) * n, sizeof *scratch);
  if (!scratch)
    return false;
  for (size_t m = 0; m < MOMENTS; m++) {
    double own[RV_SINGULAR_VALUES] = {0};
    const size_t at = (s->frames - 1) * (m + 1) / MOMENTS;
    const size_t back = at < SETTLING ? at : SETTLING;
    run(s, at - back, at, true);
    take_jacobian(s, at, n);
    rv_singular_values(s->jacobian, n, scratch, own);
    for (size_t v = 0; v < RV_SINGULAR_VALUES; v++)
      values[v][m] = v < n ? own[v] : 0.0;
  }
  for (size_t v = 0; v < RV_SINGULAR_VALUES; v++) {
    qsort(values[v], MOMENTS, sizeof values[v][0], by_size);
    flow->singular_median[v] = values[v][MOMENTS / 2];
    flow->singular_most[v] = values[v][MOMENTS - 1];
  }
  flow->moments = MOMENTS;
  free(scratch);
  return true;
}

/// The lag after which a curve stays below a share of what it has at lag 1.
static double time_below(const rv_gradient_flow *flow, const double *curve, double share)
{
  int last = flow->n - 1;
  const double level = share * curve[1];
  while (last > 1 && curve[last] < level)
    last--;
  if (last == flow->n - 1)
    return INFINITY;
  // Between two lags, on logarithmic axes.
  const double above = log(curve[last] / level);
  const double below = log(fmax(curve[last + 1], 1e-300) / level);
  const double part = above > 0.0 ? above / (above - below) : 0.0;
  const double ratio = (double)flow->lag[last + 1] / (double)flow->lag[last];
  return (double)flow->lag[last] * pow(ratio, part);
}

static void judge(rv_gradient_flow *flow)
{
  double most = 0.0;
  for (int i = 1; i < flow->n; i++)
    most = fmax(most, flow->state[i]);
  flow->decay = time_below(flow, flow->state, exp(-1.0));
  flow->memory = time_below(flow, flow->state, 0.01);
  flow->verdict = !(most <= 10.0)       ? RV_FLOW_EXPLODING
                  : flow->memory < 64.0 ? RV_FLOW_VANISHING
                                        : RV_FLOW_HEALTHY;
  const double felt = fmin(time_below(flow, flow->loss, 0.01), 65536.0);
  flow->window = 64;
  while ((double)flow->window < felt)
    flow->window *= 2;
}

rv_status rv_gradient_flow_measure(const rv_description *description, const float *dry,
                                   const float *wet, size_t frames, rv_gradient_flow *flow,
                                   rv_error *error)
{
  stream s = {.dry = dry, .wet = wet, .frames = frames};
  *flow = (rv_gradient_flow){0};
  if (frames < SHORTEST)
    return rv_fail(error, RV_BAD_AUDIO, "%zu frames of audio; %d at least are needed", frames,
                   SHORTEST);
  for (size_t i = 0; i < frames; i++)
    if (!isfinite(dry[i]) || (wet && !isfinite(wet[i])))
      return rv_fail(error, RV_BAD_AUDIO, "the sample of frame %zu is not finite", i);
  rv_status status = stream_new(&s, description, error);
  if (!status) {
    measure_curves(&s, flow);
    judge(flow);
    if (!measure_steps(&s, flow))
      status = rv_fail(error, RV_NO_MEMORY, "out of memory for the gradients of a model");
  }
  stream_free(&s);
  return status;
}

const char *rv_flow_word(rv_flow_verdict verdict)
{
  static const char *const words[] = {"vanishing", "healthy", "exploding"};
  return words[verdict];
}
