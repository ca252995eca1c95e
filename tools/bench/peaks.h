// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What this machine does at most, measured by itself: the ground that the model of the floor
/// (floor.h) stands on. Best values over all rounds: what takes time from us, from other programs
/// to a lower clock, only ever makes a round slower.

#ifndef RECURVE_BENCH_PEAKS_H
#define RECURVE_BENCH_PEAKS_H

#include "recurve/network.h"

#define RV_ISA_COUNT   4
#define RV_CHAIN_COUNT 4 ///< recurrent kinds: RV_RNN … RV_GRU_BEFORE

typedef struct rv_peaks {
  bool measured;
  double macs;                  ///< multiply-adds per ns
  double l1_bytes;              ///< loaded per ns from the first data cache
  double l2_bytes;              ///< loaded per ns from the second cache
  double chain[RV_CHAIN_COUNT]; ///< ns that a frame of each rv_kind waits at least
} rv_peaks;

typedef struct rv_machine {
  double ghz;     ///< cycles per ns: dependent additions of integers, one a cycle
  size_t l1_size; ///< bytes of the first data cache; 32 KiB where the system does not say
  size_t l2_size; ///< bytes of the second cache; 512 KiB where the system does not say
  rv_peaks isa[RV_ISA_COUNT]; ///< by rv_isa
  float *room;                ///< what is loaded from
  size_t room_size;           ///< bytes
} rv_machine;

/// Asks for the caches, and allocates. RV_NO_MEMORY.
rv_status rv_machine_init(rv_machine *machine, rv_error *error);
void rv_machine_free(rv_machine *machine);

/// One round of about 0.5 ms for one instruction set, which must be available: what is better than
/// before is kept.
void rv_machine_measure(rv_machine *machine, rv_isa isa);

#endif
