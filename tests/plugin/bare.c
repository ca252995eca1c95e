// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "bare.h"

#include <dlfcn.h>
#include <lv2/atom/util.h>
#include <lv2/patch/patch.h>
#include <stdlib.h>
#include <string.h>

#define MAX_URIS 128

static char uris[MAX_URIS][128];
static atomic_uint n_uris;

LV2_URID rv_bare_urid(const char *uri)
{
  const unsigned count = atomic_load(&n_uris);
  for (unsigned i = 0; i < count; i++)
    if (!strcmp(uris[i], uri))
      return i + 1;
  if (count == MAX_URIS || strlen(uri) >= sizeof uris[0])
    abort();
  memcpy(uris[count], uri, strlen(uri) + 1);
  atomic_store(&n_uris, count + 1);
  return count + 1;
}

const char *rv_bare_uri(LV2_URID urid)
{
  return uris[urid - 1];
}

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char *uri)
{
  (void)handle;
  return rv_bare_urid(uri);
}

static LV2_Worker_Status schedule_work(LV2_Worker_Schedule_Handle handle, uint32_t size,
                                       const void *data)
{
  (void)size;
  (void)data;
  rv_bare *bare = handle;
  if (atomic_load(&bare->refusals) > 0) {
    atomic_fetch_sub(&bare->refusals, 1);
    return LV2_WORKER_ERR_NO_SPACE;
  }
  atomic_fetch_add(&bare->scheduled, 1);
  return LV2_WORKER_SUCCESS;
}

static void clear_events(rv_bare *bare)
{
  bare->control.sequence.atom.type = rv_bare_urid(LV2_ATOM__Sequence);
  bare->control.sequence.atom.size = sizeof(LV2_Atom_Sequence_Body);
  bare->control.sequence.body.unit = 0;
  bare->control.sequence.body.pad = 0;
}

void rv_bare_open(rv_bare *bare, int channels, double rate, bool worker)
{
  memset(bare, 0, sizeof *bare);
  bare->channels = channels;
  bare->ports[RV_PORT_ENABLED] = bare->ports[RV_PORT_EMBED] = 1.0F;
  bare->ports[RV_PORT_MIX] = 100.0F;
  bare->ports[RV_PORT_INPUT_LEVEL] = 12.0F;
  for (int k = 0; k < RV_MAX_KNOBS; k++)
    bare->ports[RV_PORT_KNOBS + k] = 0.5F;
  bare->capacity = RV_BARE_EVENTS - sizeof(LV2_Atom);
  bare->map = (LV2_URID_Map){NULL, map_uri};
  bare->schedule = (LV2_Worker_Schedule){bare, schedule_work};
  bare->library = dlopen(RECURVE_BUNDLE "/recurve.so", RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(bare->library != NULL, "%s", dlerror());
  LV2_Descriptor_Function entry = NULL;
  void *symbol = dlsym(bare->library, "lv2_descriptor");
  memcpy(&entry, &symbol, sizeof entry);
  bare->descriptor = entry(channels == 2 ? 1 : 0);
  ck_assert_ptr_null(entry(2));
  const LV2_Feature map = {LV2_URID__map, &bare->map};
  const LV2_Feature schedule = {LV2_WORKER__schedule, &bare->schedule};
  const LV2_Feature *features[3] = {&map, worker ? &schedule : NULL, NULL};
  bare->handle = bare->descriptor->instantiate(bare->descriptor, rate, RECURVE_BUNDLE, features);
  if (!bare->handle)
    return;
  bare->worker = bare->descriptor->extension_data(LV2_WORKER__interface);
  bare->state = bare->descriptor->extension_data(LV2_STATE__interface);
  lv2_atom_forge_init(&bare->forge, &bare->map);
  clear_events(bare);
  (void)rv_bare_urid(LV2_ATOM__Chunk);
  const uint32_t first = 2 + 2 * (uint32_t)channels;
  bare->descriptor->connect_port(bare->handle, 0, &bare->control);
  bare->descriptor->connect_port(bare->handle, 1, &bare->notify);
  for (uint32_t i = 0; i < RV_CONTROL_PORTS; i++)
    bare->descriptor->connect_port(bare->handle, first + i, &bare->ports[i]);
  bare->descriptor->activate(bare->handle);
}

void rv_bare_close(rv_bare *bare)
{
  if (bare->handle)
    bare->descriptor->cleanup(bare->handle);
  (void)dlclose(bare->library);
}

void rv_bare_send(rv_bare *bare, const LV2_Atom *atom)
{
  union {
    LV2_Atom_Event event;
    unsigned char bytes[RV_BARE_EVENTS];
  } buffer;
  if (atom->size + sizeof buffer.event >= sizeof buffer)
    abort(); // Check's own assertions make system calls
  memset(&buffer.event, 0, sizeof buffer.event);
  memcpy(&buffer.event.body, atom, sizeof *atom + atom->size);
  if (!lv2_atom_sequence_append_event(&bare->control.sequence, RV_BARE_EVENTS - sizeof(LV2_Atom),
                                      &buffer.event))
    abort();
}

void rv_bare_set_model(rv_bare *bare, const char *path)
{
  union {
    LV2_Atom atom;
    unsigned char bytes[RV_BARE_EVENTS];
  } buffer;
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_set_buffer(&bare->forge, buffer.bytes, sizeof buffer);
  (void)lv2_atom_forge_object(&bare->forge, &frame, 0, rv_bare_urid(LV2_PATCH__Set));
  (void)lv2_atom_forge_key(&bare->forge, rv_bare_urid(LV2_PATCH__property));
  (void)lv2_atom_forge_urid(&bare->forge, rv_bare_urid("urn:recurve:amp#model"));
  (void)lv2_atom_forge_key(&bare->forge, rv_bare_urid(LV2_PATCH__value));
  (void)lv2_atom_forge_path(&bare->forge, path, (uint32_t)strlen(path));
  lv2_atom_forge_pop(&bare->forge, &frame);
  rv_bare_send(bare, &buffer.atom);
}

void rv_bare_run(rv_bare *bare, const float *const *in, float *const *out, uint32_t frames)
{
  const uint32_t channels = (uint32_t)bare->channels;
  for (uint32_t c = 0; c < channels; c++) {
    bare->descriptor->connect_port(bare->handle, 2 + c, (void *)in[c]);
    bare->descriptor->connect_port(bare->handle, 2 + channels + c, out[c]);
  }
  bare->notify.sequence.atom.type = rv_bare_urid(LV2_ATOM__Chunk);
  bare->notify.sequence.atom.size = bare->capacity;
  bare->descriptor->run(bare->handle, frames);
  clear_events(bare);
}

bool rv_bare_work(rv_bare *bare)
{
  if (!atomic_load(&bare->scheduled))
    return false;
  atomic_fetch_sub(&bare->scheduled, 1);
  ck_assert_int_eq(bare->worker->work(bare->handle, NULL, NULL, 0, NULL), LV2_WORKER_SUCCESS);
  return true;
}

const char *rv_bare_told(rv_bare *bare, const char *property)
{
  const LV2_URID wanted = rv_bare_urid(property);
  const char *text = NULL;
  LV2_ATOM_SEQUENCE_FOREACH(&bare->notify.sequence, event)
  {
    const LV2_Atom *key = NULL;
    const LV2_Atom *value = NULL;
    (void)lv2_atom_object_get((const LV2_Atom_Object *)&event->body,
                              rv_bare_urid(LV2_PATCH__property), &key,
                              rv_bare_urid(LV2_PATCH__value), &value, 0);
    if (key && value && ((const LV2_Atom_URID *)key)->body == wanted)
      text = LV2_ATOM_BODY_CONST(value);
  }
  return text;
}
