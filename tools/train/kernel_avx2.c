// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_TRAIN_KERNELS rv_train_kernels_avx2
#include "kernel_tmpl.h"
