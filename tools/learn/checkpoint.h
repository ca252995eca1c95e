// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The file beside the model from which a training that was cut off goes on. It has a line of JSON
/// with what the command itself needs to remember, then the bytes of the trainer.

#ifndef RECURVE_TOOLS_LEARN_CHECKPOINT_H
#define RECURVE_TOOLS_LEARN_CHECKPOINT_H

#include "learn/progress.h"

typedef struct rv_checkpoint {
  rv_report *report;
  char *path;
  const rv_curve *curve; ///< kept with each
  char date[32];         ///< day on which the training began
  bool failed;           ///< that it cannot be written has been told
  char *text;            ///< of a file that was read
  const void *bytes;     ///< [size] within it
  size_t size;
} rv_checkpoint;

/// Names the file after the model, without touching it, and sets the date to today.
rv_status rv_checkpoint_init(rv_checkpoint *checkpoint, const char *model_path, rv_error *error);
void rv_checkpoint_free(rv_checkpoint *checkpoint);

/// Whether there is a file of that name.
bool rv_checkpoint_exists(const rv_checkpoint *checkpoint);

/// Reads the file: date, bytes, and the curve so far.
rv_status rv_checkpoint_read(rv_checkpoint *checkpoint, rv_curve *curve, rv_error *error);

/// Writes the file; an rv_train_keep whose data is the checkpoint. A failure is told once, and the
/// training goes on.
void rv_checkpoint_write(void *data, const void *bytes, size_t size);

void rv_checkpoint_remove(const rv_checkpoint *checkpoint);

#endif
