// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TRAIN_COURSE_H
#define RECURVE_TRAIN_COURSE_H

#include "recurve/train.h"
#include "trainer.h"

/// A training under way. What its outcome depends on from here on is what a snapshot holds
/// (snapshot.c): a new member that matters belongs there too.
typedef struct rv_course {
  const rv_train_data *data;
  const rv_train_config *config;
  rv_train_callback callback;
  void *callback_data;
  rv_trainer *trainer;
  rv_schedule schedule;
  double begin;   ///< seconds on rv_train_clock()
  double reserve; ///< seconds that the end will take
  double called;  ///< when the callback was last called
  double learning_begin;
  double learning; ///< seconds in updates
  double samples;  ///< that have gone through the updates
  double loss;     ///< sum since the last validation
  long losses;     ///< summed
  double esr;
  double best_esr;
  float *best; ///< [parameters]
  bool has_best;
  double rate_scale;
  double heat_esr;       ///< of the best start of the race so far
  double heat_scale;     ///< its rate_scale
  unsigned char *winner; ///< [winner_size]: its trainer as bytes; NULL without a race
  size_t winner_size;
  int broken, refused_in_row; ///< updates
  long updates;
  int refused;
  int recoveries;
  long recovered; ///< update of the last one, 0: none
  bool stopped;
  double kept;          ///< when the last snapshot was taken, on rv_train_clock()
  double keep_interval; ///< seconds to the next one
  uint64_t recordings;  ///< their hash, 0: not taken yet
} rv_course;

#endif
