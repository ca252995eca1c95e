// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "state.h"

#include "messages.h"
#include "recurve/io.h"

#include <lv2/core/lv2_util.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static void free_path(const LV2_State_Free_Path *freer, char *path)
{
  if (freer)
    freer->free_path(freer->handle, path);
  else
    free(path);
}

static LV2_State_Status store_model(const char *path, const rv_uris *uris,
                                    LV2_State_Store_Function store, LV2_State_Handle handle,
                                    const LV2_Feature *const *features)
{
  const LV2_State_Map_Path *map = lv2_features_data(features, LV2_STATE__mapPath);
  const LV2_State_Free_Path *freer = lv2_features_data(features, LV2_STATE__freePath);
  char *abstract = map ? map->abstract_path(map->handle, path) : NULL;
  const char *text = abstract ? abstract : path;
  const uint32_t flags = abstract ? LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE : LV2_STATE_IS_POD;
  const LV2_State_Status status = store(handle, uris->properties[RV_PROPERTY_MODEL], text,
                                        strlen(text) + 1, uris->atom_Path, flags);
  if (abstract)
    free_path(freer, abstract);
  return status;
}

/// The bytes of the model at `path`; NULL where there is none that can be played.
static char *read_model(const char *path, size_t *size)
{
  char *text = NULL;
  rv_description *model = NULL;
  if (rv_model_text(path, &text, size, NULL))
    return NULL;
  if (rv_model_read_memory(text, *size, path, &model, NULL, NULL)) {
    free(text);
    return NULL;
  }
  rv_description_free(model);
  return text;
}

/// What is to be kept of the model at `path`: what was read when it was loaded, else what the file
/// has now, else the model that plays in its place. The loading side's lock is held.
static LV2_State_Status store_copy(rv_loader *loader, const char *path, const rv_uris *uris,
                                   LV2_State_Store_Function store, LV2_State_Handle handle)
{
  const uint32_t flags = LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE;
  const bool embed = atomic_load_explicit(&loader->boundary.embed, memory_order_relaxed);
  const rv_copy *copy = &loader->copy;
  const bool loaded = !strcmp(copy->path, path);
  char hash[RV_HASH_SIZE] = "";
  char *text = NULL;
  size_t size = 0;
  bool readable = loaded && copy->from_file;
  if (loaded) {
    memcpy(hash, copy->hash, sizeof hash);
  } else {
    text = read_model(path, &size);
    readable = text;
    if (text)
      rv_hash(text, size, hash);
  }
  LV2_State_Status status = LV2_STATE_SUCCESS;
  if (*hash)
    status = store(handle, uris->model_hash, hash, strlen(hash) + 1, uris->atom_String, flags);
  const char *kept = text ? text : copy->text;
  const size_t length = text ? size : copy->size;
  // What is nowhere else is kept whatever the port says.
  if (!status && kept && length <= RV_COPY_LIMIT && (embed || !readable))
    status = store(handle, uris->model_data, kept, length, uris->atom_Chunk, flags);
  free(text);
  return status;
}

LV2_State_Status rv_state_save(rv_loader *loader, const rv_uris *uris,
                               LV2_State_Store_Function store, LV2_State_Handle handle,
                               const LV2_Feature *const *features)
{
  char path[RV_PATH_SIZE];
  unsigned serial = 0;
  while (!rv_boundary_read(&loader->boundary, path, &serial))
    (void)sched_yield();
  const int32_t version = RV_STATE_VERSION;
  LV2_State_Status status = store(handle, uris->state_version, &version, sizeof version,
                                  uris->atom_Int, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
  if (status || !*path)
    return status;
  status = store_model(path, uris, store, handle, features);
  (void)pthread_mutex_lock(&loader->loading);
  if (!status)
    status = store_copy(loader, path, uris, store, handle);
  (void)pthread_mutex_unlock(&loader->loading);
  return status;
}

/// The path of a stored model on this machine; false where the value is not one.
static bool stored_path(const rv_uris *uris, LV2_URID type, size_t size, const void *value,
                        const LV2_Feature *const *features, char path[RV_PATH_SIZE])
{
  const LV2_State_Map_Path *map = lv2_features_data(features, LV2_STATE__mapPath);
  const LV2_State_Free_Path *freer = lv2_features_data(features, LV2_STATE__freePath);
  if (size > UINT32_MAX || !rv_messages_path(uris, type, (uint32_t)size, value, path))
    return false;
  char *absolute = map && *path ? map->absolute_path(map->handle, path) : NULL;
  if (!absolute)
    return true;
  const size_t length = strlen(absolute);
  const bool fits = length < RV_PATH_SIZE;
  if (fits)
    memcpy(path, absolute, length + 1);
  free_path(freer, absolute);
  return fits;
}

/// Asks for the model at `path`. What the session has kept of it is there before, and no load of
/// another model comes between the two.
static void ask_with_copy(rv_loader *loader, const rv_uris *uris, const char *path,
                          LV2_State_Retrieve_Function retrieve, LV2_State_Handle handle)
{
  size_t size = 0;
  uint32_t type = 0;
  uint32_t flags = 0;
  char hash[RV_HASH_SIZE] = "";
  const char *value = retrieve(handle, uris->model_hash, &size, &type, &flags);
  if (value && type == uris->atom_String && size && size <= sizeof hash && !value[size - 1])
    memcpy(hash, value, size);
  char *text = NULL;
  value = retrieve(handle, uris->model_data, &size, &type, &flags);
  const bool usable = value && type == uris->atom_Chunk && size && size <= RV_COPY_LIMIT;
  if (usable)
    text = malloc(size);
  if (text)
    memcpy(text, value, size);
  else if (usable)
    (void)lv2_log_error(&loader->log, "out of memory for the session's copy of the model %s\n",
                        path);
  (void)pthread_mutex_lock(&loader->loading);
  if (!text && *path) { // what plays now plays on where the file is missing, and is kept for it
    text = loader->copy.text;
    size = loader->copy.size;
    loader->copy.text = NULL;
  }
  rv_copy_set(&loader->copy, path, text, text ? size : 0, hash, false);
  rv_boundary_ask(&loader->boundary, RV_ASKER_STATE, path);
  (void)pthread_mutex_unlock(&loader->loading);
}

LV2_State_Status rv_state_restore(rv_loader *loader, const rv_uris *uris,
                                  LV2_State_Retrieve_Function retrieve, LV2_State_Handle handle,
                                  const LV2_Feature *const *features)
{
  size_t size = 0;
  uint32_t type = 0;
  uint32_t flags = 0;
  char path[RV_PATH_SIZE] = "";
  const void *value = retrieve(handle, uris->properties[RV_PROPERTY_MODEL], &size, &type, &flags);
  if (value) {
    if (!stored_path(uris, type, size, value, features, path))
      return LV2_STATE_ERR_BAD_TYPE;
  } else if (!retrieve(handle, uris->state_version, &size, &type, &flags)) {
    return LV2_STATE_SUCCESS;
  }
  ask_with_copy(loader, uris, path, retrieve, handle);
  const LV2_Worker_Schedule *schedule = lv2_features_data(features, LV2_WORKER__schedule);
  const uint32_t message = 0;
  if (!schedule ||
      schedule->schedule_work(schedule->handle, sizeof message, &message) != LV2_WORKER_SUCCESS)
    rv_loader_work(loader);
  return LV2_STATE_SUCCESS;
}
