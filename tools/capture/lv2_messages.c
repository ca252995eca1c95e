// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "lv2_host_parts.h"

#include <lv2/atom/util.h>
#include <lv2/patch/patch.h>
#include <stdio.h>
#include <string.h>

#define OBJECT_SIZE (RV_PROPERTY_SIZE + 256)

void rv_host_messages_init(rv_host *host)
{
  rv_urids *urids = &host->urids;
  rv_host_uris *uris = &host->uris;
  uris->atom_Chunk = rv_urids_map(urids, LV2_ATOM__Chunk);
  uris->atom_Sequence = rv_urids_map(urids, LV2_ATOM__Sequence);
  uris->atom_Object = rv_urids_map(urids, LV2_ATOM__Object);
  uris->atom_Blank = rv_urids_map(urids, LV2_ATOM_PREFIX "Blank");
  uris->atom_Path = rv_urids_map(urids, LV2_ATOM__Path);
  uris->atom_String = rv_urids_map(urids, LV2_ATOM__String);
  uris->atom_URI = rv_urids_map(urids, LV2_ATOM__URI);
  uris->atom_URID = rv_urids_map(urids, LV2_ATOM__URID);
  uris->atom_Int = rv_urids_map(urids, LV2_ATOM__Int);
  uris->atom_Long = rv_urids_map(urids, LV2_ATOM__Long);
  uris->atom_Float = rv_urids_map(urids, LV2_ATOM__Float);
  uris->atom_Double = rv_urids_map(urids, LV2_ATOM__Double);
  uris->atom_Bool = rv_urids_map(urids, LV2_ATOM__Bool);
  uris->patch_Get = rv_urids_map(urids, LV2_PATCH__Get);
  uris->patch_Set = rv_urids_map(urids, LV2_PATCH__Set);
  uris->patch_Put = rv_urids_map(urids, LV2_PATCH__Put);
  uris->patch_property = rv_urids_map(urids, LV2_PATCH__property);
  uris->patch_value = rv_urids_map(urids, LV2_PATCH__value);
  uris->patch_body = rv_urids_map(urids, LV2_PATCH__body);
  lv2_atom_forge_init(&host->forge, &urids->map);
}

static void clear_input(rv_host *host, rv_port *port)
{
  port->events->atom.type = host->uris.atom_Sequence;
  port->events->atom.size = sizeof(LV2_Atom_Sequence_Body);
  port->events->body.unit = 0;
  port->events->body.pad = 0;
}

void rv_host_messages_before(rv_host *host)
{
  for (uint32_t i = 0; i < host->n_ports; i++) {
    rv_port *port = &host->ports[i];
    if (port->kind != RV_PORT_ATOM || port->input)
      continue;
    port->events->atom.type = host->uris.atom_Chunk;
    port->events->atom.size = RV_EVENTS_SIZE - sizeof(LV2_Atom);
  }
}

static void tell(rv_host *host, LV2_URID key, const LV2_Atom *value)
{
  const rv_host_uris *uris = &host->uris;
  int at = 0;
  while (at < host->n_properties && host->properties[at].key != key)
    at++;
  if (at == RV_MAX_PROPERTIES)
    return;
  rv_property *property = &host->properties[at];
  property->key = key;
  host->n_properties = at == host->n_properties ? at + 1 : host->n_properties;
  const void *body = LV2_ATOM_BODY_CONST(value);
  char *text = property->text;
  const size_t room = sizeof property->text;
  const LV2_URID type = value->type;
  if (type == uris->atom_Path || type == uris->atom_String || type == uris->atom_URI)
    (void)snprintf(text, room, "%.*s", (int)value->size, (const char *)body);
  else if (type == uris->atom_Float && value->size >= sizeof(float))
    (void)snprintf(text, room, "%.9g", (double)((const LV2_Atom_Float *)value)->body);
  else if (type == uris->atom_Double && value->size >= sizeof(double))
    (void)snprintf(text, room, "%.17g", ((const LV2_Atom_Double *)value)->body);
  else if ((type == uris->atom_Int || type == uris->atom_Bool) && value->size >= sizeof(int32_t))
    (void)snprintf(text, room, "%d", (int)((const LV2_Atom_Int *)value)->body);
  else if (type == uris->atom_Long && value->size >= sizeof(int64_t))
    (void)snprintf(text, room, "%lld", (long long)((const LV2_Atom_Long *)value)->body);
  else
    text[0] = 0;
}

static void read_object(rv_host *host, const LV2_Atom_Object *object)
{
  const rv_host_uris *uris = &host->uris;
  const LV2_Atom *property = NULL;
  const LV2_Atom *value = NULL;
  const LV2_Atom *body = NULL;
  (void)lv2_atom_object_get(object, uris->patch_property, &property, uris->patch_value, &value,
                            uris->patch_body, &body, 0);
  if (object->body.otype == uris->patch_Set && property && value &&
      property->type == uris->atom_URID) {
    tell(host, ((const LV2_Atom_URID *)property)->body, value);
  } else if (object->body.otype == uris->patch_Put && body &&
             lv2_atom_forge_is_object_type(&host->forge, body->type)) {
    LV2_ATOM_OBJECT_FOREACH((const LV2_Atom_Object *)body, entry)
    {
      tell(host, entry->key, &entry->value);
    }
  }
}

void rv_host_messages_after(rv_host *host)
{
  for (uint32_t i = 0; i < host->n_ports; i++) {
    rv_port *port = &host->ports[i];
    if (port->kind != RV_PORT_ATOM)
      continue;
    if (port->input) {
      clear_input(host, port);
    } else if (port->events->atom.type == host->uris.atom_Sequence) {
      LV2_ATOM_SEQUENCE_FOREACH(port->events, event)
      {
        if (lv2_atom_forge_is_object_type(&host->forge, event->body.type))
          read_object(host, (const LV2_Atom_Object *)&event->body);
      }
    }
  }
}

/// Appends the object that `forge` has built to what the next run delivers.
static rv_status send(rv_host *host, const LV2_Atom *object, rv_error *error)
{
  struct {
    LV2_Atom_Event event;
    unsigned char body[OBJECT_SIZE];
  } message = {.event = {.time = {0}, .body = {object->size, object->type}}};
  memcpy(message.body, LV2_ATOM_BODY_CONST(object), object->size);
  if (!lv2_atom_sequence_append_event(host->ports[host->control].events,
                                      RV_EVENTS_SIZE - sizeof(LV2_Atom), &message.event))
    return rv_fail(error, RV_NO_MEMORY, "too many messages before one run of the plugin");
  return RV_OK;
}

static rv_status no_messages(const rv_host *host, rv_error *error)
{
  return rv_fail(error, RV_UNSUPPORTED,
                 "the plugin %s takes no messages, and so has no properties to set",
                 lilv_node_as_uri(lilv_plugin_get_uri(host->plugin)));
}

rv_status rv_host_set_path(rv_host *host, const char *property, const char *path, rv_error *error)
{
  if (host->control == host->n_ports)
    return no_messages(host, error);
  const size_t length = strlen(path);
  if (length >= RV_PROPERTY_SIZE)
    return rv_fail(error, RV_BAD_ARGUMENT, "the path has more than %d bytes: %.60s...",
                   RV_PROPERTY_SIZE - 1, path);
  union {
    LV2_Atom atom;
    unsigned char bytes[OBJECT_SIZE];
  } buffer;
  LV2_Atom_Forge_Frame frame;
  LV2_Atom_Forge *forge = &host->forge;
  lv2_atom_forge_set_buffer(forge, buffer.bytes, sizeof buffer);
  (void)lv2_atom_forge_object(forge, &frame, 0, host->uris.patch_Set);
  (void)lv2_atom_forge_key(forge, host->uris.patch_property);
  (void)lv2_atom_forge_urid(forge, rv_urids_map(&host->urids, property));
  (void)lv2_atom_forge_key(forge, host->uris.patch_value);
  (void)lv2_atom_forge_path(forge, path, (uint32_t)length);
  lv2_atom_forge_pop(forge, &frame);
  return send(host, &buffer.atom, error);
}

rv_status rv_host_get_property(rv_host *host, const char *property, rv_error *error)
{
  if (host->control == host->n_ports)
    return no_messages(host, error);
  union {
    LV2_Atom atom;
    unsigned char bytes[256];
  } buffer;
  LV2_Atom_Forge_Frame frame;
  LV2_Atom_Forge *forge = &host->forge;
  lv2_atom_forge_set_buffer(forge, buffer.bytes, sizeof buffer);
  (void)lv2_atom_forge_object(forge, &frame, 0, host->uris.patch_Get);
  if (property) {
    (void)lv2_atom_forge_key(forge, host->uris.patch_property);
    (void)lv2_atom_forge_urid(forge, rv_urids_map(&host->urids, property));
  }
  lv2_atom_forge_pop(forge, &frame);
  return send(host, &buffer.atom, error);
}

const char *rv_host_property(const rv_host *host, const char *property)
{
  rv_urids *urids = (rv_urids *)&host->urids;
  const LV2_URID key = rv_urids_map(urids, property);
  for (int i = 0; i < host->n_properties; i++)
    if (host->properties[i].key == key)
      return host->properties[i].text;
  return NULL;
}
