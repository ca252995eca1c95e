// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static atomic_bool interrupted;

static void on_signal(int number)
{
  (void)number;
  atomic_store(&interrupted, true);
}

void rv_interrupt_catch(void)
{
  const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action = {.sa_flags = (int)SA_RESETHAND};
  action.sa_handler = on_signal;
  (void)sigemptyset(&action.sa_mask);
  for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
    (void)sigaction(numbers[n], &action, NULL);
}

const atomic_bool *rv_interrupt_flag(void)
{
  return &interrupted;
}
