// Copyright 2026 The Recurve developers
// SPDX-License-Identifier: ISC

/// Files that take the place of others only when they are whole.

#include "recurve/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/// Whether a name is one that open_beside() makes for `stem`, by a process that is no more.
static bool is_left_over(const char *name, const char *stem)
{
  char *end = NULL;
  const size_t length = strlen(stem);
  if (strncmp(name, stem, length) != 0 || name[length] < '1' || name[length] > '9')
    return false;
  errno = 0;
  const long owner = strtol(name + length, &end, 10);
  if (errno || *end != '-' || owner > INT_MAX || end[1] < '0' || end[1] > '9')
    return false;
  end += 1 + strspn(end + 1, "0123456789");
  return !strcmp(end, ".part") && kill((pid_t)owner, 0) && errno == ESRCH;
}

/// Removes what a process that was killed has left of the same file. The lock says whether it is
/// still written to by one that cannot be seen from here (in a container, on another machine).
static void remove_left_overs(const char *folder, const char *stem)
{
  DIR *entries = opendir(folder);
  const struct dirent *entry = NULL;
  while (entries && (entry = readdir(entries))) {
    if (!is_left_over(entry->d_name, stem))
      continue;
    const int file = openat(dirfd(entries), entry->d_name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (file < 0)
      continue;
    if (!fcntl(file, F_SETLK, &lock))
      (void)unlinkat(dirfd(entries), entry->d_name, 0);
    (void)close(file);
  }
  if (entries)
    (void)closedir(entries);
}

/// Opens a new file beside the target. Its mode is that of the file it replaces, else what the
/// umask leaves. Returns 0 or an errno.
static int open_beside(rv_replacement *replacement, const struct stat *old)
{
  const char *slash = strrchr(replacement->target, '/');
  const char *name = slash ? slash + 1 : replacement->target;
  const size_t size = strlen(replacement->folder) + 300;
  replacement->path = malloc(size);
  if (!replacement->path)
    return ENOMEM;
  char stem[256];
  (void)snprintf(stem, sizeof stem, ".%.200s.", name);
  remove_left_overs(replacement->folder, stem);
  for (unsigned attempt = 0; attempt < 1000; attempt++) {
    (void)snprintf(replacement->path, size, "%s/%s%ld-%u.part", replacement->folder, stem,
                   (long)getpid(), attempt);
    replacement->file = open(replacement->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (replacement->file >= 0) {
      // Best effort: a file system that keeps no modes is no reason to lose the file.
      struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
      (void)fcntl(replacement->file, F_SETLK, &lock);
      if (old)
        (void)fchmod(replacement->file, old->st_mode & 0777);
      return 0;
    }
    if (errno != EEXIST)
      return errno;
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
