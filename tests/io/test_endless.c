// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Files that go on without end: one line each, within a second and 100 MB.

#include "handmade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define DENSE "{\"type\":\"dense\",\"shape\":[1],\"weights\":[[[0.5]],[0.25]]}"
#define LSTM  "{\"type\":\"lstm\",\"shape\":[1],\"weights\":[[[1,2,3,4]],[[5,6,7,8]],[9,10,11,12]]}"
#define SOUND LSTM "," DENSE

START_TEST(metadata_without_end_is_refused_cheaply)
{
  enum { MEMBERS = 200000 };
  char *text = malloc(MEMBERS * 14 + 200);
  ck_assert_ptr_nonnull(text);
  int used = sprintf(text, "{\"in_shape\":[1],\"layers\":[" SOUND "],\"metadata\":{\"a\":1");
  for (int m = 0; m < MEMBERS; m++)
    used += sprintf(text + used, ",\"%d\":1", m);
  (void)sprintf(text + used, "}}");
  const clock_t start = clock();
  rv_handmade_assert_refused(text, RV_BAD_FORMAT, "more than 500 entries of metadata");
  ck_assert_double_lt((double)(clock() - start) / CLOCKS_PER_SEC, 3.0);
  free(text);
}
END_TEST

static char *repeat(const char *before, const char *piece, size_t times)
{
  const size_t length = strlen(piece);
  const size_t head = strlen(before);
  char *text = malloc(head + length * times + 1);
  ck_assert_ptr_nonnull(text);
  memcpy(text, before, head);
  for (size_t i = 0; i < times; i++)
    memcpy(text + head + i * length, piece, length);
  text[head + length * times] = 0;
  return text;
}

/// Reads a text in a process of its own: a line within a second, and 100 MB for all of the process,
/// the text included.
static void assert_cheap(char *text, const char *expected)
{
  struct rusage usage;
  const clock_t start = clock();
  rv_handmade_assert_refused(text, RV_BAD_FORMAT, expected);
  const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  (void)getrusage(RUSAGE_SELF, &usage);
  const long kilobytes = usage.ru_maxrss;
  (void)printf("%.24s...: %.2f s, %ld kB\n", text, seconds, kilobytes);
  if (!RV_TEST_SANITIZED) {
    ck_assert_double_le(seconds, 1.0);
    ck_assert_int_le(kilobytes, 100000);
  }
  free(text);
}

START_TEST(deep_nesting_is_refused_cheaply)
{
  assert_cheap(repeat("{\"a\":", "[", 5000000), "far more values");
  assert_cheap(repeat("{\"a\":", "[", 100000), "depth");
  assert_cheap(repeat("", "{\"a\":", 50000), "depth");
}
END_TEST

START_TEST(numbers_without_end_are_refused_cheaply)
{
  assert_cheap(repeat("{\"layers\":[", "0,", 15000000), "far more values");
  assert_cheap(repeat("{\"layers\":[", "0,", 1390000), "line 1");
}
END_TEST

START_TEST(lists_without_end_are_refused_cheaply)
{
  assert_cheap(repeat("{\"layers\":[", "[],", 10000000), "far more values");
  assert_cheap(repeat("{\"layers\":[", "[],", 320000), "line 1");
}
END_TEST

START_TEST(objects_without_end_are_refused_cheaply)
{
  assert_cheap(repeat("{\"layers\":[", "{},", 180000), "line 1");
  assert_cheap(repeat("{\"layers\":[", "{\"a\":0},", 130000), "line 1");
}
END_TEST

START_TEST(texts_without_end_are_refused_cheaply)
{
  assert_cheap(repeat("{\"layers\":[", "\"\",", 380000), "line 1");
  assert_cheap(repeat("{\"a\":\"", "xxxxxxxxxxxxxxxx", 2000000), "line 1");
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("endless");
  TCase *cases = tcase_create("endless");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, metadata_without_end_is_refused_cheaply);
  tcase_add_test(cases, deep_nesting_is_refused_cheaply);
  tcase_add_test(cases, numbers_without_end_are_refused_cheaply);
  tcase_add_test(cases, lists_without_end_are_refused_cheaply);
  tcase_add_test(cases, objects_without_end_are_refused_cheaply);
  tcase_add_test(cases, texts_without_end_are_refused_cheaply);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
