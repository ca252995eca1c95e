// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Writes the seeds of a target as files, for libFuzzer: seeds FOLDER.

#include "fuzz.h"

#include <stdio.h>

int main(int argc, char **argv)
{
  static unsigned char bytes[1 << 20];
  size_t size = 0;
  if (argc != 2)
    return 2;
  for (size_t number = 0; (size = rv_fuzz_seed(number, bytes, sizeof bytes)) > 0; number++) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%zu", argv[1], number);
    FILE *file = fopen(path, "wb");
    const size_t written = file ? fwrite(bytes, 1, size, file) : 0;
    if (!file || fclose(file) || written != size)
      return 1;
  }
  return 0;
}
