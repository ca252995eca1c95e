// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Files of the field, where they are there.

#include "models.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static int read_folder(const char *folder, rv_format format)
{
  char path[4096];
  const char *full = rv_test_shared(folder);
  if (!full)
    return 0;
  (void)snprintf(path, sizeof path, "%s", full);
  const size_t length = strlen(path);
  DIR *directory = opendir(path);
  ck_assert_ptr_nonnull(directory);
  int count = 0;
  for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
    if (*entry->d_name == '.')
      continue;
    (void)snprintf(path + length, sizeof path - length, "/%s", entry->d_name);
    rv_description *model = NULL;
    rv_format found = RV_FORMAT_AIDAX;
    rv_error error = {{0}};
    ck_assert_msg(!rv_model_read(path, &model, &found, &error), "%s", error.text);
    ck_assert_int_eq(found, format);
    rv_description_free(model);
    count++;
  }
  (void)closedir(directory);
  return count;
}

START_TEST(all_aidax_and_guitarml_files_load)
{
  const int aidax = read_folder("models/aidax", RV_FORMAT_AIDAX);
  const int guitarml = read_folder("models/guitarml", RV_FORMAT_GUITARML);
  ck_assert(aidax == 0 || aidax >= 5);
  ck_assert(guitarml == 0 || guitarml >= 5);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("shared");
  TCase *cases = tcase_create("shared");
  tcase_add_test(cases, all_aidax_and_guitarml_files_load);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
