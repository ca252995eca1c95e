// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

#define _GNU_SOURCE // sync_file_range

/// Files that take the place of others only when they are whole.

#include "recurve/io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct rv_replacement {
  char *target; ///< what is replaced, links resolved
  char *path;   ///< what is written; the target itself where it is not a regular file
  char *folder; ///< of both
  int file;     ///< held open, so that all of it can be forced to disk; −1 when written in place
};

static void release(rv_replacement *replacement)
{
  if (replacement->file >= 0)
    (void)close(replacement->file);
  free(replacement->target);
  free(replacement->path);
  free(replacement->folder);
  free(replacement);
}

/// Names that are looked through for what was left: as many as ever write to one file at once.
#define NAMES 4

/// Whether the file that is held open is the one of that name: not one that was removed, or has
/// taken the place of its target, while it was being opened.
static bool is_named(int file, const char *path)
{
  struct stat open_one;
  struct stat named;
  return !fstat(file, &open_one) && !lstat(path, &named) && open_one.st_dev == named.st_dev &&
         open_one.st_ino == named.st_ino;
}

/// Whoever writes to a file holds its lock, which ends with the process, and is seen from
/// containers and other machines too.
static bool hold(int file)
{
  return !flock(file, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK;
}

/// Removes what a process that was killed has left under this name.
static void remove_left_over(const char *path)
{
  struct stat about;
  const int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0)
    return;
  if (!fstat(file, &about) && S_ISREG(about.st_mode) && !flock(file, LOCK_EX | LOCK_NB) &&
      is_named(file, path))
    (void)unlink(path);
  (void)close(file);
}

/// Opens a new file beside the target. Its mode is that of the file it replaces, else what the
/// umask leaves. The names are counted from 0, so that a file that was left is found without a look
/// through the folder, which may hold any number of them. Returns 0 or an errno.
static int open_beside(rv_replacement *replacement, const struct stat *old)
{
  const char *slash = strrchr(replacement->target, '/');
  const char *name = slash ? slash + 1 : replacement->target;
  const size_t size = strlen(replacement->folder) + 300;
  replacement->path = malloc(size);
  if (!replacement->path)
    return ENOMEM;
  for (unsigned number = NAMES; number-- > 0;) {
    (void)snprintf(replacement->path, size, "%s/.%.200s.%u.part", replacement->folder, name,
                   number);
    remove_left_over(replacement->path);
  }
  for (unsigned number = 0; number < 1000; number++) {
    (void)snprintf(replacement->path, size, "%s/.%.200s.%u.part", replacement->folder, name,
                   number);
    const int file = open(replacement->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno != EEXIST)
      return errno;
    // Between the two calls another process may have taken it for one that was left.
    if (file >= 0 && hold(file) && is_named(file, replacement->path)) {
      // Best effort: a file system that keeps no modes is no reason to lose the file.
      if (old)
        (void)fchmod(file, old->st_mode & 0777);
      replacement->file = file;
      return 0;
    }
    if (file >= 0)
      (void)close(file);
  }
  return EEXIST;
}

static char *folder_of(const char *path)
{
  char *copy = strdup(path);
  char *folder = copy ? strdup(dirname(copy)) : NULL;
  free(copy);
  return folder;
}

rv_status rv_replacement_begin(const char *path, rv_replacement **replacement, rv_error *error)
{
  struct stat old;
  const bool exists = !stat(path, &old);
  if (!exists && errno != ENOENT)
    return rv_fail_writing(error, path, errno);
  if (exists && S_ISDIR(old.st_mode))
    return rv_fail(error, RV_IO, "%s: a folder, give the name of a file", path);
  if (exists && access(path, W_OK))
    return rv_fail_writing(error, path, errno);
  rv_replacement *made = calloc(1, sizeof *made);
  if (!made)
    return rv_fail(error, RV_NO_MEMORY, "%s: out of memory", path);
  made->file = -1;
  made->target = exists && S_ISREG(old.st_mode) ? realpath(path, NULL) : strdup(path);
  made->folder = made->target ? folder_of(made->target) : NULL;
  int reason = made->folder ? 0 : ENOMEM;
  if (!reason && exists && !S_ISREG(old.st_mode)) {
    made->path = strdup(path);
    reason = made->path ? 0 : ENOMEM;
  } else if (!reason) {
    reason = open_beside(made, exists ? &old : NULL);
  }
  if (reason) {
    release(made);
    return rv_fail_writing(error, path, reason);
  }
  *replacement = made;
  return RV_OK;
}

const char *rv_replacement_path(const rv_replacement *replacement)
{
  return replacement->path;
}

void rv_replacement_hurry(rv_replacement *replacement)
{
  // Best effort: whatever fails here, fsync() tells at the end.
  if (replacement->file >= 0)
    (void)sync_file_range(replacement->file, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/// The new name reaches the disk with its folder; not every file system can do that, and the file
/// itself is whole by then.
static void sync_folder(const char *folder)
{
  const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0)
    return;
  (void)fsync(file);
  (void)close(file);
}

rv_status rv_replacement_commit(rv_replacement *replacement, rv_error *error)
{
  int reason = 0;
  if (replacement->file >= 0) {
    if (fsync(replacement->file) && errno != EINVAL && errno != ENOSYS)
      reason = errno;
    if (!reason && rename(replacement->path, replacement->target))
      reason = errno;
    if (reason)
      (void)unlink(replacement->path);
    else
      sync_folder(replacement->folder);
  }
  const rv_status status = reason ? rv_fail_writing(error, replacement->target, reason) : RV_OK;
  release(replacement);
  return status;
}

void rv_replacement_abandon(rv_replacement *replacement)
{
  if (!replacement)
    return;
  if (replacement->file >= 0)
    (void)unlink(replacement->path);
  release(replacement);
}
