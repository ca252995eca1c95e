// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A model of the least time that a network can take, from the peaks of the machine.

#ifndef RECURVE_BENCH_FLOOR_H
#define RECURVE_BENCH_FLOOR_H

#include "bench/peaks.h"

/// ns for one frame, which is one sample of each of `channels` channels in lockstep:
///
///   sum over the recurrent layers of  chain + max(channels·M / macs, 4·M / bandwidth)
///
/// - chain: what the next frame waits for, measured as one chain of dependent operations on vectors
///   of full width. RV_LSTM: h is stored and one lane of it loaded into all lanes, an addition (of
///   the last two partial sums), σ, the cell's multiply-add, tanh, the product with the output
///   gate. RV_GRU: the same with r, n and the mix of n and h. RV_GRU_BEFORE: σ, product, once more
///   through memory, addition, tanh, mix. RV_RNN: store and load, addition, tanh. The activations
///   are the library's own. Nothing of it overlaps with the multiply-adds.
/// - M = gates·units·(units + inputs), without knobs, which are constant: the multiply-adds of a
///   frame at the peak of independent products. Biases and the padding of vectors cost nothing.
/// - bandwidth: each weight is loaded once per frame for all channels, from the first cache if the
///   recurrent weights of the layer fit in it, else all of them from the second.
/// - Layers run one after the other; dense layers have no chain, and the head of one unit costs
///   nothing, as it waits for nobody.
///
/// It is a yardstick and no proof: a kernel that overlaps the chain of one block of units with the
/// products of another, or works on narrower vectors where these divide faster, can be below it.
double rv_floor(const rv_description *model, int channels, const rv_machine *machine, rv_isa isa);

#endif
