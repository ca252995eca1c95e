// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_TRAIN_KERNELS rv_train_kernels_base
#include "kernel_tmpl.h"
