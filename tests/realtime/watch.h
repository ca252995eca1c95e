// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Functions that the audio thread must not call, in place of the C library's in program and
/// modules alike: allocation, mapping of memory, locks. They do their work, and are written down
/// where the calling thread is watched. A lock that nobody holds makes no system call: only this
/// sees it.

#ifndef RECURVE_TESTS_WATCH_H
#define RECURVE_TESTS_WATCH_H

#include <stdatomic.h>

/// A sanitizer has an allocator and locks of its own, and makes system calls as it likes.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RV_WATCHABLE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define RV_WATCHABLE 0
#endif
#endif
#ifndef RV_WATCHABLE
#define RV_WATCHABLE 1
#endif

#define RV_WATCH_NAMES 8

typedef struct rv_watch_log {
  atomic_uint calls;
  _Atomic(const char *) names[RV_WATCH_NAMES]; ///< of the first calls
} rv_watch_log;

/// Has the calls written down in `log` from now on. No thread may be watched meanwhile.
void rv_watch_to(rv_watch_log *log);

/// The calling thread is watched from here, and no more from there.
void rv_watch_begin(void);
void rv_watch_end(void);

/// Why nothing can be proven in this run: a sanitizer, an emulator, a system without seccomp; NULL
/// where it can.
const char *rv_watch_obstacle(void);

#endif
