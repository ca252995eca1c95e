// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// The floating-point control word while we compute: round to nearest, no traps, subnormal numbers
/// flushed to zero. A decaying state would otherwise cost many times the time of a loud one.

#ifndef RECURVE_DSP_CONTROL_WORD_H
#define RECURVE_DSP_CONTROL_WORD_H

#include <stdint.h>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

typedef uint64_t rv_control_word;

/// Sets our control word and returns the caller's. Any thread.
static inline rv_control_word rv_control_word_enter(void)
{
#if defined(__SSE2__)
  const rv_control_word caller = _mm_getcsr();
  _mm_setcsr(0x9fc0); // all exceptions masked, flush-to-zero, denormals-are-zero
  return caller;
#elif defined(__aarch64__)
  rv_control_word caller = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(caller));
  const rv_control_word flush = UINT64_C(1) << 24;
  __asm__ volatile("msr fpcr, %0" : : "r"(flush));
  return caller;
#else
  return 0;
#endif
}

static inline void rv_control_word_leave(rv_control_word caller)
{
#if defined(__SSE2__)
  _mm_setcsr((unsigned)caller);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(caller));
#else
  (void)caller;
#endif
}

#endif
