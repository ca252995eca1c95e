// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_KERNELS rv_kernels_neon
#define RV_KERNEL_NEON
#include "kernel_tmpl.h"
