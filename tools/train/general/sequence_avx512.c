// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_SEQ_KERNELS rv_seq_avx512
#include "sequence_tmpl.h"
