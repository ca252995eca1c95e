// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// A module that is loaded as the plugin is, and does what run() must not do.

#undef _FILE_OFFSET_BITS // mmap by its plain name

#include "violations.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static void *volatile memory; // volatile: or the compiler leaves out what nobody uses

/// Something to free and to enlarge.
__attribute__((constructor)) static void allocate(void)
{
  memory = malloc(1);
}

static void write_nothing(void)
{
  (void)!write(STDOUT_FILENO, "", 0);
}

static void do_malloc(void)
{
  memory = malloc(1);
}

static void do_calloc(void)
{
  memory = calloc(1, 1);
}

static void do_realloc(void)
{
  memory = realloc(memory, 100);
}

static void do_free(void)
{
  free(memory);
}

static void do_posix_memalign(void)
{
  void *block = NULL;
  (void)posix_memalign(&block, 64, 64);
  memory = block;
}

static void do_aligned_alloc(void)
{
  memory = aligned_alloc(64, 64);
}

static void do_mmap(void)
{
  memory = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, -1, 0);
}

static void do_munmap(void)
{
  (void)munmap(NULL, 0);
}

static void do_lock(void)
{
  (void)pthread_mutex_lock(&mutex);
}

static void do_trylock(void)
{
  (void)pthread_mutex_trylock(&mutex);
}

static void do_rdlock(void)
{
  (void)pthread_rwlock_rdlock(&rwlock);
}

static void do_wrlock(void)
{
  (void)pthread_rwlock_trywrlock(&rwlock);
}

static void do_signal(void)
{
  (void)pthread_cond_signal(&condition);
}

static void do_post(void)
{
  static sem_t semaphore;
  (void)sem_post(&semaphore);
}

static void do_trywait(void)
{
  static sem_t semaphore;
  (void)sem_trywait(&semaphore);
}

__attribute__((visibility("default"))) const rv_violation rv_violations[] = {
    {"write", write_nothing, true},
    {"malloc", do_malloc, false},
    {"calloc", do_calloc, false},
    {"realloc", do_realloc, false},
    {"free", do_free, false},
    {"posix_memalign", do_posix_memalign, false},
    {"aligned_alloc", do_aligned_alloc, false},
    {"mmap", do_mmap, true},
    {"munmap", do_munmap, true},
    {"pthread_mutex_lock", do_lock, false},
    {"pthread_mutex_trylock", do_trylock, false},
    {"pthread_rwlock_rdlock", do_rdlock, false},
    {"pthread_rwlock_trywrlock", do_wrlock, false},
    {"pthread_cond_signal", do_signal, false},
    {"sem_post", do_post, false},
    {"sem_trywait", do_trywait, false},
    {NULL, NULL, false},
};
