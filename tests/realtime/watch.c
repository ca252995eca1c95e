// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

// The functions here must have their plain names.
#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE // RTLD_NEXT, memalign and kin

#include "watch.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <threads.h>
#include <unistd.h>

static rv_watch_log unread;
static rv_watch_log *written = &unread;
static _Thread_local bool watched;

void rv_watch_to(rv_watch_log *log)
{
  written = log;
}

void rv_watch_begin(void)
{
  watched = true;
}

void rv_watch_end(void)
{
  watched = false;
}

const char *rv_watch_obstacle(void)
{
  if (!RV_WATCHABLE)
    return "a sanitizer";
  const char *preloaded = getenv("LD_PRELOAD");
  if (preloaded && strstr(preloaded, "vgpreload"))
    return "valgrind";
  // An emulator of user programs refuses seccomp, too.
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 ? "a system without seccomp" : NULL;
}

#if RV_WATCHABLE

static void note(const char *name)
{
  if (!watched)
    return;
  const unsigned call = atomic_fetch_add(&written->calls, 1);
  if (call < RV_WATCH_NAMES)
    atomic_store(&written->names[call], name);
}

typedef void (*any_function)(void);

/// The function of the C library that has this name.
static any_function original(const char *name, _Atomic(any_function) *found)
{
  any_function function = atomic_load_explicit(found, memory_order_relaxed);
  if (function)
    return function;
  void *symbol = dlsym(RTLD_NEXT, name);
  if (!symbol)
    abort();
  memcpy(&function, &symbol, sizeof function);
  atomic_store_explicit(found, function, memory_order_relaxed);
  return function;
}

// NOLINTBEGIN(bugprone-macro-parentheses): types and lists of parameters
#define WATCHED(type, name, parameters, arguments)                                                 \
  __attribute__((visibility("default"))) type name parameters                                      \
  {                                                                                                \
    static _Atomic(any_function) found;                                                            \
    note(#name);                                                                                   \
    return ((type(*) parameters)original(#name, &found))arguments;                                 \
  }
// NOLINTEND(bugprone-macro-parentheses)

// The allocator of glibc under its own names: looking up a name allocates.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's are reserved names
__attribute__((visibility("default"))) void *malloc(size_t size)
{
  note("malloc");
  return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
  note("calloc");
  return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *memory, size_t size)
{
  note("realloc");
  return __libc_realloc(memory, size);
}

__attribute__((visibility("default"))) void free(void *memory)
{
  if (memory)
    note("free");
  __libc_free(memory);
}

typedef const struct timespec *rv_until;

WATCHED(int, posix_memalign, (void **to, size_t alignment, size_t size), (to, alignment, size))
WATCHED(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WATCHED(void *, memalign, (size_t alignment, size_t size), (alignment, size))
WATCHED(void *, valloc, (size_t size), (size))
WATCHED(void *, reallocarray, (void *memory, size_t n, size_t size), (memory, n, size))
WATCHED(void *, mmap, (void *at, size_t size, int protection, int flags, int file, off_t offset),
        (at, size, protection, flags, file, offset))
WATCHED(void *, mmap64,
        (void *at, size_t size, int protection, int flags, int file, off64_t offset),
        (at, size, protection, flags, file, offset))
WATCHED(int, munmap, (void *at, size_t size), (at, size))
WATCHED(int, madvise, (void *at, size_t size, int advice), (at, size, advice))
WATCHED(int, brk, (void *end), (end))
WATCHED(void *, sbrk, (intptr_t step), (step))

WATCHED(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex))
WATCHED(int, pthread_mutex_trylock, (pthread_mutex_t * mutex), (mutex))
WATCHED(int, pthread_mutex_timedlock, (pthread_mutex_t * mutex, rv_until until), (mutex, until))
WATCHED(int, pthread_mutex_unlock, (pthread_mutex_t * mutex), (mutex))
WATCHED(int, pthread_spin_lock, (pthread_spinlock_t * spin), (spin))
WATCHED(int, pthread_spin_trylock, (pthread_spinlock_t * spin), (spin))
WATCHED(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock))
WATCHED(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock))
WATCHED(int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock), (lock))
WATCHED(int, pthread_rwlock_trywrlock, (pthread_rwlock_t * lock), (lock))
WATCHED(int, pthread_rwlock_unlock, (pthread_rwlock_t * lock), (lock))
WATCHED(int, pthread_cond_wait, (pthread_cond_t * condition, pthread_mutex_t *mutex),
        (condition, mutex))
WATCHED(int, pthread_cond_timedwait,
        (pthread_cond_t * condition, pthread_mutex_t *mutex, rv_until until),
        (condition, mutex, until))
WATCHED(int, pthread_cond_signal, (pthread_cond_t * condition), (condition))
WATCHED(int, pthread_cond_broadcast, (pthread_cond_t * condition), (condition))
WATCHED(int, sem_wait, (sem_t * semaphore), (semaphore))
WATCHED(int, sem_trywait, (sem_t * semaphore), (semaphore))
WATCHED(int, sem_timedwait, (sem_t * semaphore, rv_until until), (semaphore, until))
WATCHED(int, sem_post, (sem_t * semaphore), (semaphore))
WATCHED(int, mtx_lock, (mtx_t * mutex), (mutex))
WATCHED(int, mtx_trylock, (mtx_t * mutex), (mutex))
WATCHED(int, mtx_unlock, (mtx_t * mutex), (mutex))
WATCHED(int, cnd_wait, (cnd_t * condition, mtx_t *mutex), (condition, mutex))
WATCHED(int, cnd_signal, (cnd_t * condition), (condition))
WATCHED(int, cnd_broadcast, (cnd_t * condition), (condition))
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

#endif
