// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "table/text.h"

#include "recurve/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// What some editors set before UTF-8.
#define MARK "\xEF\xBB\xBF"

rv_status rv_text_read(const char *path, size_t most, char **text, size_t *size, rv_error *error)
{
  FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
  char *read = NULL;
  size_t used = 0;
  size_t space = 0;
  rv_status status = file ? RV_OK : rv_fail_reading(error, path, errno);
  while (!status) {
    if (space - used < 4096) {
      space = space ? 2 * space : 65536;
      char *more = realloc(read, space);
      if (!more) {
        status = rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
        break;
      }
      read = more;
    }
    const size_t got = fread(read + used, 1, space - used - 1, file);
    used += got;
    if (ferror(file))
      status = rv_fail_reading(error, path, errno);
    if (!got)
      break;
    if (!status && used > most)
      status = rv_fail(error, RV_BAD_FORMAT, "%s: is larger than %zu MB, which no table is", path,
                       most >> 20U);
  }
  if (file && file != stdin)
    (void)fclose(file);
  if (status || !read) {
    free(read);
    return status;
  }
  read[used] = '\0';
  if (!strncmp(read, MARK, strlen(MARK))) {
    used -= strlen(MARK);
    memmove(read, read + strlen(MARK), used + 1);
  }
  *text = read;
  *size = used;
  return RV_OK;
}
