// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Models with vectors that PyTorch and NumPy have computed (tests/reference/torch_cells.py and
/// numpy_cells.py), on every instruction set.

#include "recurve/io.h"
#include "recurve/network.h"
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What is agreed on: float against double over 64 frames.
#define AGREEMENT 1e-5

/// Files of each script.
#define OF_TORCH 18
#define OF_NUMPY 34

static void check(const char *name)
{
  char path[1024];
  rv_description *model = NULL;
  rv_error error = {{0}};
  rv_self_test result;
  (void)snprintf(path, sizeof path, "%s/%s", RV_TEST_GOLDEN, name);
  ck_assert_msg(!rv_model_read(path, &model, NULL, &error), "%s", error.text);
  for (rv_isa isa = RV_ISA_BASE; isa <= RV_ISA_NEON; isa++) {
    if (!rv_isa_available(isa))
      continue;
    ck_assert_int_eq(setenv("RECURVE_ISA", rv_isa_name(isa), 1), 0);
    ck_assert_msg(!rv_model_self_test(model, &result, &error), "%s: %s", name, error.text);
    ck_assert_uint_eq(result.frames, 64);
    ck_assert(result.telling);
    ck_assert_msg(result.peak_error < AGREEMENT, "%s on %s: %.3g off", name, rv_isa_name(isa),
                  result.peak_error);
  }
  ck_assert_int_eq(unsetenv("RECURVE_ISA"), 0);
  rv_description_free(model);
}

static int check_all(const char *prefix)
{
  DIR *folder = opendir(RV_TEST_GOLDEN);
  const struct dirent *entry = NULL;
  int found = 0;
  ck_assert_ptr_nonnull(folder);
  while ((entry = readdir(folder)))
    if (!strncmp(entry->d_name, prefix, strlen(prefix))) {
      check(entry->d_name);
      found++;
    }
  (void)closedir(folder);
  return found;
}

START_TEST(plain_stacked_and_bidirectional_models_agree_with_pytorch)
{
  ck_assert_int_eq(check_all("torch-"), OF_TORCH);
}
END_TEST

START_TEST(normalised_reset_before_and_feedback_models_agree_with_numpy)
{
  ck_assert_int_eq(check_all("numpy-"), OF_NUMPY);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("golden");
  TCase *cases = tcase_create("golden");
  tcase_set_timeout(cases, 60);
  tcase_add_test(cases, plain_stacked_and_bidirectional_models_agree_with_pytorch);
  tcase_add_test(cases, normalised_reset_before_and_feedback_models_agree_with_numpy);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
