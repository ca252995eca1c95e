// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Any bytes as what a host sends to the plugin. The first byte chooses: the body of an event, with
/// URIDs that are known; the values of a state; the values of the control ports. The output stays
/// finite, and the instance can be saved and freed.

#include "fuzz.h"
#include "ports.h"
#include "uris.h"

#include <lv2/atom/forge.h>
#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <lv2/state/state.h>
#include <lv2/worker/worker.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 64
#define URIDS  128
#define EVENTS 4096

static char *uris[URIDS];

static LV2_URID map_uri(LV2_URID_Map_Handle handle, const char *uri)
{
  (void)handle;
  for (LV2_URID i = 0; i < URIDS; i++) {
    if (!uris[i])
      uris[i] = strdup(uri);
    if (!uris[i] || !strcmp(uris[i], uri))
      return i + 1;
  }
  return 0;
}

typedef struct values {
  const uint8_t *bytes;
  size_t size;
} values;

/// Each key has the rest of the bytes, with a type and a size that the bytes say.
static const void *retrieve(LV2_State_Handle handle, uint32_t key, size_t *size, uint32_t *type,
                            uint32_t *flags)
{
  values *left = handle;
  (void)key;
  if (left->size < 3)
    return NULL;
  const size_t said = left->bytes[1];
  const uint8_t *value = left->bytes + 2;
  *type = left->bytes[0];
  *flags = LV2_STATE_IS_POD;
  left->bytes += 2;
  left->size -= 2;
  *size = said < left->size ? said : left->size;
  left->bytes += *size;
  left->size -= *size;
  return value;
}

static LV2_State_Status store(LV2_State_Handle handle, uint32_t key, const void *value, size_t size,
                              uint32_t type, uint32_t flags)
{
  (void)handle;
  (void)flags;
  if (!key || !type || (size && !value))
    abort();
  return LV2_STATE_SUCCESS;
}

static int log_text(LV2_Log_Handle handle, LV2_URID type, const char *format, ...)
{
  (void)handle;
  (void)type;
  return (int)strlen(format);
}

static int log_line(LV2_Log_Handle handle, LV2_URID type, const char *format, va_list arguments)
{
  (void)arguments;
  return log_text(handle, type, format);
}

static union {
  uint64_t alignment;
  LV2_Atom_Sequence sequence;
  uint8_t bytes[EVENTS];
} control, notify;

/// One event whose type and body are anybody's.
static void send(const uint8_t *bytes, size_t size)
{
  const size_t most = EVENTS - sizeof(LV2_Atom_Sequence) - sizeof(LV2_Atom_Event) - 8;
  const size_t length = size < most ? size : most;
  LV2_Atom_Event *event = (LV2_Atom_Event *)(control.bytes + sizeof(LV2_Atom_Sequence));
  memset(&control, 0, sizeof control);
  event->body.size = (uint32_t)length;
  event->body.type = length && bytes[0] < 0xF0 ? map_uri(NULL, LV2_ATOM__Object) : 1;
  if (length)
    memcpy(event + 1, bytes, length);
  control.sequence.atom.size =
      (uint32_t)(sizeof(LV2_Atom_Sequence_Body) + sizeof *event + ((length + 7) & ~(size_t)7));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  static float in[2][FRAMES];
  static float out[2][FRAMES];
  float ports[RV_CONTROL_PORTS] = {0.0F};
  LV2_URID_Map map = {NULL, map_uri};
  const LV2_Feature feature = {LV2_URID__map, &map};
  LV2_Log_Log log = {NULL, log_text, log_line};
  const LV2_Feature logging = {LV2_LOG__log, &log};
  const LV2_Feature *features[] = {&feature, &logging, NULL};
  const LV2_Feature *none[] = {NULL};
  if (!size)
    return 0;
  for (int t = 0; t < FRAMES; t++)
    in[0][t] = in[1][t] = (float)(t % 16 - 8) / 8.0F;
  const uint32_t channels = 1 + (bytes[0] >> 7);
  const LV2_Descriptor *descriptor = lv2_descriptor(channels - 1);
  LV2_Handle plugin = descriptor->instantiate(descriptor, 48000.0, "", features);
  const LV2_State_Interface *state = descriptor->extension_data(LV2_STATE__interface);
  const LV2_Worker_Interface *worker = descriptor->extension_data(LV2_WORKER__interface);
  if (!plugin)
    abort();
  values left = {bytes + 1, size - 1};
  memset(&control, 0, sizeof control);
  control.sequence.atom.size = sizeof(LV2_Atom_Sequence_Body);
  if (bytes[0] % 3 == 0)
    send(bytes + 1, size - 1);
  else if (bytes[0] % 3 == 1)
    (void)state->restore(plugin, retrieve, &left, 0, none);
  else
    memcpy(ports, bytes + 1, size - 1 < sizeof ports ? size - 1 : sizeof ports);
  descriptor->connect_port(plugin, 0, &control);
  descriptor->connect_port(plugin, 1, &notify);
  for (uint32_t c = 0; c < channels; c++) {
    descriptor->connect_port(plugin, 2 + c, in[c]);
    descriptor->connect_port(plugin, 2 + channels + c, out[c]);
  }
  for (uint32_t p = 0; p < RV_CONTROL_PORTS; p++)
    descriptor->connect_port(plugin, 2 + 2 * channels + p, &ports[p]);
  descriptor->activate(plugin);
  for (int round = 0; round < 2; round++) {
    notify.sequence.atom.size = EVENTS - sizeof(LV2_Atom);
    descriptor->run(plugin, FRAMES);
    (void)worker->work(plugin, NULL, NULL, 0, NULL);
    for (uint32_t c = 0; c < channels; c++)
      for (int t = 0; t < FRAMES; t++)
        if (!isfinite(out[c][t]))
          abort();
  }
  (void)state->save(plugin, store, NULL, 0, none);
  descriptor->cleanup(plugin);
  return 0;
}

/// A model set by its path, a question for all, a state, and ports: of any values, and as a host
/// has them at first; a model whose property has a size that comes to nothing when it is padded.
size_t rv_fuzz_seed(size_t number, unsigned char *bytes, size_t space)
{
  enum { ALL = 7 };
  rv_uris known;
  LV2_Atom_Forge forge;
  LV2_Atom_Forge_Frame frame;
  LV2_URID_Map map = {NULL, map_uri};
  static const char path[] = "/nowhere/model.json";
  if (number >= ALL || space < 1024)
    return 0;
  rv_uris_map(&known, &map);
  lv2_atom_forge_init(&forge, &map);
  memset(bytes, 0, 512);
  if (number == 5) {
    float ports[RV_CONTROL_PORTS] = {[RV_PORT_ENABLED] = 1.0F, [RV_PORT_MIX] = 100.0F};
    bytes[0] = 2;
    memcpy(bytes + 1, ports, sizeof ports);
    return 1 + sizeof ports;
  }
  if (number >= 3) { // values of ports, or of a state
    bytes[0] = number == 3 ? 2 : 129;
    for (size_t i = 1; i < 100; i++)
      bytes[i] = (unsigned char)(number == 3 ? i * 37 : 0);
    if (number == 4) {
      bytes[1] = (unsigned char)known.atom_Path;
      bytes[2] = sizeof path;
      memcpy(bytes + 3, path, sizeof path);
    }
    return 100;
  }
  bytes[0] = number == 1 ? 128 + 1 : 0; // 129 is a state too: an event in a state's place
  union {
    uint64_t alignment;
    uint8_t bytes[512];
  } event;
  memset(&event, 0, sizeof event);
  lv2_atom_forge_set_buffer(&forge, event.bytes, sizeof event.bytes);
  (void)lv2_atom_forge_object(&forge, &frame, 0, number == 2 ? known.patch_Get : known.patch_Set);
  if (number != 2) {
    (void)lv2_atom_forge_key(&forge, known.patch_property);
    (void)lv2_atom_forge_urid(&forge, known.properties[RV_PROPERTY_MODEL]);
    (void)lv2_atom_forge_key(&forge, known.patch_value);
    (void)lv2_atom_forge_path(&forge, path, sizeof path - 1);
  }
  lv2_atom_forge_pop(&forge, &frame);
  const LV2_Atom *atom = (const LV2_Atom *)event.bytes;
  if (number == 6)
    ((LV2_Atom_Property_Body *)((LV2_Atom_Object *)event.bytes + 1))->value.size = UINT32_MAX - 15;
  memcpy(bytes + 1, atom + 1, atom->size);
  return 1 + atom->size;
}
