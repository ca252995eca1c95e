// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define RV_SEQ_DOUBLE
#define RV_SEQ_KERNELS rv_seq_double
#include "sequence_tmpl.h"
