// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

// MAP_ANONYMOUS
#define _DEFAULT_SOURCE

#include "guard.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_GUARDED 128

/// Bytes beside a buffer that are looked at.
#define SEEN 256

/// As floats these bytes are NaN: a result that took one of them in cannot pass for a number.
#define PATTERN 0xff

static const rv_guarded *all[MAX_GUARDED];
static size_t n_all;
static size_t page;
static const char *running = "";

void rv_guarded_new(rv_guarded *guarded, const char *name, size_t floats)
{
  page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t capacity = (floats * sizeof(float) + page - 1) / page * page;
  char *memory =
      mmap(NULL, capacity + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, (off_t)0);
  if (memory == MAP_FAILED || mprotect(memory + page, capacity, PROT_READ | PROT_WRITE) ||
      n_all == MAX_GUARDED) {
    perror(name);
    abort();
  }
  *guarded = (rv_guarded){.name = name, .pages = memory + page, .capacity = capacity};
  memset(guarded->pages, PATTERN, capacity);
  all[n_all++] = guarded;
}

float *rv_guarded_place(rv_guarded *guarded, size_t floats, bool at_end)
{
  // What the buffer before has left; the rest of the room still holds the pattern.
  if (guarded->bytes)
    memset(guarded->begin, PATTERN, guarded->bytes);
  guarded->bytes = floats * sizeof(float);
  if (guarded->bytes > guarded->capacity)
    abort();
  guarded->begin = guarded->pages + (at_end ? guarded->capacity - guarded->bytes : 0);
  return (float *)(void *)guarded->begin;
}

bool rv_guarded_intact(const rv_guarded *guarded)
{
  if (!guarded->bytes)
    return true;
  const char *ends[2] = {guarded->pages, guarded->begin + guarded->bytes};
  const size_t sizes[2] = {(size_t)(guarded->begin - guarded->pages),
                           (size_t)(guarded->pages + guarded->capacity - ends[1])};
  for (int side = 0; side < 2; side++) {
    const size_t n = sizes[side] < SEEN ? sizes[side] : SEEN;
    const char *at = side ? ends[1] : guarded->begin - n;
    for (size_t i = 0; i < n; i++)
      if ((unsigned char)at[i] != PATTERN)
        return false;
  }
  return true;
}

static void touched(int number, siginfo_t *info, void *context)
{
  (void)number;
  (void)context;
  const char *at = info->si_addr;
  char line[512];
  const char *name = "no buffer of ours";
  const char *side = "near";
  for (size_t i = 0; i < n_all; i++) {
    const rv_guarded *one = all[i];
    if (at < one->pages - page || at >= one->pages + one->capacity + page)
      continue;
    name = one->name;
    side = at < one->pages ? "before" : "after";
  }
  const int n = snprintf(line, sizeof line, "touched memory %s %s: %s\n", side, name, running);
  if (write(STDERR_FILENO, line, n > 0 ? (size_t)n : 0) < 0)
    _exit(2);
  _exit(1);
}

void rv_guarded_report(const char *what)
{
  running = what;
  struct sigaction action = {.sa_flags = SA_SIGINFO};
  action.sa_sigaction = touched;
  (void)sigaction(SIGSEGV, &action, NULL);
  (void)sigaction(SIGBUS, &action, NULL);
}
