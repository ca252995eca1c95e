// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_PEAK_KERNELS rv_peak_kernels_neon
#define RV_KERNEL_NEON
#include "peaks_tmpl.h"
