// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_KERNELS rv_kernels_avx512
#include "kernel_tmpl.h"
