// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_CASES 100

/// A program has one suite of one case: they are the same object.
struct rv_cases {
  int n;
  int failed;
  rv_case before;
  rv_case after;
  struct {
    rv_case test;
    const char *name;
  } all[MAX_CASES];
};

static struct rv_cases only;
static jmp_buf back;

Suite *suite_create(const char *name)
{
  (void)printf("Running %s\n", name);
  return &only;
}

TCase *tcase_create(const char *name)
{
  (void)name;
  return &only;
}

SRunner *srunner_create(Suite *suite)
{
  return suite;
}

void tcase_set_timeout(TCase *cases, double seconds)
{
  (void)cases;
  (void)seconds;
}

void tcase_add_checked_fixture(TCase *cases, rv_case before, rv_case after)
{
  cases->before = before;
  cases->after = after;
}

void rv_tcase_add(TCase *cases, rv_case test, const char *name)
{
  if (cases->n == MAX_CASES)
    abort();
  cases->all[cases->n].test = test;
  cases->all[cases->n++].name = name;
}

void suite_add_tcase(Suite *suite, TCase *cases)
{
  (void)suite;
  (void)cases;
}

void rv_fail_test(const char *file, int line, const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  (void)printf("%s:%d: ", file, line);
  (void)vprintf(format, arguments);
  (void)printf("\n");
  va_end(arguments);
  longjmp(back, 1);
}

static void run(SRunner *runner, int i)
{
  (void)fflush(stdout);
  if (setjmp(back)) {
    runner->failed++;
    (void)printf("failed: %s\n", runner->all[i].name);
    return;
  }
  if (runner->before)
    runner->before();
  runner->all[i].test();
  if (runner->after)
    runner->after();
}

void srunner_run_all(SRunner *runner, enum print_output how)
{
  (void)how;
  for (int i = 0; i < runner->n; i++)
    run(runner, i);
  (void)printf("%d tests, %d failed\n", runner->n, runner->failed);
}

int srunner_ntests_failed(SRunner *runner)
{
  return runner->failed;
}

void srunner_free(SRunner *runner)
{
  (void)runner;
}
