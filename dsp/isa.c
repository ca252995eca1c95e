// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#include "kernel.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  rv_isa isa;
  const char *name;
} names[] = {
    {RV_ISA_BASE, "base"}, {RV_ISA_AVX2, "avx2"}, {RV_ISA_AVX512, "avx512"}, {RV_ISA_NEON, "neon"}};

#define COUNT (sizeof names / sizeof *names)

bool rv_isa_available(rv_isa isa)
{
  switch (isa) {
  case RV_ISA_BASE:
    return true;
#if defined(__x86_64__)
  // These builtins ask the CPU and, through XGETBV, whether the system saves the registers.
  case RV_ISA_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  case RV_ISA_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           rv_isa_available(RV_ISA_AVX2);
#elif defined(__aarch64__)
  case RV_ISA_NEON:
    return true;
#endif
  default:
    return false;
  }
}

const rv_kernels *rv_kernels_of(rv_isa isa)
{
  if (!rv_isa_available(isa))
    return NULL;
  switch (isa) {
#if defined(__x86_64__)
  case RV_ISA_AVX2:
    return &rv_kernels_avx2;
  case RV_ISA_AVX512:
    return &rv_kernels_avx512;
#elif defined(__aarch64__)
  case RV_ISA_NEON:
    return &rv_kernels_neon;
#endif
  default:
    return &rv_kernels_base;
  }
}

rv_isa rv_isa_choose(void)
{
  rv_isa best = RV_ISA_BASE;
  for (size_t i = 0; i < COUNT; i++)
    if (rv_isa_available(names[i].isa))
      best = names[i].isa;
  // Setup only: no thread of this library changes the environment.
  const char *wish = getenv("RECURVE_ISA");
  for (size_t i = 0; wish && i < COUNT; i++)
    if (!strcmp(wish, names[i].name) && rv_isa_available(names[i].isa))
      return names[i].isa;
  return best;
}

const char *rv_isa_name(rv_isa isa)
{
  for (size_t i = 0; i < COUNT; i++)
    if (names[i].isa == isa)
      return names[i].name;
  return "unknown";
}
