// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// What a session keeps: which model is wanted, whether it could be loaded or not, and the model
/// itself where it is small enough.
///
/// Properties: stateVersion (atom:Int, RV_STATE_VERSION), model (atom:Path, through the host's
/// state:mapPath; absent where no model is wanted), and since version 2 modelHash (atom:String,
/// rv_hash of the file) and modelData (atom:Chunk: the bytes of a model file of RV_COPY_LIMIT at
/// most, played where the file is missing or broken). A newer version may add properties; what is
/// here keeps its meaning. A state with neither of the first two leaves the model as it is: that is
/// a preset of ports alone.

#ifndef RECURVE_PLUGIN_STATE_H
#define RECURVE_PLUGIN_STATE_H

#include "loader.h"
#include "uris.h"

#include <lv2/state/state.h>

#define RV_STATE_VERSION 2

/// Threading class of LV2_State_Interface::save: beside run().
LV2_State_Status rv_state_save(rv_loader *loader, const rv_uris *uris,
                               LV2_State_Store_Function store, LV2_State_Handle handle,
                               const LV2_Feature *const *features);

/// Thread-safe (state:threadSafeRestore): beside run(). With a worker:schedule feature of its own
/// the model is loaded there. Without one (Ardour, and hosts that have no worker) it is loaded
/// before this function returns, which is as safe, since run() takes a model over atomically.
LV2_State_Status rv_state_restore(rv_loader *loader, const rv_uris *uris,
                                  LV2_State_Retrieve_Function retrieve, LV2_State_Handle handle,
                                  const LV2_Feature *const *features);

#endif
