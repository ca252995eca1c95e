// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What the host's messages ask for, and what the plugin tells: patch:Set and patch:Get in,
/// patch:Set out. Audio thread, but for rv_messages_init.

#ifndef RECURVE_PLUGIN_MESSAGES_H
#define RECURVE_PLUGIN_MESSAGES_H

#include "loader.h"
#include "uris.h"

#include <lv2/atom/forge.h>

typedef struct rv_messages {
  rv_uris uris;
  LV2_Atom_Forge forge;
  uint32_t owed; ///< one bit for each rv_property that is to be told, and OWE_CHANGED
  int knobs;     ///< of the model that was told last
  char path[RV_PATH_SIZE];
} rv_messages;

/// Setup only.
void rv_messages_init(rv_messages *messages, LV2_URID_Map *map);

/// Reads the control port (NULL: not connected): a model that is set goes to the loader.
void rv_messages_read(rv_messages *messages, const LV2_Atom_Sequence *control, rv_loader *loader);

/// The changes (rv_change) are to be told; of knobs, those that this model or the last one has,
/// since hosts may print what they do not show (Ardour does, in its audio thread).
void rv_messages_changed(rv_messages *messages, unsigned changes, const rv_loader *loader);

/// Writes what is owed to the notify port (NULL: not connected), as far as there is room; the rest
/// waits for the next call.
void rv_messages_write(rv_messages *messages, LV2_Atom_Sequence *notify, rv_loader *loader);

/// The path in an atom of type Path, String or URI (file:), with its final zero, in `path`; false
/// where there is none that fits. `size` bytes at `body`. Any thread.
bool rv_messages_path(const rv_uris *uris, LV2_URID type, uint32_t size, const void *body,
                      char path[RV_PATH_SIZE]);

#endif
