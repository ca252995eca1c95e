// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define _GNU_SOURCE // dl_iterate_phdr
#include "failing.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_long calls;
static atomic_long live;
static atomic_long at = 0; ///< of `calls`; 0: none
static atomic_bool on;
static atomic_bool failed;

void rv_failing_arm(long number, bool for_good)
{
  atomic_store(&failed, false);
  atomic_store(&on, for_good);
  atomic_store(&at, atomic_load(&calls) + number);
}

bool rv_failing_disarm(void)
{
  atomic_store(&at, 0);
  return atomic_load(&failed);
}

long rv_failing_live(void)
{
  return atomic_load(&live);
}

#ifdef SANITIZED

void rv_failing_spare_json(void)
{
}

bool rv_failing_available(void)
{
  return false;
}

#else

bool rv_failing_available(void)
{
  return true;
}

// glibc's own allocator under its other names.
extern void *__libc_malloc(size_t size);                     // NOLINT(bugprone-reserved-identifier)
extern void *__libc_calloc(size_t count, size_t size);       // NOLINT(bugprone-reserved-identifier)
extern void *__libc_realloc(void *block, size_t size);       // NOLINT(bugprone-reserved-identifier)
extern void *__libc_memalign(size_t alignment, size_t size); // NOLINT(bugprone-reserved-identifier)
extern void __libc_free(void *block);                        // NOLINT(bugprone-reserved-identifier)

#define MOST_RANGES 16

/// Addresses of the code whose allocations fail; none: all.
static struct range {
  uintptr_t from, to;
} ranges[MOST_RANGES];
static size_t n_ranges;

static bool counts(const void *caller)
{
  const uintptr_t address = (uintptr_t)caller;
  bool inside = !n_ranges;
  for (size_t r = 0; r < n_ranges; r++)
    inside = inside || (address >= ranges[r].from && address < ranges[r].to);
  return inside;
}

static bool fails(const void *caller)
{
  if (!counts(caller))
    return false;
  const long number = atomic_fetch_add(&calls, 1) + 1;
  const long wanted = atomic_load(&at);
  if (!wanted || (atomic_load(&on) ? number < wanted : number != wanted))
    return false;
  atomic_store(&failed, true);
  errno = ENOMEM;
  return true;
}

static void *counted(void *block)
{
  if (block)
    atomic_fetch_add(&live, 1);
  return block;
}

/// It grows to powers of two.
static void *json_malloc(size_t size)
{
  const bool spared = size >= 32 && !(size & (size - 1));
  return !spared && fails(__builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));
}

void rv_failing_spare_json(void)
{
  json_set_alloc_funcs(json_malloc, free);
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's names are reserved.
__attribute__((visibility("default"))) void *malloc(size_t size)
{
  return fails(__builtin_return_address(0)) ? NULL : counted(__libc_malloc(size));
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
  return fails(__builtin_return_address(0)) ? NULL : counted(__libc_calloc(count, size));
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size)
{
  if (fails(__builtin_return_address(0)))
    return NULL;
  void *moved = __libc_realloc(block, size);
  if (!block)
    return counted(moved);
  if (!size)
    atomic_fetch_sub(&live, 1);
  return moved;
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size)
{
  return fails(__builtin_return_address(0)) ? NULL : counted(__libc_memalign(alignment, size));
}

__attribute__((visibility("default"))) int posix_memalign(void **block, size_t alignment,
                                                          size_t size)
{
  void *made =
      fails(__builtin_return_address(0)) ? NULL : counted(__libc_memalign(alignment, size));
  if (!made)
    return ENOMEM;
  *block = made;
  return 0;
}

__attribute__((visibility("default"))) void free(void *block)
{
  if (block)
    atomic_fetch_sub(&live, 1);
  __libc_free(block);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

#ifdef RV_FAILING_PRELOADED

/// The program itself, and libraries that take a failure well: libsndfile reads what it could not
/// allocate.
static int add_range(struct dl_phdr_info *library, size_t size, void *data)
{
  static const char *const sound[] = {"/libc.so", "/libjansson.so", "/libkissfft"};
  (void)size;
  (void)data;
  bool wanted = !*library->dlpi_name;
  for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
    wanted = wanted || strstr(library->dlpi_name, sound[i]);
  for (int i = 0; i < library->dlpi_phnum && wanted && n_ranges < MOST_RANGES; i++) {
    const uintptr_t from = (uintptr_t)(library->dlpi_addr + library->dlpi_phdr[i].p_vaddr);
    if (library->dlpi_phdr[i].p_type == PT_LOAD && library->dlpi_phdr[i].p_flags & PF_X)
      ranges[n_ranges++] = (struct range){from, from + library->dlpi_phdr[i].p_memsz};
  }
  return 0;
}

static char count_file[256];

__attribute__((constructor)) static void begin(void)
{
  const char *wanted = getenv("RECURVE_FAIL_AT");
  const char *file = getenv("RECURVE_FAIL_COUNT");
  if (file && strlen(file) < sizeof count_file)
    memcpy(count_file, file, strlen(file) + 1);
  rv_failing_spare_json();
  (void)dl_iterate_phdr(add_range, NULL);
  if (wanted)
    rv_failing_arm(strtol(wanted, NULL, 10), strchr(wanted, '+'));
}

/// Digits without a call that allocates.
__attribute__((destructor)) static void end(void)
{
  char text[24];
  size_t place = sizeof text;
  const int file = *count_file ? open(count_file, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
  if (file < 0)
    return;
  for (long left = atomic_load(&calls); place && (left || place == sizeof text); left /= 10)
    text[--place] = (char)('0' + left % 10);
  if (write(file, text + place, sizeof text - place) < 0)
    _exit(99);
  (void)close(file);
}

#endif

#endif
