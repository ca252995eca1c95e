// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// One reader and one writer per format, and the words that they share. Setup only, all of it.

#ifndef RECURVE_IO_FORMATS_H
#define RECURVE_IO_FORMATS_H

#include "json.h"

/// Newest "version" of our own keys in the AIDA-X layout that is read: 2 for files with a layer
/// that is normalised or bidirectional or with feedback, 1 for the others.
#define RV_OWN_VERSION 2

/// Before the type of a layer that is normalised, bidirectional or fed back to: no other player
/// takes it for a plain one.
#define RV_OWN_PREFIX "recurve-"

/// A gain that players of the AIDA-X family take for nothing at all: at or below this.
#define RV_AIDAX_MUTE_DB (-90.0)

/// What such a gain becomes in a description: its factor is zero in float, not merely small.
#define RV_SILENCE_DB (-2000.0)

/// A layer of the AIDA-X layout.
typedef struct rv_aidax_type {
  const char *name;
  rv_kind kind;
  bool own;       ///< only in a file that says "format": "recurve"
  int file_at[4]; ///< where the file keeps gate g of description.h
} rv_aidax_type;

/// The type of that name, or NULL.
const rv_aidax_type *rv_aidax_type_named(const char *name);
/// The type under which a kind is written.
const rv_aidax_type *rv_aidax_type_of(rv_kind kind);

/// "", "tanh", ...: the name of a dense layer's activation in the AIDA-X layout.
const char *rv_aidax_activation_name(rv_activation activation);
bool rv_aidax_activation_named(const char *name, rv_activation *activation);

/// Fills an empty description from the root of a file; rv_description_check is still to come.
rv_status rv_aidax_read(const rv_json_source *source, const json_t *root,
                        rv_description *description);
rv_status rv_guitarml_read(const rv_json_source *source, const json_t *root,
                           rv_description *description);
rv_status rv_nam_read(const rv_json_source *source, const json_t *root,
                      rv_description *description);
rv_status rv_torch_read(const rv_json_source *source, const json_t *root,
                        rv_description *description);

/// Rate, texts and measures alone.
rv_status rv_aidax_read_metadata(const rv_json_source *source, const json_t *root,
                                 rv_description *description);
rv_status rv_nam_read_metadata(const rv_json_source *source, const json_t *root,
                               rv_description *description);

/// Whether an object has members as a flat state_dict of PyTorch has them.
bool rv_torch_is(const json_t *root);

/// Takes PyTorch's weight_ih, weight_hh, bias_ih and bias_hh of one layer: the order of gates is
/// that of description.h, and the biases of all gates add up but for n of a GRU.
void rv_torch_take(const rv_layer *layer, float *const arrays[4]);

/// Makes the root of a file from a checked description. RV_UNSUPPORTED names what the format cannot
/// hold.
rv_status rv_aidax_write(const rv_description *description, json_t **root, rv_error *error);
rv_status rv_guitarml_write(const rv_description *description, json_t **root, rv_error *error);
rv_status rv_nam_write(const rv_description *description, json_t **root, rv_error *error);

/// "metadata", the same members in all formats that are written (recurve/io.h lists them).
/// Takes every member that has no place of its own, but for those in `passed_over` (ended by NULL):
/// texts under their key, other values but null as the text of their JSON under "KEY:json".
rv_status rv_metadata_take(const rv_json_source *source, const json_t *object,
                           const char *const *passed_over, rv_description *description);
/// Takes measures and what is said of the knobs, which are there already.
void rv_metadata_measures(const rv_json_source *source, const json_t *metadata,
                          rv_description *description);
bool rv_metadata_rate_assumed(const json_t *metadata);
/// RV_UNSUPPORTED where rv_metadata_of would not give the texts back.
rv_status rv_metadata_check(const rv_description *description, rv_error *error);
/// All but the rate; NULL without memory.
json_t *rv_metadata_of(const rv_description *description);
/// A whole rate as an integer, as other writers have it.
json_t *rv_metadata_rate(double rate);

/// The self-test vector, "input_batch" and "output_batch" at the top of a file. Writing returns
/// false without memory.
rv_status rv_probe_read(const rv_json_source *source, const json_t *root,
                        rv_description *description);
bool rv_probe_write(json_t *root, const rv_description *description);

/// Adds to a list of reasons in one line: "; " and the words, as far as there is room.
void rv_reason_add(rv_error *reasons, const char *format, ...) RV_PRINTF(2, 3);

/// Adds what only our own format holds: normalised and bidirectional layers, feedback.
void rv_reason_own(rv_error *reasons, const rv_description *description);

/// Names the knobs of a description "Knob 1" ..., from 0 to 1, in the middle. RV_UNSUPPORTED where
/// there are too many.
rv_status rv_knobs_default(const rv_json_source *source, int knobs, rv_description *description);

/// The object under a key, or NULL.
static inline const json_t *rv_json_object(const json_t *object, const char *key)
{
  const json_t *value = json_object_get(object, key);
  return json_is_object(value) ? value : NULL;
}

#endif
