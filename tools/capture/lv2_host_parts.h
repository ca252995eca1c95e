// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the files of the LV2 host share.

#ifndef RECURVE_CAPTURE_LV2_HOST_PARTS_H
#define RECURVE_CAPTURE_LV2_HOST_PARTS_H

#include "lv2_host.h"
#include "lv2_worker.h"

#include <lilv/lilv.h>
#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/options/options.h>

/// Bytes of an atom port's buffer.
#define RV_EVENTS_SIZE 65536

#define RV_MAX_PROPERTIES 64
#define RV_PROPERTY_SIZE  4096

typedef enum rv_port_kind {
  RV_PORT_OTHER,
  RV_PORT_AUDIO,
  RV_PORT_CONTROL,
  RV_PORT_ATOM
} rv_port_kind;

typedef struct rv_port {
  rv_port_kind kind;
  bool input;
  const char *symbol;
  float value, minimum, maximum, initial;
  bool whole;                ///< integer, enumeration or switch
  LV2_Atom_Sequence *events; ///< RV_EVENTS_SIZE bytes, atom ports only
  float *silence;            ///< [max_block], ports of other kinds only
} rv_port;

typedef struct rv_property {
  LV2_URID key;
  char text[RV_PROPERTY_SIZE];
} rv_property;

typedef struct rv_host_uris {
  LV2_URID atom_Chunk, atom_Sequence, atom_Object, atom_Blank, atom_Path, atom_String, atom_URI;
  LV2_URID atom_URID, atom_Int, atom_Long, atom_Float, atom_Double, atom_Bool;
  LV2_URID patch_Get, patch_Set, patch_Put, patch_property, patch_value, patch_body;
} rv_host_uris;

struct rv_host {
  LilvWorld *world;
  const LilvPlugin *plugin;
  LilvInstance *instance;
  double rate;
  size_t max_block;
  bool active;
  bool plain_restore;

  rv_urids urids;
  rv_log log;
  rv_worker worker;
  rv_host_uris uris;
  int32_t minimum_frames, maximum_frames, events_size;
  float option_rate;
  LV2_Options_Option options[6];
  LV2_Feature features[10];
  const LV2_Feature *feature_list[11];
  int n_features;

  uint32_t n_ports;
  rv_port *ports;
  int n_inputs, n_outputs;
  uint32_t inputs[RV_HOST_MAX_CHANNELS], outputs[RV_HOST_MAX_CHANNELS];
  uint32_t control, notify, latency; ///< port indices; n_ports: none

  LV2_Atom_Forge forge;
  int n_properties;
  rv_property *properties; ///< [RV_MAX_PROPERTIES]
};

/// Ports with their defaults, and buffers for all but the audio. Setup only.
rv_status rv_host_ports_make(rv_host *host, rv_error *error);
void rv_host_ports_connect(rv_host *host);

/// A control port, or NULL.
rv_port *rv_host_port(const rv_host *host, const char *symbol);

/// Maps what lv2_messages.c uses. Setup only.
void rv_host_messages_init(rv_host *host);

/// Empties the event buffers for the next run, but for what is to be sent; takes in what the plugin
/// has told. Around each run(), audio thread.
void rv_host_messages_before(rv_host *host);
void rv_host_messages_after(rv_host *host);

#endif
