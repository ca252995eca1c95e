// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The plugin's own URIs, as ttl/ has them, and the numbers of all URIs in use.

#ifndef RECURVE_PLUGIN_URIS_H
#define RECURVE_PLUGIN_URIS_H

#include <lv2/urid/urid.h>

#define RV_URI_AMP           "urn:recurve:amp"
#define RV_URI_AMP_STEREO    "urn:recurve:amp-stereo"
#define RV_URI_MODEL         "urn:recurve:amp#model"
#define RV_URI_STATUS        "urn:recurve:amp#status"
#define RV_URI_MODEL_NAME    "urn:recurve:amp#modelName"
#define RV_URI_MODEL_RATE    "urn:recurve:amp#modelRate"
#define RV_URI_MODEL_ESR     "urn:recurve:amp#modelEsr"
#define RV_URI_STATE_VERSION "urn:recurve:amp#stateVersion"

typedef struct rv_uris {
  LV2_URID atom_Float, atom_Int, atom_Path, atom_String, atom_URI, atom_URID;
  LV2_URID patch_Get, patch_Set, patch_property, patch_value;
  LV2_URID model, status, model_name, model_rate, model_esr, state_version;
} rv_uris;

/// Setup only.
void rv_uris_map(rv_uris *uris, LV2_URID_Map *map);

#endif
