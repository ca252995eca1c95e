// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_PEAK_KERNELS rv_peak_kernels_avx512
#include "peaks_tmpl.h"
