// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "render/queue.h"

#include <stdlib.h>

static bool alike(const rv_ticket *a, const rv_ticket *b)
{
  return a->job->voicing == b->job->voicing && a->rate == b->rate && a->channels == b->channels;
}

static int compare(const void *a, const void *b)
{
  const rv_ticket *left = a;
  const rv_ticket *right = b;
  if (left->job->voicing != right->job->voicing)
    return (uintptr_t)left->job->voicing < (uintptr_t)right->job->voicing ? -1 : 1;
  if (left->rate != right->rate)
    return left->rate < right->rate ? -1 : 1;
  if (left->channels != right->channels)
    return left->channels < right->channels ? -1 : 1;
  if (left->frames != right->frames)
    return left->frames > right->frames ? -1 : 1;
  return (left->job->place > right->job->place) - (left->job->place < right->job->place);
}

rv_status rv_queue_new(rv_ticket *tickets, size_t n, rv_queue *queue, rv_error *error)
{
  *queue = (rv_queue){.n_tickets = n, .tickets = tickets};
  qsort(tickets, n, sizeof *tickets, compare);
  for (size_t t = 0; t < n; t++)
    queue->n_lists += !t || !alike(&tickets[t - 1], &tickets[t]);
  queue->lists = calloc(queue->n_lists + 1, sizeof *queue->lists);
  if (!queue->lists) {
    rv_queue_free(queue);
    return rv_fail(error, RV_NO_MEMORY, "out of memory for the list of files");
  }
  rv_list *list = queue->lists;
  for (size_t t = 0; t < n; t++) {
    if (t && !alike(&tickets[t - 1], &tickets[t]))
      list++;
    if (!list->end) {
      list->first = t;
      atomic_init(&list->next, t);
      atomic_init(&list->left, 0);
    }
    list->end = t + 1;
    (void)atomic_fetch_add(&list->left, rv_ticket_work(&tickets[t]));
  }
  return RV_OK;
}

void rv_queue_free(rv_queue *queue)
{
  free(queue->tickets);
  free(queue->lists);
  *queue = (rv_queue){0};
}

unsigned long long rv_ticket_work(const rv_ticket *ticket)
{
  return ticket->frames + 1;
}

bool rv_list_has_share(const rv_list *list, unsigned long long own, size_t threads)
{
  return (double)own * (double)threads < (double)atomic_load(&list->left);
}

void rv_list_settle(rv_list *list, unsigned long long frames)
{
  (void)atomic_fetch_sub(&list->left, frames);
}

const rv_ticket *rv_list_next(const rv_queue *queue, rv_list *list)
{
  if (atomic_load(&list->next) >= list->end)
    return NULL;
  const size_t t = atomic_fetch_add(&list->next, 1);
  return t < list->end ? &queue->tickets[t] : NULL;
}
