// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "messages.h"

#include <lv2/atom/atom.h>
#include <lv2/patch/patch.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define OWE(property) (UINT32_C(1) << (property))
#define OWE_CHANGED   UINT32_C(0x80000000) // that the state has changed
#define OWE_ALL       (OWE(RV_PROPERTIES) - 1)

/// Bytes of an event, its object and three properties, without the value: an upper bound.
#define MESSAGE_SIZE 128

_Static_assert(sizeof(LV2_Atom_Event) == sizeof(LV2_Atom_Property_Body) &&
                   offsetof(LV2_Atom_Event, body) == offsetof(LV2_Atom_Property_Body, value),
               "events and properties are records of one form");
_Static_assert(RV_PROPERTIES == RV_PROPERTY_KNOBS + 4 * RV_MAX_KNOBS && RV_PROPERTIES < 31,
               "four properties for each knob, and a bit for each property");

void rv_messages_init(rv_messages *messages, LV2_URID_Map *map)
{
  rv_uris_map(&messages->uris, map);
  lv2_atom_forge_init(&messages->forge, map);
  messages->owed = 0;
  messages->knobs = 0;
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

/// The next record from *at on, where `left` bytes are left: the events of a sequence and the
/// properties of an object are eight bytes and an atom each, padded to eight. NULL where none is
/// left that lies within them: sizes may say anything, and the functions of the LV2 headers go
/// around in circles at 2^32 − 1.
static const unsigned char *next_record(const unsigned char **at, size_t *left)
{
  const unsigned char *record = *at;
  const size_t head = sizeof(LV2_Atom_Event);
  if (*left < head)
    return NULL;
  const size_t size = ((const LV2_Atom_Event *)record)->body.size;
  if (size > *left - head)
    return NULL;
  const size_t padded = head + (size + 7) / 8 * 8;
  const size_t step = padded < *left ? padded : *left;
  *at += step;
  *left -= step;
  return record;
}

static void read_object(rv_messages *messages, const LV2_Atom_Object *object, rv_loader *loader)
{
  const rv_uris *uris = &messages->uris;
  const LV2_Atom *property = NULL;
  const LV2_Atom *value = NULL;
  const unsigned char *at = (const unsigned char *)(object + 1);
  size_t left = object->atom.size - sizeof object->body;
  for (const unsigned char *record; (record = next_record(&at, &left));) {
    const LV2_Atom_Property_Body *entry = (const LV2_Atom_Property_Body *)record;
    if (!property && entry->key == uris->patch_property)
      property = &entry->value;
    else if (!value && entry->key == uris->patch_value)
      value = &entry->value;
  }
  LV2_URID key = 0;
  if (property && property->type == uris->atom_URID && property->size >= sizeof key)
    key = ((const LV2_Atom_URID *)property)->body;
  const rv_property which = rv_uris_property(uris, key);
  if (object->body.otype == uris->patch_Get) {
    messages->owed |= key ? OWE(which) & OWE_ALL : OWE_ALL;
  } else if (object->body.otype == uris->patch_Set && which == RV_PROPERTY_MODEL && value) {
    if (rv_messages_path(uris, value->type, value->size, LV2_ATOM_BODY_CONST(value),
                         messages->path)) {
      rv_boundary_ask(&loader->boundary, RV_ASKER_RUN, messages->path);
      messages->owed |= OWE(RV_PROPERTY_MODEL) | OWE_CHANGED;
    } else {
      rv_loader_set_status(loader, "the model was asked for by something that is not a path, or by "
                                   "a path that is too long");
      messages->owed |= OWE(RV_PROPERTY_STATUS);
    }
  }
}

void rv_messages_read(rv_messages *messages, const LV2_Atom_Sequence *control, rv_loader *loader)
{
  if (!control || control->atom.size < sizeof control->body)
    return;
  const unsigned char *at = (const unsigned char *)(control + 1);
  size_t left = control->atom.size - sizeof control->body;
  for (const unsigned char *record; (record = next_record(&at, &left));) {
    const LV2_Atom *body = &((const LV2_Atom_Event *)record)->body;
    if (lv2_atom_forge_is_object_type(&messages->forge, body->type) &&
        body->size >= sizeof(LV2_Atom_Object_Body))
      read_object(messages, (const LV2_Atom_Object *)body, loader);
  }
}

static int knobs_of(const rv_load *model)
{
  return model && model->network ? rv_network_knobs(model->network) : 0;
}

void rv_messages_changed(rv_messages *messages, unsigned changes, const rv_loader *loader)
{
  if (changes & RV_CHANGE_STATUS)
    messages->owed |= OWE(RV_PROPERTY_STATUS) | OWE(RV_PROPERTY_MODEL);
  if (changes & RV_CHANGE_MODEL) {
    const int now = knobs_of(loader->playing);
    const int most = now > messages->knobs ? now : messages->knobs;
    messages->owed |= OWE(RV_PROPERTY_KNOBS + 4 * (most < RV_MAX_KNOBS ? most : RV_MAX_KNOBS)) - 1;
    messages->knobs = now;
  }
  if (changes & RV_CHANGE_STATE)
    messages->owed |= OWE_CHANGED;
}

/// Begins a patch:Set up to its value; false where `size` more bytes of value would not fit.
static bool begin(rv_messages *messages, LV2_Atom_Forge_Frame *frame, rv_property property,
                  size_t size)
{
  LV2_Atom_Forge *forge = &messages->forge;
  if (forge->size - forge->offset < MESSAGE_SIZE + size)
    return false;
  (void)lv2_atom_forge_frame_time(forge, 0);
  (void)lv2_atom_forge_object(forge, frame, 0, messages->uris.patch_Set);
  (void)lv2_atom_forge_key(forge, messages->uris.patch_property);
  (void)lv2_atom_forge_urid(forge, messages->uris.properties[property]);
  (void)lv2_atom_forge_key(forge, messages->uris.patch_value);
  return true;
}

static void tell_text(rv_messages *messages, rv_property property, const char *text)
{
  LV2_Atom_Forge_Frame frame;
  const size_t length = strlen(text);
  if (!begin(messages, &frame, property, length + 1))
    return;
  if (property == RV_PROPERTY_MODEL)
    (void)lv2_atom_forge_path(&messages->forge, text, (uint32_t)length);
  else
    (void)lv2_atom_forge_string(&messages->forge, text, (uint32_t)length);
  lv2_atom_forge_pop(&messages->forge, &frame);
  messages->owed &= ~OWE(property);
}

static void tell_number(rv_messages *messages, rv_property property, double value)
{
  LV2_Atom_Forge_Frame frame;
  if (!begin(messages, &frame, property, sizeof(float)))
    return;
  (void)lv2_atom_forge_float(&messages->forge, isfinite(value) ? (float)value : 0.0F);
  lv2_atom_forge_pop(&messages->forge, &frame);
  messages->owed &= ~OWE(property);
}

static void tell_knob(rv_messages *messages, rv_property property, const rv_load *model)
{
  static const rv_knob none = {.name = ""};
  const int at = (int)property - (int)RV_PROPERTY_KNOBS;
  const bool there = at / 4 < knobs_of(model);
  const rv_knob *knob = there ? rv_network_knob(model->network, at / 4) : &none;
  const float numbers[4] = {0.0F, knob->minimum, knob->maximum, knob->initial};
  if (at % 4)
    tell_number(messages, property, (double)numbers[at % 4]);
  else
    tell_text(messages, property, knob->name);
}

static void tell(rv_messages *messages, rv_property property, rv_loader *loader)
{
  const rv_load *model = loader->playing;
  unsigned serial = 0;
  switch (property) {
  case RV_PROPERTY_MODEL:
    if (rv_boundary_read(&loader->boundary, messages->path, &serial))
      tell_text(messages, property, messages->path);
    break;
  case RV_PROPERTY_STATUS:
    tell_text(messages, property, loader->status);
    break;
  case RV_PROPERTY_NAME:
    tell_text(messages, property, model ? model->name : "");
    break;
  case RV_PROPERTY_AUTHOR:
    tell_text(messages, property, model ? model->author : "");
    break;
  case RV_PROPERTY_GEAR:
    tell_text(messages, property, model ? model->gear : "");
    break;
  case RV_PROPERTY_RATE:
    tell_number(messages, property, model ? model->rate : 0.0);
    break;
  case RV_PROPERTY_RATE_NOTE:
    tell_text(messages, property, model ? model->rate_note : "");
    break;
  case RV_PROPERTY_ESR:
    tell_number(messages, property, model ? model->esr : 0.0);
    break;
  default:
    tell_knob(messages, property, model);
    break;
  }
}

static void tell_of_change(rv_messages *messages)
{
  LV2_Atom_Forge *forge = &messages->forge;
  LV2_Atom_Forge_Frame frame;
  if (forge->size - forge->offset < MESSAGE_SIZE)
    return;
  (void)lv2_atom_forge_frame_time(forge, 0);
  (void)lv2_atom_forge_object(forge, &frame, 0, messages->uris.state_StateChanged);
  lv2_atom_forge_pop(forge, &frame);
  messages->owed &= ~OWE_CHANGED;
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
  if (messages->owed & OWE_CHANGED)
    tell_of_change(messages);
  for (int property = 0; messages->owed & OWE_ALL && property < RV_PROPERTIES; property++)
    if (messages->owed & OWE(property))
      tell(messages, (rv_property)property, loader);
  lv2_atom_forge_pop(&messages->forge, &frame);
}
