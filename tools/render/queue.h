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
  int voices;         ///< channels in lockstep
  atomic_ullong left; ///< frames that nobody has played yet, and one for each file
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

/// Frames of a ticket, and one for the file itself: a pipe has none before it is read.
unsigned long long rv_ticket_work(const rv_ticket *ticket);

/// The next one of a list, or NULL. Any thread.
const rv_ticket *rv_list_next(const rv_queue *queue, rv_list *list);

/// Whether one of `threads`, with `own` frames before it, is to take another file: not where that
/// would leave too little to the others, so that all of them come to the end together. Whoever has
/// nothing to do takes one.
bool rv_list_has_share(const rv_list *list, unsigned long long own, size_t threads);

/// Frames that have been played, or will not be. Any thread.
void rv_list_settle(rv_list *list, unsigned long long frames);

#endif
