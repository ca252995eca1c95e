// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A dry and a wet recording, read, looked over and lined up.

#ifndef RECURVE_TOOLS_LEARN_PAIR_H
#define RECURVE_TOOLS_LEARN_PAIR_H

#include "audio/audio.h"
#include "capture/align.h"
#include "cli/report.h"

typedef struct rv_take_pair {
  rv_audio *dry_file, *wet_file;
  rv_pair_report report;
  const float *dry, *wet; ///< [frames]: the common part
  size_t frames;
  double rate;      ///< Hz
  size_t dry_start; ///< frames of the dry file before the common part
} rv_take_pair;

/// The options of a command that reads a pair.
#define RV_OPTION_OF_CHANNEL                                                                       \
  {                                                                                                \
    .name = "channel", .kind = RV_OPTION_INTEGER, .argument = "N", .minimum = 1, .maximum = 1024,  \
    .help = "channel of files that have several; the first if not given"                           \
  }
#define RV_OPTION_OF_LATENCY                                                                       \
  {                                                                                                \
    .name = "latency", .kind = RV_OPTION_INTEGER, .argument = "FRAMES", .minimum = -10000000,      \
    .maximum = 10000000,                                                                           \
    .help = "frames that the wet recording is late, where it is known; else it is found"           \
  }
#define RV_OPTION_OF_FLIP                                                                          \
  {                                                                                                \
    .name = "flip", .kind = RV_OPTION_FLAG, .help = "turn the polarity of the wet recording"       \
  }

typedef struct rv_take_options {
  long channel;        ///< 1, 2, …: of both files; 0: the first, with a note where there are more
  const long *latency; ///< frames that the wet is late; NULL: to be found
  bool flip;           ///< turns the polarity of the wet
  bool resample;       ///< brings the wet to the dry's rate, where they differ
  bool terse;          ///< leaves what it finds in the report: one recording of many
  bool correct_drift;  ///< brings the wet to the dry's clock, where they drift apart
} rv_take_options;

/// Reads and checks two files and tells every finding. RV_BAD_AUDIO and the file's name where
/// training makes no sense. The pair is to be freed in any case.
rv_status rv_take_pair_read(const char *dry_path, const char *wet_path,
                            const rv_take_options *options, rv_report *report, rv_take_pair *pair,
                            rv_error *error);

/// Whether there is a warning of this kind among the findings.
bool rv_pair_warns(const rv_pair_report *report, const char *kind);

/// What a check alone ends with: a line for people, an object of all figures with --json.
void rv_take_pair_tell(const rv_take_pair *pair, rv_report *report);
void rv_take_pair_free(rv_take_pair *pair);

#endif
