// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Any bytes as a model file: refused in one line, or a model that holds what readers promise.

#include "recurve/io.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
  rv_error error = {{0}};
  rv_description *model = NULL;
  const rv_status status =
      rv_model_read_memory((const char *)bytes, size, "f", &model, NULL, &error);
  if (status) {
    if (model || !error.text[0])
      abort();
    for (const char *c = error.text; *c; c++)
      if ((unsigned char)*c < 0x20)
        abort();
    return 0;
  }
  if (rv_description_check(model, &error))
    abort();
  rv_description_free(model);
  return 0;
}
