// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int rv_test_run(Suite *suite)
{
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

const char *rv_test_shared(const char *path)
{
  static char full[4096];
  const char *root = getenv("RECURVE_SHARED");
  (void)snprintf(full, sizeof full, "%s/%s", root ? root : RECURVE_SOURCE_ROOT "/../shared", path);
  if (access(full, R_OK)) {
    (void)printf("skipped: no %s in the test data\n", path);
    return NULL;
  }
  return full;
}

static char directory[256];
static pid_t directory_owner;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
  (void)status;
  (void)type;
  (void)place;
  return remove(path);
}

static void remove_directory(void)
{
  if (getpid() == directory_owner)
    (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *rv_test_directory(void)
{
  if (!*directory || directory_owner != getpid()) {
    const char *base = getenv("TMPDIR");
    (void)snprintf(directory, sizeof directory, "%s/recurve-test-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(directory)) {
      perror(directory);
      abort();
    }
    directory_owner = getpid();
    (void)atexit(remove_directory);
  }
  return directory;
}

const char *rv_test_path(const char *name)
{
  static char paths[8][512];
  static unsigned next;
  char *path = paths[next++ % 8];
  (void)snprintf(path, sizeof paths[0], "%s/%s", rv_test_directory(), name);
  return path;
}

char *rv_test_read_file(const char *path, size_t *size)
{
  FILE *file = fopen(path, "rb");
  if (!file)
    return NULL;
  char *bytes = NULL;
  size_t used = 0;
  size_t got = 0;
  do {
    char *grown = realloc(bytes, used + 65536 + 1);
    if (!grown)
      abort();
    bytes = grown;
    got = fread(bytes + used, 1, 65536, file);
    used += got;
  } while (got);
  (void)fclose(file);
  bytes[used] = 0;
  if (size)
    *size = used;
  return bytes;
}

void rv_test_write_file(const char *path, const void *bytes, size_t size)
{
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
  ck_assert_int_eq(fclose(file), 0);
}

size_t rv_test_not_finite(const float *samples, size_t n)
{
  size_t bad = 0;
  for (size_t i = 0; i < n; i++)
    bad += isfinite(samples[i]) ? 0U : 1U;
  return bad;
}

double rv_test_difference_db(const float *a, const float *b, size_t n)
{
  double error = 0.0;
  double signal = 0.0;
  for (size_t i = 0; i < n; i++) {
    const double difference = (double)a[i] - (double)b[i];
    error += difference * difference;
    signal += (double)b[i] * (double)b[i];
  }
  return 10.0 * log10((error + 1e-300) / (signal + 1e-300));
}
