// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "messages.h"

#include <lv2/atom/atom.h>
#include <lv2/atom/util.h>
#include <lv2/patch/patch.h>
#include <math.h>
#include <string.h>

enum { OWE_MODEL = 1, OWE_NAME = 2, OWE_RATE = 4, OWE_ESR = 8, OWE_STATUS = 16, OWE_ALL = 31 };

/// Bytes of an event, its object and three properties, without the value: an upper bound.
#define MESSAGE_SIZE 128

void rv_uris_map(rv_uris *uris, LV2_URID_Map *map)
{
  uris->atom_Float = map->map(map->handle, LV2_ATOM__Float);
  uris->atom_Int = map->map(map->handle, LV2_ATOM__Int);
  uris->atom_Path = map->map(map->handle, LV2_ATOM__Path);
  uris->atom_String = map->map(map->handle, LV2_ATOM__String);
  uris->atom_URI = map->map(map->handle, LV2_ATOM__URI);
  uris->atom_URID = map->map(map->handle, LV2_ATOM__URID);
  uris->patch_Get = map->map(map->handle, LV2_PATCH__Get);
  uris->patch_Set = map->map(map->handle, LV2_PATCH__Set);
  uris->patch_property = map->map(map->handle, LV2_PATCH__property);
  uris->patch_value = map->map(map->handle, LV2_PATCH__value);
  uris->model = map->map(map->handle, RV_URI_MODEL);
  uris->status = map->map(map->handle, RV_URI_STATUS);
  uris->model_name = map->map(map->handle, RV_URI_MODEL_NAME);
  uris->model_rate = map->map(map->handle, RV_URI_MODEL_RATE);
  uris->model_esr = map->map(map->handle, RV_URI_MODEL_ESR);
  uris->state_version = map->map(map->handle, RV_URI_STATE_VERSION);
}

void rv_messages_init(rv_messages *messages, LV2_URID_Map *map)
{
  rv_uris_map(&messages->uris, map);
  lv2_atom_forge_init(&messages->forge, map);
  messages->owed = 0;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Undoes the percent encoding of a URI in place.
static void percent_decode(char *text)
{
  char *to = text;
  for (const char *from = text; *from; from++) {
    const int high = *from == '%' ? hex_digit(from[1]) : -1;
    const int low = high >= 0 ? hex_digit(from[2]) : -1;
    if (low >= 0 && high + low > 0) {
      *to++ = (char)(high * 16 + low);
      from += 2;
    } else {
      *to++ = *from;
    }
  }
  *to = 0;
}

bool rv_messages_path(const rv_uris *uris, LV2_URID type, uint32_t size, const void *body,
                      char path[RV_PATH_SIZE])
{
  if (type != uris->atom_Path && type != uris->atom_String && type != uris->atom_URI)
    return false;
  const char *text = body;
  size_t length = text ? strnlen(text, size) : 0;
  const bool encoded = length >= 7 && !strncmp(text, "file://", 7);
  if (encoded) {
    const char *root = memchr(text + 7, '/', length - 7);
    if (!root)
      return false;
    length -= (size_t)(root - text);
    text = root;
  }
  if (length >= RV_PATH_SIZE)
    return false;
  if (length)
    memcpy(path, text, length);
  path[length] = 0;
  if (encoded)
    percent_decode(path);
  return true;
}

static unsigned owed_for(const rv_uris *uris, LV2_URID property)
{
  if (!property)
    return OWE_ALL;
  return (property == uris->model ? OWE_MODEL : 0U) | (property == uris->status ? OWE_STATUS : 0U) |
         (property == uris->model_name ? OWE_NAME : 0U) |
         (property == uris->model_rate ? OWE_RATE : 0U) |
         (property == uris->model_esr ? OWE_ESR : 0U);
}

static void read_object(rv_messages *messages, const LV2_Atom_Object *object, rv_loader *loader)
{
  const rv_uris *uris = &messages->uris;
  const LV2_Atom *property = NULL;
  const LV2_Atom *value = NULL;
  (void)lv2_atom_object_get(object, uris->patch_property, &property, uris->patch_value, &value, 0);
  LV2_URID key = 0;
  if (property && property->type == uris->atom_URID && property->size >= sizeof key)
    key = ((const LV2_Atom_URID *)property)->body;
  if (object->body.otype == uris->patch_Get) {
    messages->owed |= owed_for(uris, key);
  } else if (object->body.otype == uris->patch_Set && key == uris->model && value) {
    if (rv_messages_path(uris, value->type, value->size, LV2_ATOM_BODY_CONST(value),
                         messages->path)) {
      rv_boundary_ask(&loader->boundary, RV_ASKER_RUN, messages->path);
      messages->owed |= OWE_MODEL;
    } else {
      rv_loader_set_status(loader, "the model was asked for by something that is not a path, or by "
                                   "a path that is too long");
      messages->owed |= OWE_STATUS;
    }
  }
}

void rv_messages_read(rv_messages *messages, const LV2_Atom_Sequence *control, rv_loader *loader)
{
  if (!control)
    return;
  LV2_ATOM_SEQUENCE_FOREACH(control, event)
  {
    if (lv2_atom_forge_is_object_type(&messages->forge, event->body.type) &&
        event->body.size >= sizeof(LV2_Atom_Object_Body))
      read_object(messages, (const LV2_Atom_Object *)&event->body, loader);
  }
}

void rv_messages_changed(rv_messages *messages, unsigned changes)
{
  if (changes & RV_CHANGE_STATUS)
    messages->owed |= OWE_STATUS | OWE_MODEL;
  if (changes & RV_CHANGE_MODEL)
    messages->owed |= OWE_ALL;
}

/// Begins a patch:Set up to its value; false where `size` more bytes of value would not fit.
static bool begin(rv_messages *messages, LV2_Atom_Forge_Frame *frame, LV2_URID property,
                  size_t size)
{
  LV2_Atom_Forge *forge = &messages->forge;
  if (forge->size - forge->offset < MESSAGE_SIZE + size)
    return false;
  (void)lv2_atom_forge_frame_time(forge, 0);
  (void)lv2_atom_forge_object(forge, frame, 0, messages->uris.patch_Set);
  (void)lv2_atom_forge_key(forge, messages->uris.patch_property);
  (void)lv2_atom_forge_urid(forge, property);
  (void)lv2_atom_forge_key(forge, messages->uris.patch_value);
  return true;
}

static void tell_text(rv_messages *messages, unsigned bit, LV2_URID property, const char *text)
{
  LV2_Atom_Forge_Frame frame;
  const size_t length = strlen(text);
  if (!(messages->owed & bit) || !begin(messages, &frame, property, length + 1))
    return;
  if (bit == OWE_MODEL)
    (void)lv2_atom_forge_path(&messages->forge, text, (uint32_t)length);
  else
    (void)lv2_atom_forge_string(&messages->forge, text, (uint32_t)length);
  lv2_atom_forge_pop(&messages->forge, &frame);
  messages->owed &= ~bit;
}

static void tell_number(rv_messages *messages, unsigned bit, LV2_URID property, double value)
{
  LV2_Atom_Forge_Frame frame;
  if (!(messages->owed & bit) || !begin(messages, &frame, property, sizeof(float)))
    return;
  (void)lv2_atom_forge_float(&messages->forge, isfinite(value) ? (float)value : 0.0F);
  lv2_atom_forge_pop(&messages->forge, &frame);
  messages->owed &= ~bit;
}

void rv_messages_write(rv_messages *messages, LV2_Atom_Sequence *notify, rv_loader *loader)
{
  if (!notify)
    return;
  const uint32_t capacity = notify->atom.size;
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_set_buffer(&messages->forge, (uint8_t *)notify, capacity);
  if (!lv2_atom_forge_sequence_head(&messages->forge, &frame, 0))
    return;
  const rv_uris *uris = &messages->uris;
  const rv_load *model = loader->playing;
  unsigned serial = 0;
  if ((messages->owed & OWE_MODEL) && rv_boundary_read(&loader->boundary, messages->path, &serial))
    tell_text(messages, OWE_MODEL, uris->model, messages->path);
  tell_text(messages, OWE_NAME, uris->model_name, model ? model->name : "");
  tell_number(messages, OWE_RATE, uris->model_rate, model ? model->rate : 0.0);
  tell_number(messages, OWE_ESR, uris->model_esr, model ? model->esr : 0.0);
  tell_text(messages, OWE_STATUS, uris->status, loader->status);
  lv2_atom_forge_pop(&messages->forge, &frame);
}
