// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "uris.h"

#include <lv2/atom/atom.h>
#include <lv2/patch/patch.h>
#include <lv2/state/state.h>
#include <stddef.h>

static const char *const properties[RV_PROPERTIES] = {
    RV_URI("model"),     RV_URI("status"),       RV_URI("modelName"),    RV_URI("modelAuthor"),
    RV_URI("modelGear"), RV_URI("modelRate"),    RV_URI("rateNote"),     RV_URI("modelEsr"),
    RV_URI("knob1Name"), RV_URI("knob1Minimum"), RV_URI("knob1Maximum"), RV_URI("knob1Initial"),
    RV_URI("knob2Name"), RV_URI("knob2Minimum"), RV_URI("knob2Maximum"), RV_URI("knob2Initial"),
    RV_URI("knob3Name"), RV_URI("knob3Minimum"), RV_URI("knob3Maximum"), RV_URI("knob3Initial"),
    RV_URI("knob4Name"), RV_URI("knob4Minimum"), RV_URI("knob4Maximum"), RV_URI("knob4Initial"),
};

void rv_uris_map(rv_uris *uris, LV2_URID_Map *map)
{
  const struct {
    const char *uri;
    LV2_URID *urid;
  } all[] = {
      {LV2_ATOM__Chunk, &uris->atom_Chunk},
      {LV2_ATOM__Float, &uris->atom_Float},
      {LV2_ATOM__Int, &uris->atom_Int},
      {LV2_ATOM__Path, &uris->atom_Path},
      {LV2_ATOM__String, &uris->atom_String},
      {LV2_ATOM__URI, &uris->atom_URI},
      {LV2_ATOM__URID, &uris->atom_URID},
      {LV2_PATCH__Get, &uris->patch_Get},
      {LV2_PATCH__Set, &uris->patch_Set},
      {LV2_PATCH__property, &uris->patch_property},
      {LV2_PATCH__value, &uris->patch_value},
      {LV2_STATE__StateChanged, &uris->state_StateChanged},
      {RV_URI("stateVersion"), &uris->state_version},
      {RV_URI("modelHash"), &uris->model_hash},
      {RV_URI("modelData"), &uris->model_data},
  };
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    *all[i].urid = map->map(map->handle, all[i].uri);
  for (int i = 0; i < RV_PROPERTIES; i++)
    uris->properties[i] = map->map(map->handle, properties[i]);
}

rv_property rv_uris_property(const rv_uris *uris, LV2_URID urid)
{
  int found = 0;
  while (found < RV_PROPERTIES && uris->properties[found] != urid)
    found++;
  return (rv_property)found;
}
