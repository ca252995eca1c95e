// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Jobs in lists of those that can be played in lockstep.

#ifndef RECURVE_TOOLS_QUEUE_H
#define RECURVE_TOOLS_QUEUE_H

#include "render/job.h"

#include <stdatomic.h>

/// A job, with what the header of its input says.
typedef struct rv_ticket {
  const rv_job *job;
  double rate; ///< Hz; 0: not known before it is read (a pipe)
  int channels;
  uint64_t frames;
} rv_ticket;

/// Jobs of one voicing, rate and number of channels, the longest first.
typedef struct rv_list {
  size_t first, end; ///< among the tickets
  atomic_size_t next;
  int voices; ///< channels in lockstep
} rv_list;

typedef struct rv_queue {
  size_t n_tickets;
  rv_ticket *tickets;
  size_t n_lists;
  rv_list *lists;
} rv_queue;

/// Sorts tickets, and divides them into lists. Takes the tickets over, also where it fails.
rv_status rv_queue_new(rv_ticket *tickets, size_t n, rv_queue *queue, rv_error *error);
void rv_queue_free(rv_queue *queue);

/// The next one of a list, or NULL. Any thread.
const rv_ticket *rv_list_next(const rv_queue *queue, rv_list *list);

#endif
