// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A description packed for one instruction set: immutable, shared by any number of voices and
/// threads.

#ifndef RECURVE_NETWORK_H
#define RECURVE_NETWORK_H

#include "recurve/description.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Instruction sets that the kernels are built for, in rising order on one architecture.
typedef enum rv_isa {
  RV_ISA_BASE,   ///< SSE2 on x86-64, plain vectors elsewhere
  RV_ISA_AVX2,   ///< AVX2 and FMA
  RV_ISA_AVX512, ///< AVX-512 F, VL, DQ, BW
  RV_ISA_NEON    ///< AArch64
} rv_isa;

/// The best instruction set that this build, this CPU and its operating system have; the
/// environment's RECURVE_ISA=base|avx2|avx512|neon asks for a lower one (a name that is not
/// available is ignored). Setup only.
RV_API rv_isa rv_isa_choose(void);

/// Whether kernels of this instruction set are built in and run here. Setup only.
RV_API bool rv_isa_available(rv_isa isa);

/// "base", "avx2", "avx512", "neon". Any thread.
RV_API const char *rv_isa_name(rv_isa isa);

typedef struct rv_network rv_network;

/// Packs a description; the description is not needed afterwards. The description is checked first.
/// RV_UNSUPPORTED if the instruction set is not available. Setup only.
RV_API rv_status rv_network_new(const rv_description *description, rv_isa isa, rv_network **network,
                                rv_error *error);

/// No voice may use the network any more. Setup only.
RV_API void rv_network_free(rv_network *network);

/// False if a layer is bidirectional: no voice plays it then, only recurve/offline.h. Any thread.
RV_API bool rv_network_causal(const rv_network *network);

RV_API rv_isa rv_network_isa(const rv_network *network);  ///< any thread
RV_API int rv_network_knobs(const rv_network *network);   ///< number of knob inputs; any thread
RV_API double rv_network_rate(const rv_network *network); ///< Hz; any thread

/// A knob of the network, 0 … rv_network_knobs() − 1. Any thread.
RV_API const rv_knob *rv_network_knob(const rv_network *network, int index);

#ifdef __cplusplus
}
#endif

#endif
