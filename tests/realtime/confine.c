// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define _GNU_SOURCE // MAP_ANONYMOUS, syscall

#include "confine.h"

#include "support.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#define OUR_ARCHITECTURE 0
#endif

#define PATIENCE_SECONDS 60

typedef struct task {
  rv_confined *confined;
  rv_confined_call body;
  void *data;
  atomic_bool over;
} task;

static rv_confined *shared;

/// Writes the number down. The return from here is a system call of its own, at a time when SIGSYS
/// is blocked: that one kills.
static void on_system_call(int signal, siginfo_t *info, void *context)
{
  (void)signal;
  (void)context;
  atomic_store(&shared->system_call, info->si_syscall);
}

/// Sets the filter for the calling thread alone. A filter that traps, and not one that kills at
/// once, so that the number of the call is known.
static bool set_filter(void)
{
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {sizeof code / sizeof *code, code};
  return OUR_ARCHITECTURE && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
         !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static void *confined_thread(void *argument)
{
  task *mine = argument;
  if (set_filter()) {
    mine->body(mine->confined, mine->data);
    mine->confined->finished = true;
  } else {
    mine->confined->refused = true;
  }
  atomic_store(&mine->over, true);
  (void)syscall(SYS_exit, 0); // leaving by way of the library would make system calls
  return NULL;
}

/// The child. It leaves without the parent's handlers of exit.
_Noreturn static void child(task *mine, rv_confined_call before, rv_confined_call beside)
{
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_system_call;
  action.sa_flags = SA_SIGINFO;
  pthread_t thread;
  (void)alarm(PATIENCE_SECONDS);
  if (before)
    before(mine->confined, mine->data);
  if (sigaction(SIGSYS, &action, NULL) || pthread_create(&thread, NULL, confined_thread, mine))
    _exit(1);
  while (!atomic_load(&mine->over)) {
    if (beside)
      beside(mine->confined, mine->data);
    (void)sched_yield();
  }
  (void)pthread_join(thread, NULL);
  _exit(0);
}

rv_confined *rv_confine(rv_confined_call before, rv_confined_call body, rv_confined_call beside,
                        void *data)
{
  if (!shared) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
  }
  memset(shared, 0, sizeof *shared);
  atomic_store(&shared->system_call, -1);
  rv_watch_to(&shared->log);
  task mine = {.confined = shared, .body = body, .data = data};
  (void)fflush(NULL);
  const pid_t process = fork();
  ck_assert_int_ge(process, 0);
  if (!process)
    child(&mine, before, beside);
  int status = 0;
  ck_assert_int_eq(waitpid(process, &status, 0), process);
  shared->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return shared;
}

const char *rv_confined_text(const rv_confined *confined)
{
  static char text[512];
  int length = 0;
  text[0] = 0;
  if (confined->signal == SIGSYS)
    length = snprintf(text, sizeof text, "killed at system call number %d",
                      atomic_load(&confined->system_call));
  else if (confined->signal)
    length = snprintf(text, sizeof text, "killed by signal %d", confined->signal);
  else if (!confined->finished)
    length = snprintf(text, sizeof text, "not finished");
  const unsigned calls = atomic_load(&confined->log.calls);
  if (!calls)
    return text;
  length += snprintf(text + length, sizeof text - (size_t)length,
                     "%s%u forbidden calls:", length ? ", " : "", calls);
  for (unsigned i = 0; i < calls && i < RV_WATCH_NAMES; i++)
    length += snprintf(text + length, sizeof text - (size_t)length, " %s",
                       atomic_load(&confined->log.names[i]));
  return text;
}
