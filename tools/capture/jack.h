// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Plays a signal through the sound card and records what comes back, as a client of JACK.

#ifndef RECURVE_CAPTURE_JACK_H
#define RECURVE_CAPTURE_JACK_H

#include "recurve/status.h"

#include <stdatomic.h>

typedef struct rv_jack_plan {
  const char *send;             ///< port that the signal goes to, "system:playback_1"
  const char *back;             ///< port that it comes back from, "system:capture_1"
  const char *dry_name;         ///< for messages
  const float *dry;             ///< [frames], full scale ±1
  size_t frames;                ///< of the signal and of the recording
  double rate;                  ///< Hz, of the signal; the server has to run at it
  const atomic_bool *interrupt; ///< ends the take where it stands
  /// Called ten times a second with what is recorded so far, `wet` [frames]; may be NULL.
  void (*progress)(void *data, const float *wet, size_t frames);
  void *data;
} rv_jack_plan;

/// Why a take came to its end.
typedef enum rv_jack_end {
  RV_JACK_WHOLE,
  RV_JACK_INTERRUPTED, ///< by the flag of the plan
  RV_JACK_LOST         ///< the server ended, or called no more
} rv_jack_end;

typedef struct rv_jack_take {
  rv_jack_end end;
  size_t frames;        ///< that were recorded: fewer than planned where it ended early
  size_t xruns;         ///< times that the server or this client was late while it recorded
  double xrun_seconds;  ///< place of the first of them in the recording
  long latency_frames;  ///< round trip as the ports' latencies say
  double period_frames; ///< of one call of the server
} rv_jack_take;

/// Makes one take: `wet` [plan->frames], which starts with the frame that is played first, so that
/// it is late by the round trip. RV_NOT_FOUND where no server runs or it has no such port,
/// RV_BAD_AUDIO where it runs at another rate, RV_UNSUPPORTED where the program was built without
/// JACK, RV_IO. A take that ended early is RV_OK. Setup only; plays as long as the signal is.
rv_status rv_jack_record(const rv_jack_plan *plan, float *wet, rv_jack_take *take, rv_error *error);

#endif
