// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A model from a file, or from the copy that a session kept, to an engine that plays. Loading
/// side, all of it.

#ifndef RECURVE_PLUGIN_LOAD_H
#define RECURVE_PLUGIN_LOAD_H

#include "boundary.h"
#include "recurve/chain.h"

#include <stddef.h>

#define RV_TITLE_SIZE 128 ///< bytes of a model's name with its final zero
#define RV_HASH_SIZE  64  ///< bytes of rv_hash with the final zero

/// The largest model file of which a session keeps a copy, in bytes.
#define RV_COPY_LIMIT ((size_t)1 << 20)

/// What a session is to keep of a model beside its path.
typedef struct rv_copy {
  char path[RV_PATH_SIZE]; ///< the file that was asked for
  char hash[RV_HASH_SIZE]; ///< of the file; "" where there has been none
  char *text;              ///< the file, or NULL
  size_t size;             ///< bytes of `text`
  bool from_file;          ///< the file has been read; else all is from a session
} rv_copy;

/// "fnv1a64:" and 16 hexadecimal digits (Fowler, Noll, Vo), a colon and the size.
void rv_hash(const char *text, size_t size, char hash[RV_HASH_SIZE]);

void rv_copy_clear(rv_copy *copy);

/// Takes `text` over. `hash` NULL: that of the text.
void rv_copy_set(rv_copy *copy, const char *path, char *text, size_t size, const char *hash,
                 bool from_file);

/// A network that more than one load plays. Loading side.
typedef struct rv_shared rv_shared;

/// What loading a file has made. Immutable between rv_boundary_publish and its return.
struct rv_load {
  rv_load *next; ///< in a list of retired ones
  unsigned serial;
  bool failed;       ///< the old model plays on
  bool warned;       ///< it plays, and `status` has a word on it
  bool browsed;      ///< it was found in the folder, the host does not know
  rv_shared *shared; ///< the owner of the network
  const rv_network *network;
  rv_engine *engine; ///< owned by the load; NULL where it failed, or where no model was asked for
  float positions[RV_MAX_KNOBS]; ///< of the knobs, at which the engine has settled
  double rate;                   ///< Hz, the model's
  double esr;                    ///< NaN: unknown
  char name[RV_TITLE_SIZE];
  char author[RV_TITLE_SIZE];
  char gear[RV_TITLE_SIZE];
  char rate_note[RV_ERROR_SIZE]; ///< what is done about the rates of model and host
  char status[RV_ERROR_SIZE];    ///< "" where all is well
};

typedef struct rv_load_order {
  const char *path; ///< "": no model
  unsigned serial;
  double rate; ///< Hz, of the host
  int channels;
  int rate_mode; ///< a rv_rate_mode
  float positions[RV_MAX_KNOBS];
} rv_load_order;

/// Never fails but for lack of memory (NULL): a load may be a failed one. `copy` is what the
/// session has kept: it is played where the file cannot be, if it is of the same path; a file that
/// can be played takes its place.
rv_load *rv_load_new(const rv_load_order *order, rv_copy *copy);

/// The model of another load, which need not have a file any more, with the order's rate mode and
/// positions; the two have one network, which stays as long as either of them. `status` is what
/// there is to say of it. NULL where `from` has no model, or there is no memory.
rv_load *rv_load_again(const rv_load *from, const rv_load_order *order, const char *status);

void rv_load_free(rv_load *load);

/// Has the engine settle anew where the knobs are no longer where they were.
void rv_load_settle(rv_load *load, const float positions[RV_MAX_KNOBS]);

#endif
