// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The kernels with the C library's exponentials and tangents: what float can reach. Compiled once
/// per instruction set, the name of the table given by the build.

#define RV_KERNEL_LIBM

#include "kernel_tmpl.h"
