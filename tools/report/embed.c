// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// embed NAME <FILE >HEADER: a text file as a C string, at build time.

#include <stdio.h>

int main(int argc, char **argv)
{
  int c = 0;
  int column = 0;
  if (argc != 2)
    return 2;
  (void)printf("static const char %s[] = {", argv[1]);
  while ((c = getchar()) != EOF) {
    (void)printf("%s%d,", column % 20 ? "" : "\n", c < 128 ? c : c - 256);
    column++;
  }
  (void)puts("0};");
  return ferror(stdin) || fflush(stdout) ? 1 : 0;
}
