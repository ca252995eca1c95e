// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The plugin's own URIs, as ttl/ has them, and the numbers of all URIs in use.

#ifndef RECURVE_PLUGIN_URIS_H
#define RECURVE_PLUGIN_URIS_H

#include <lv2/urid/urid.h>
#include <stdbool.h>

#define RV_URI_AMP        "urn:recurve:amp"
#define RV_URI_AMP_STEREO "urn:recurve:amp-stereo"
#define RV_URI(name)      "urn:recurve:amp#" name

/// What the plugin tells: the model is also set by the host, all others are read only.
typedef enum rv_property {
  RV_PROPERTY_MODEL,
  RV_PROPERTY_STATUS,
  RV_PROPERTY_NAME,
  RV_PROPERTY_AUTHOR,
  RV_PROPERTY_GEAR,
  RV_PROPERTY_RATE,
  RV_PROPERTY_RATE_NOTE,
  RV_PROPERTY_ESR,
  RV_PROPERTY_KNOBS, ///< from here on, for each knob: name, minimum, maximum, initial value
  RV_PROPERTIES = RV_PROPERTY_KNOBS + 4 * 4
} rv_property;

typedef struct rv_uris {
  LV2_URID atom_Chunk, atom_Float, atom_Int, atom_Path, atom_String, atom_URI, atom_URID;
  LV2_URID patch_Get, patch_Set, patch_property, patch_value;
  LV2_URID state_StateChanged;
  LV2_URID state_version, model_hash, model_data;
  LV2_URID properties[RV_PROPERTIES];
} rv_uris;

/// Setup only.
void rv_uris_map(rv_uris *uris, LV2_URID_Map *map);

/// The property of a number; RV_PROPERTIES where it is none of ours. Any thread.
rv_property rv_uris_property(const rv_uris *uris, LV2_URID urid);

#endif
