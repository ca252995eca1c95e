// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The command where memory or the disk comes to an end, and with models that are made to harm: a
/// line that says so, status 1, and no half file.

#include "fixture.h"
#include "recurve/io.h"
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define RATE      24000
#define FRAMES    (size_t)36000
#define ARGUMENTS 24

/// What a run may have, and what came of it.
typedef struct attempt {
  const char *arguments; ///< with blanks between them
  const char *fail_at;   ///< RECURVE_FAIL_AT, or NULL
  const char *count;     ///< RECURVE_FAIL_COUNT, or NULL
  const char *out;       ///< where standard output goes, or NULL
  rlim_t file_bytes;     ///< the longest file, 0: any
  int status;            ///< exit status; −1: ended by a signal
  double seconds;        ///< of the processor
  long kilobytes;        ///< most memory
  char words[2000];      ///< standard error
} attempt;

static void enter(const attempt *run)
{
  static char line[1024];
  char *words[ARGUMENTS] = {RECURVE_PROGRAM};
  int n = 1;
  (void)snprintf(line, sizeof line, "%s", run->arguments);
  for (char *rest = line, *word = NULL; n < ARGUMENTS - 1 && (word = strtok_r(rest, " ", &rest));)
    words[n++] = word;
  const struct rlimit limit = {run->file_bytes, run->file_bytes};
  const int out = open(run->out ? run->out : "/dev/null", O_WRONLY);
  const int err = open("words.txt", O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (out < 0 || err < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
    _exit(98);
  if (run->fail_at || run->count)
    (void)setenv("LD_PRELOAD", FAILING, 1);
  if (run->fail_at)
    (void)setenv("RECURVE_FAIL_AT", run->fail_at, 1);
  if (run->count)
    (void)setenv("RECURVE_FAIL_COUNT", run->count, 1);
  (void)signal(SIGXFSZ, SIG_IGN);
  if (run->file_bytes)
    (void)setrlimit(RLIMIT_FSIZE, &limit);
  (void)execv(RECURVE_PROGRAM, words);
  _exit(97);
}

static void try(attempt *run)
{
  struct rusage used;
  int status = 0;
  ck_assert_int_eq(chdir(rv_test_directory()), 0);
  const pid_t child = fork();
  if (!child)
    enter(run);
  ck_assert_int_eq(wait4(child, &status, 0, &used), child);
  run->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  run->seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  run->kilobytes = used.ru_maxrss;
  char *words = rv_test_read_file("words.txt", NULL);
  (void)snprintf(run->words, sizeof run->words, "%s", words ? words : "");
  free(words);
}

/// Something that a user does, and the files that there are afterwards.
typedef struct deed {
  const char *arguments, *results;
} deed;

static const deed deeds[] = {
    {"convert model.json new.nam", "new.nam"},
    {"process model.json dry.wav -o new.wav", "new.wav"},
    {"process model.json dry.wav -o new.flac", "new.flac"},
    {"capture --practice-amp dry.wav -o new.wav", "new.wav"},
    {"signal --riff --length 4 -o new.wav", "new.wav"},
    {"report model.json dry.wav wet.wav --latency 0 -o new.html", "new.html"},
    {"train dry.wav wet.wav -o new.json --latency 0 --updates 3 --size 4 --threads 1 --no-report",
     "new.json"},
};
#define DEEDS (sizeof deeds / sizeof *deeds)

static void setup(void)
{
  static float dry[FRAMES];
  static float wet[FRAMES];
  rv_fixture_pair(dry, wet, FRAMES, RATE);
  rv_description_free(rv_fixture_model(rv_test_path("model.json"), RV_LSTM, 4, RATE, 0, 3));
}

/// Nothing is there but what was there, and `result` where it is whole. Removes it.
static void expect_files(const attempt *run, const char *how, const char *result, bool whole)
{
  static const char *const kept[] = {".",          "..",        "dry.wav",  "wet.wav",
                                     "model.json", "words.txt", "count.txt"};
  bool there = false;
  DIR *folder = opendir(rv_test_directory());
  ck_assert_ptr_nonnull(folder);
  for (const struct dirent *entry = NULL; (entry = readdir(folder));) {
    bool known = !strcmp(entry->d_name, result);
    there = there || known;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
      known = known || !strcmp(entry->d_name, kept[i]);
    ck_assert_msg(known, "%s, %s: leaves %s", run->arguments, how, entry->d_name);
  }
  (void)closedir(folder);
  ck_assert_msg(there == whole, "%s, %s: %s is %s: %s", run->arguments, how, result,
                there ? "there" : "missing", run->words);
  (void)unlink(result);
}

START_TEST(memory_that_comes_to_an_end_is_told)
{
  if (RV_TEST_SANITIZED) {
    (void)puts("skipped: a sanitizer has an allocator of its own");
    return;
  }
  const deed *what = &deeds[_i];
  attempt run = {.arguments = what->arguments, .count = "count.txt"};
  try(&run);
  ck_assert_msg(!run.status, "%s: %s", run.arguments, run.words);
  expect_files(&run, "with memory", what->results, true);
  char *text = rv_test_read_file("count.txt", NULL);
  const long all = text ? strtol(text, NULL, 10) : 0;
  free(text);
  ck_assert_int_gt(all, 20);
  int tried = 0;
  // All of the first ones, then fewer and fewer; in each place once alone, once for good.
  for (long n = 1; n <= all; n += 1 + n / 5)
    for (int on = 0; on < 2; on++, tried++) {
      char number[24];
      (void)snprintf(number, sizeof number, "%ld%s", n, on ? "+" : "");
      run = (attempt){.arguments = what->arguments, .fail_at = number};
      try(&run);
      ck_assert_msg(run.status == 0 || run.status == 1, "%s, allocation %s: status %d: %s",
                    run.arguments, number, run.status, run.words);
      ck_assert_msg(!run.status || *run.words, "%s, allocation %s: no words", run.arguments,
                    number);
      expect_files(&run, number, what->results, !run.status);
    }
  (void)printf("%s: %ld allocations, %d runs\n", what->arguments, all, tried);
}
END_TEST

START_TEST(a_disk_that_is_full_at_any_byte_is_told_and_holds_nothing)
{
  const deed *what = &deeds[_i];
  attempt run = {.arguments = what->arguments};
  try(&run);
  ck_assert_msg(!run.status, "%s: %s", run.arguments, run.words);
  FILE *file = fopen(what->results, "rb");
  ck_assert_ptr_nonnull(file);
  (void)fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  (void)fclose(file);
  expect_files(&run, "with room", what->results, true);
  // The words of the program are in a file, too.
  for (long room = 1000; room < size; room += 1 + (room < size / 2 ? room : (size - room) / 2)) {
    char how[64];
    (void)snprintf(how, sizeof how, "%ld of %ld bytes", room, size);
    run = (attempt){.arguments = what->arguments, .file_bytes = (rlim_t)room};
    try(&run);
    ck_assert_msg(run.status == 1, "%s, %s: status %d: %s", run.arguments, how, run.status,
                  run.words);
    ck_assert_msg(strstr(run.words, what->results), "%s, %s: %s", run.arguments, how, run.words);
    expect_files(&run, how, what->results, false);
  }
}
END_TEST

START_TEST(results_that_cannot_be_printed_are_a_failure)
{
  static const char *const prints[] = {
      "bench --model model.json --tsv --time 0.01 --channels 1 --isa base",
      "bench --model model.json --json --time 0.01 --channels 1 --isa base",
      "info model.json",
      "info --json model.json",
      "process model.json dry.wav -o -",
      "process model.json dry.wav -o new.wav --json",
      "report model.json dry.wav wet.wav --latency 0 -o new.html",
      "signal --riff --length 4 -o -",
      "train dry.wav wet.wav --check --json",
      "--help",
      "--version",
  };
  for (size_t p = 0; p < sizeof prints / sizeof *prints; p++) {
    attempt run = {.arguments = prints[p]};
    try(&run);
    ck_assert_msg(!run.status, "%s: status %d: %s", prints[p], run.status, run.words);
    run.out = "/dev/full";
    try(&run);
    ck_assert_msg(run.status == 1, "%s: status %d: %s", prints[p], run.status, run.words);
    ck_assert_msg(strstr(run.words, "standard output"), "%s: %s", prints[p], run.words);
  }
}
END_TEST

/// A text, or what is printed by a number of repeats of a piece between two others.
typedef struct hostile {
  const char *before, *piece;
  int times;
  const char *after;
} hostile;

#define LSTM_1                                                                                     \
  "{\"type\":\"lstm\",\"shape\":[1],\"weights\":[[[1,2,3,4]],[[5,6,7,8]],[9,10,11,12]]}"

static const hostile models[] = {
    {"{\"in_shape\":[1],\"layers\":[{\"type\":\"lstm\",\"shape\":[2147483648],\"weights\":[]}]}",
     "", 0, ""},
    {"{\"in_shape\":[2147483648],\"layers\":[" LSTM_1 "]}", "", 0, ""},
    {"{\"in_shape\":[1],\"layers\":[", LSTM_1 ",", 20000, "]}"},
    {"{\"architecture\":\"LSTM\",\"config\":{\"input_size\":1,\"hidden_size\":2147483648,"
     "\"num_layers\":1},\"weights\":[]}",
     "", 0, ""},
    {"{\"architecture\":\"LSTM\",\"config\":{\"input_size\":1,\"hidden_size\":1,"
     "\"num_layers\":2147483648},\"weights\":[]}",
     "", 0, ""},
    {"{\"model_data\":{\"model\":\"SimpleRNN\",\"unit_type\":\"LSTM\",\"input_size\":1,"
     "\"hidden_size\":2147483648,\"output_size\":1},\"state_dict\":{}}",
     "", 0, ""},
    {"{\"a.weight_ih_l2147483648\":[[1]]}", "", 0, ""},
    {"{\"in_shape\":[1],\"layers\":[{\"type\":\"lstm\",\"shape\":[1],\"weights\":[[[NaN]]]}]}", "",
     0, ""},
    {"{\"a\":", "[", 3000000, ""},
    {"{\"layers\":[", "1e38,", 4000000, "1]}"},
    {"{\"a\":\"", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 2000000, "\"}"},
};
#define MODELS (sizeof models / sizeof *models)

static void write_hostile(const hostile *model)
{
  FILE *file = fopen("model.json", "w");
  ck_assert_ptr_nonnull(file);
  (void)fputs(model->before, file);
  for (int i = 0; i < model->times; i++)
    (void)fputs(model->piece, file);
  (void)fputs(model->after, file);
  ck_assert_int_eq(fclose(file), 0);
}

/// One line of words, at once and in little memory.
static void expect_cheap(const char *arguments, const char *what)
{
  attempt run = {.arguments = arguments};
  try(&run);
  ck_assert_msg(run.status == 1, "%s with %s: status %d", arguments, what, run.status);
  ck_assert_msg(strstr(run.words, "model.json") && strchr(run.words, '\n') &&
                    !strchr(run.words, '\n')[1],
                "%s with %s: %s", arguments, what, run.words);
  (void)printf("%-40.40s %-24.24s %.2f s, %ld kB\n", what, arguments, run.seconds, run.kilobytes);
  if (!RV_TEST_SANITIZED) {
    ck_assert_double_le(run.seconds, 1.0);
    ck_assert_int_le(run.kilobytes, 100000);
  }
}

START_TEST(a_model_that_is_made_to_harm_ends_in_one_line)
{
  static const char *const uses[] = {"info model.json", "convert model.json new.nam",
                                     "process model.json dry.wav -o new.wav"};
  ck_assert_int_eq(chdir(rv_test_directory()), 0);
  for (size_t m = 0; m < MODELS; m++) {
    write_hostile(&models[m]);
    for (size_t u = 0; u < sizeof uses / sizeof *uses; u++)
      expect_cheap(uses[u], models[m].before);
  }
  ck_assert_int_eq(truncate("model.json", (off_t)1 << 30), 0);
  for (size_t u = 0; u < sizeof uses / sizeof *uses; u++)
    expect_cheap(uses[u], "a gigabyte of zeros");
}
END_TEST

START_TEST(weights_at_the_end_of_the_numbers_play_as_finite_samples)
{
  static const char text[] =
      "{\"in_shape\":[1],\"layers\":[{\"type\":\"lstm\",\"shape\":[1],\"weights\":[[[3e38,-3e38,"
      "3e38,"
      "3e38]],[[-3e38,3e38,3e38,-3e38]],[3e38,3e38,-3e38,3e38]]},{\"type\":\"dense\",\"shape\":[1],"
      "\"weights\":[[[3e38]],[-3e38]]}]}";
  attempt run = {.arguments = "process model.json dry.wav -o new.wav"};
  rv_test_write_file(rv_test_path("model.json"), text, sizeof text - 1);
  try(&run);
  ck_assert_msg(!run.status, "%s", run.words);
  rv_audio *made = rv_fixture_read("new.wav"); // refuses what is not finite
  ck_assert_uint_eq(made->frames, FRAMES);
  rv_audio_free(made);
}
END_TEST

int main(void)
{
  Suite *suite = suite_create("programs");
  TCase *cases = tcase_create("programs");
  tcase_set_timeout(cases, 240);
  tcase_add_checked_fixture(cases, setup, NULL);
  tcase_add_loop_test(cases, memory_that_comes_to_an_end_is_told, 0, DEEDS);
  tcase_add_loop_test(cases, a_disk_that_is_full_at_any_byte_is_told_and_holds_nothing, 0, DEEDS);
  tcase_add_test(cases, results_that_cannot_be_printed_are_a_failure);
  tcase_add_test(cases, a_model_that_is_made_to_harm_ends_in_one_line);
  tcase_add_test(cases, weights_at_the_end_of_the_numbers_play_as_finite_samples);
  suite_add_tcase(suite, cases);
  return rv_test_run(suite);
}
