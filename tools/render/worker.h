// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#ifndef RECURVE_TOOLS_WORKER_H
#define RECURVE_TOOLS_WORKER_H

#include "render/finisher.h"
#include "render/queue.h"

/// Plays what is left of a list, several files in lockstep, until it is empty or the crew is to
/// stop. Any number of threads may work on one list.
void rv_work_on(rv_crew *crew, rv_finisher *finisher, const rv_queue *queue, rv_list *list);

#endif
