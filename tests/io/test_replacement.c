// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The old file stays until the new one is whole, whatever goes wrong.

#include "handmade.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_content(const char *path, const char *expected)
{
  char *text = rv_test_read_file(path, NULL);
  ck_assert_ptr_nonnull(text);
  ck_assert_str_eq(text, expected);
  free(text);
}

/// Files in the test's directory, hidden ones too.
static int files_left(void)
{
  int count = 0;
  DIR *directory = opendir(rv_test_directory());
  ck_assert_ptr_nonnull(directory);
  for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  (void)closedir(directory);
  return count;
}

START_TEST(the_old_file_stays_until_commit)
{
  const char *path = rv_test_path("a.txt");
  rv_replacement *replacement = NULL;
  rv_test_write_file(path, "old", 3);
  ck_assert_int_eq(rv_replacement_begin(path, &replacement, NULL), RV_OK);
  rv_test_write_file(rv_replacement_path(replacement), "new", 3);
  assert_content(path, "old");
  ck_assert_int_eq(rv_replacement_commit(replacement, NULL), RV_OK);
  assert_content(path, "new");
  ck_assert_int_eq(files_left(), 1);
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
  const char *path = rv_test_path("b.txt");
  rv_replacement *replacement = NULL;
  ck_assert_int_eq(rv_replacement_begin(path, &replacement, NULL), RV_OK);
  rv_test_write_file(rv_replacement_path(replacement), "new", 3);
  rv_replacement_abandon(replacement);
  ck_assert_int_eq(files_left(), 0);
  rv_replacement_abandon(NULL);
}
END_TEST

START_TEST(two_at_once_do_not_meet)
{
  const char *path = rv_test_path("c.txt");
  rv_replacement *one = NULL;
  rv_replacement *two = NULL;
  ck_assert_int_eq(rv_replacement_begin(path, &one, NULL), RV_OK);
  ck_assert_int_eq(rv_replacement_begin(path, &two, NULL), RV_OK);
  ck_assert_str_ne(rv_replacement_path(one), rv_replacement_path(two));
  rv_test_write_file(rv_replacement_path(one), "one", 3);
  rv_test_write_file(rv_replacement_path(two), "two", 3);
  ck_assert_int_eq(rv_replacement_commit(two, NULL), RV_OK);
  ck_assert_int_eq(rv_replacement_commit(one, NULL), RV_OK);
  assert_content(path, "one");
  ck_assert_int_eq(files_left(), 1);
}
END_TEST

START_TEST(what_a_killed_process_left_is_removed_by_the_next_write_to_that_name)
{
  static const char *const left[] = {".l.txt.0.part", ".l.txt.1.part", ".l.txt.3.part"};
  static const char *const others[] = {".other.txt.0.part", ".l.txt.x.part", ".l.txt.00.part",
                                       ".l.txt.part"};
  const char *path = rv_test_path("l.txt");
  rv_replacement *replacement = NULL;
  const pid_t killed = fork();
  if (!killed) {
    rv_replacement *one = NULL;
    rv_replacement *two = NULL;
    _exit(rv_replacement_begin(path, &one, NULL) || rv_replacement_begin(path, &two, NULL));
  }
  int status = -1;
  ck_assert_int_eq(waitpid(killed, &status, 0), killed);
  ck_assert_int_eq(status, 0);
  ck_assert_int_eq(files_left(), 2);
  rv_test_write_file(rv_test_path(left[2]), "half", 4);
  for (int n = 0; n < 4; n++)
    rv_test_write_file(rv_test_path(others[n]), "half", 4);
  ck_assert_int_eq(rv_replacement_begin(path, &replacement, NULL), RV_OK);
  rv_replacement_abandon(replacement);
  for (int n = 0; n < 3; n++)
    ck_assert_msg(access(rv_test_path(left[n]), F_OK) != 0, "%s is there", left[n]);
  for (int n = 0; n < 4; n++) {
    ck_assert_msg(!access(rv_test_path(others[n]), F_OK), "%s is gone", others[n]);
    (void)unlink(rv_test_path(others[n]));
  }
}
END_TEST

START_TEST(what_another_process_writes_to_is_left_alone)
{
  const char *path = rv_test_path("p.txt");
  int ready[2];
  int go[2];
  char letter = 0;
  rv_replacement *replacement = NULL;
  ck_assert_int_eq(pipe(ready) || pipe(go), 0);
  const pid_t other = fork();
  if (!other) {
    rv_replacement *own = NULL;
    const bool begun = !rv_replacement_begin(path, &own, NULL);
    if (!begun || write(ready[1], "r", 1) != 1 || read(go[0], &letter, 1) != 1)
      _exit(1);
    rv_test_write_file(rv_replacement_path(own), "theirs", 6);
    _exit(rv_replacement_commit(own, NULL) != RV_OK);
  }
  ck_assert_int_eq(read(ready[0], &letter, 1), 1);
  ck_assert_int_eq(rv_replacement_begin(path, &replacement, NULL), RV_OK);
  rv_replacement_abandon(replacement);
  ck_assert_int_eq(write(go[1], "g", 1), 1);
  int status = -1;
  ck_assert_int_eq(waitpid(other, &status, 0), other);
  ck_assert_int_eq(status, 0);
  assert_content(path, "theirs");
  ck_assert_int_eq(files_left(), 1);
}
END_TEST

START_TEST(a_trap_under_a_name_of_ours_is_stepped_over)
{
  rv_replacement *replacement = NULL;
  rv_test_write_file(rv_test_path("victim.txt"), "mine", 4);
  ck_assert_int_eq(symlink("victim.txt", rv_test_path(".t.txt.0.part")), 0);
  ck_assert_int_eq(mkfifo(rv_test_path(".t.txt.1.part"), 0600), 0);
  ck_assert_int_eq(mkdir(rv_test_path(".t.txt.2.part"), 0700), 0);
  ck_assert_int_eq(rv_replacement_begin(rv_test_path("t.txt"), &replacement, NULL), RV_OK);
  rv_test_write_file(rv_replacement_path(replacement), "new", 3);
  ck_assert_int_eq(rv_replacement_commit(replacement, NULL), RV_OK);
  assert_content(rv_test_path("t.txt"), "new");
  assert_content(rv_test_path("victim.txt"), "mine");
}
END_TEST

static mode_t mode_after_replacing(const char *path)
{
  rv_replacement *replacement = NULL;
  struct stat status;
  ck_assert_int_eq(rv_replacement_begin(path, &replacement, NULL), RV_OK);
  ck_assert_int_eq(rv_replacement_commit(replacement, NULL), RV_OK);
  ck_assert_int_eq(stat(path, &status), 0);
  return status.st_mode & 0777;
}

START_TEST(mode_bits_are_those_of_the_old_file_or_of_the_umask)
{
  const char *path = rv_test_path("d.txt");
  (void)umask(027);
  ck_assert_int_eq(mode_after_replacing(path), 0640);
  ck_assert_int_eq(chmod(path, 0604), 0);
  ck_assert_int_eq(mode_after_replacing(path), 0604);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
  const char *path = rv_test_path("real.txt");
  const char *name = rv_test_path("link.txt");
  rv_replacement *replacement = NULL;
  struct stat status;
  rv_test_write_file(path, "old", 3);
  ck_assert_int_eq(symlink("real.txt", name), 0);
  ck_assert_int_eq(rv_replacement_begin(name, &replacement, NULL), RV_OK);
  rv_test_write_file(rv_replacement_path(replacement), "new", 3);
  ck_assert_int_eq(rv_replacement_commit(replacement, NULL), RV_OK);
  ck_assert_int_eq(lstat(name, &status), 0);
  ck_assert(S_ISLNK(status.st_mode));
  assert_content(path, "new");
}
END_TEST

START_TEST(what_is_not_a_regular_file_is_written_in_place)
{
  rv_replacement *replacement = NULL;
  ck_assert_int_eq(rv_replacement_begin("/dev/null", &replacement, NULL), RV_OK);
  ck_assert_str_eq(rv_replacement_path(replacement), "/dev/null");
  ck_assert_int_eq(rv_replacement_commit(replacement, NULL), RV_OK);
  ck_assert_int_eq(rv_replacement_begin("/dev/null", &replacement, NULL), RV_OK);
  rv_replacement_abandon(replacement);
  struct stat status;
  ck_assert_int_eq(stat("/dev/null", &status), 0);
  ck_assert(S_ISCHR(status.st_mode));
}
END_TEST

START_TEST(a_long_name_can_be_replaced)
{
  char name[256];
  memset(name, 'n', 255);
  name[255] = 0;
  const char *path = rv_test_path(name);
  rv_replacement *replacement = NULL;
  rv_error error = {{0}};
  ck_assert_msg(!rv_replacement_begin(path, &replacement, &error), "%s", error.text);
  ck_assert_int_eq(rv_replacement_commit(replacement, NULL), RV_OK);
}
END_TEST

/// With few units all of the text fits into a buffer, and only closing the file can fail.
static void assert_model_not_written(const char *path, int units, rv_status status,
                                     const char *reason)
{
  rv_description *model = rv_handmade_model(RV_LSTM, 0, units, 1);
  rv_error error = {{0}};
  ck_assert_int_eq(rv_model_write(path, model, RV_FORMAT_AIDAX, &error), status);
  ck_assert_msg(strstr(error.text, reason) && strstr(error.text, path), "%s", error.text);
  rv_description_free(model);
}

static void assert_not_written(const char *path, rv_status status, const char *reason)
{
  assert_model_not_written(path, 40, status, reason);
  assert_model_not_written(path, 1, status, reason);
}

START_TEST(a_model_that_cannot_be_written_is_told_with_path_and_reason)
{
  assert_not_written(rv_test_directory(), RV_IO, "a folder");
  assert_not_written(rv_test_path("none/model.json"), RV_NOT_FOUND, "its folder is not there");
  assert_not_written("/dev/full", RV_IO, "the disk is full");
  const char *file = rv_test_path("file");
  rv_test_write_file(file, "x", 1);
  assert_not_written(rv_test_path("file/model.json"), RV_NOT_FOUND, "its folder is not there");
  if (!geteuid())
    return; // the superuser may write anywhere
  ck_assert_int_eq(chmod(file, 0400), 0);
  assert_not_written(file, RV_IO, "may not be written");
  ck_assert_int_eq(chmod(rv_test_directory(), 0500), 0);
  assert_not_written(rv_test_path("model.json"), RV_IO, "may not be written");
  ck_assert_int_eq(chmod(rv_test_directory(), 0700), 0);
}
END_TEST

START_TEST(a_disk_that_fills_up_leaves_the_old_model_whole)
{
  const char *path = rv_test_path("model.json");
  rv_description *old = rv_handmade_model(RV_GRU, 0, 8, 2);
  rv_description *back = NULL;
  ck_assert_int_eq(rv_model_write(path, old, RV_FORMAT_AIDAX, NULL), RV_OK);
  // A limit on the size of files fails a write as a full disk does, without needing one.
  const struct rlimit limits[] = {{0, 0}, {200, 200}};
  (void)signal(SIGXFSZ, SIG_IGN);
  for (int l = 1; l >= 0; l--) {
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limits[l]), 0);
    assert_not_written(path, RV_IO, "File too large");
  }
  ck_assert_int_eq(files_left(), 1);
  ck_assert_int_eq(rv_model_read(path, &back, NULL, NULL), RV_OK);
  rv_handmade_assert_same(old, back);
  rv_description_free(back);
  rv_description_free(old);
}
END_TEST

START_TEST(a_model_that_no_reader_would_take_is_not_written)
{
  const char *path = rv_test_path("model.json");
  rv_description *model = rv_handmade_model(RV_LSTM, 0, 4, 1);
  rv_error error = {{0}};
  model->layers[0].b[2] = 1.0F / 0.0F;
  ck_assert_int_eq(rv_model_write(path, model, RV_FORMAT_AIDAX, &error), RV_BAD_FORMAT);
  ck_assert_msg(strstr(error.text, "model.json: not written: layer 1 (lstm): bias number 3"), "%s",
                error.text);
  model->layers[0].b[2] = 0.0F;
  ck_assert_int_eq(rv_description_set_text(model, "name", "\xff", NULL), RV_OK);
  ck_assert_int_eq(rv_model_write(path, model, RV_FORMAT_AIDAX, &error), RV_UNSUPPORTED);
  ck_assert_msg(strstr(error.text, "not valid UTF-8"), "%s", error.text);
  rv_description_free(model);
  model = rv_handmade_model(RV_LSTM, 0, 4, 1);
  ck_assert_int_eq(rv_model_write(path, model, RV_FORMAT_TORCH, &error), RV_UNSUPPORTED);
  ck_assert_msg(strstr(error.text, "torch files are read only"), "%s", error.text);
  rv_description_free(model);
  model = rv_handmade_model(RV_LSTM, 0, 600, 1);
  ck_assert_int_eq(rv_model_write(path, model, RV_FORMAT_AIDAX, &error), RV_UNSUPPORTED);
  ck_assert_msg(strstr(error.text, "a model file holds at most"), "%s", error.text);
  ck_assert_int_eq(files_left(), 0);
  rv_description_free(model);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("replacement");
  TCase *cases = tcase_create("replacement");
  tcase_add_test(cases, the_old_file_stays_until_commit);
  tcase_add_test(cases, an_abandoned_file_leaves_nothing);
  tcase_add_test(cases, two_at_once_do_not_meet);
  tcase_add_test(cases, what_a_killed_process_left_is_removed_by_the_next_write_to_that_name);
  tcase_add_test(cases, what_another_process_writes_to_is_left_alone);
  tcase_add_test(cases, a_trap_under_a_name_of_ours_is_stepped_over);
  tcase_add_test(cases, mode_bits_are_those_of_the_old_file_or_of_the_umask);
  tcase_add_test(cases, a_link_stays_a_link);
  tcase_add_test(cases, what_is_not_a_regular_file_is_written_in_place);
  tcase_add_test(cases, a_long_name_can_be_replaced);
  tcase_add_test(cases, a_model_that_cannot_be_written_is_told_with_path_and_reason);
  tcase_add_test(cases, a_disk_that_fills_up_leaves_the_old_model_whole);
  tcase_add_test(cases, a_model_that_no_reader_would_take_is_not_written);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
