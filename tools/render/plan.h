// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Which file is played by what and written where, settled and checked before any work begins.

#ifndef RECURVE_TOOLS_PLAN_H
#define RECURVE_TOOLS_PLAN_H

#include "render/inputs.h"
#include "render/job.h"
#include "render/manifest.h"
#include "render/models.h"
#include "render/shard.h"

/// What the options of the command, or a row of a manifest, ask for.
typedef struct rv_choices {
  const char *output; ///< folder, or file where there is one result; "-": standard output
  bool into_folder;   ///< it is a folder, whatever it looks like
  bool make_folders;  ///< that of a file too
  const char *models[RV_MAX_STAGES];
  size_t n_models;
  bool chain; ///< the models are played one after the other, not each by itself
  const char *const *knobs;
  size_t n_knobs;
  const char *automation;         ///< table of moving knobs of the one model, or NULL
  double input_gain, output_gain; ///< dB, before the first and after the last model
  double tail;                    ///< seconds
  rv_start start;
  rv_rate_mode rate_mode;
  rv_file_kind kind;
  rv_word word;
  rv_dither dither;
  const char *reference;  ///< file, or folder with files of the inputs' names
  const char *difference; ///< as `output`
  bool latency_given;
  long latency;
  rv_raw raw;
} rv_choices;

typedef struct rv_plan {
  size_t count, space;
  rv_job *jobs;
  size_t n_voicings;
  rv_voicing **voicings;
  rv_models models;
  rv_automation automation;
} rv_plan;

/// Adds a job for each input and model (or chain of them). `output` is the file to write where
/// there is one result and the name is that of an audio file (or of anything but a folder that is
/// there); else a folder, in which each of several models has a folder of its name.
/// RV_BAD_ARGUMENT, or what a model that cannot be read gives.
rv_status rv_plan_add(rv_plan *plan, const rv_choices *choices, const rv_inputs *inputs,
                      rv_error *error);

/// Adds a job that fails in its turn, with the reason that the input carries.
rv_status rv_plan_add_broken(rv_plan *plan, const rv_choices *choices, const rv_input *input,
                             rv_error *error);

/// The fields of a manifest, ends with NULL.
extern const char *const rv_plan_fields[];

/// Adds a job for each row; what it does not say is as in `choices`. A row whose model cannot be
/// read fails in its turn. RV_BAD_ARGUMENT names the line.
rv_status rv_plan_add_rows(rv_plan *plan, const rv_choices *choices, const char *path,
                           const rv_manifest *manifest, rv_error *error);

/// RV_BAD_ARGUMENT where two results would be written to one file, or something that is read would
/// be written over.
rv_status rv_plan_check(const rv_plan *plan, rv_error *error);

/// Leaves the jobs of one part.
void rv_plan_keep(rv_plan *plan, const rv_shard *shard);

/// Makes the folders of all results.
rv_status rv_plan_make_folders(const rv_plan *plan, rv_error *error);

void rv_plan_free(rv_plan *plan);

/// The words of options and manifests. rv_rate_mode_named and the others take known words only.
rv_start rv_start_named(const char *word);
rv_rate_mode rv_rate_mode_named(const char *word);
rv_word rv_word_named(const char *word);
rv_dither rv_dither_named(const char *word);

#endif
