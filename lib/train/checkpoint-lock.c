/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lock on a checkpoint's folder: a file whose lock the system takes away with the process, so
 * that nothing stale can ever be in the way. It is flock's, which holds within a process too. What
 * is written in the file is for the message to whoever comes second. */
#include "checkpoint-files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <generative/atomic-file.h>

#define NAME ".lock"

struct _GenCheckpointLock {
  char *path;
  int fd;
};

/* Another training has it. */
static void
set_busy (GError **error, const char *folder, int fd)
{
  char owner[256] = "";
  g_autofree char *valid = NULL;

  if (pread (fd, owner, sizeof owner - 1, 0) < 0)
    owner[0] = '\0';
  valid = g_utf8_make_valid (g_strstrip (owner), -1);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
      "the folder '%s' is being written to by another training%s%s%s; end that, or name another "
      "folder",
      folder, *valid != '\0' ? " (" : "", valid, *valid != '\0' ? ")" : "");
}

static void
write_owner (int fd)
{
  g_autofree char *owner =
      g_strdup_printf ("process %d on %s\n", (int)getpid (), g_get_host_name ());

  if (ftruncate (fd, 0) < 0 || pwrite (fd, owner, strlen (owner), 0) < 0)
    g_debug ("the lock does not say whose it is: %s", g_strerror (errno));
}

/* The one that held the lock before may have removed the file after it was opened here. */
static gboolean
is_at (int fd, const char *path)
{
  struct stat opened, named;

  return fstat (fd, &opened) == 0 && stat (path, &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

/* FALSE with `error` where another has it; `locked` says whether there are locks at all. */
static gboolean
take (GenCheckpointLock *lock, const char *folder, gboolean *locked, GError **error)
{
  for (;;) {
    lock->fd = open (lock->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock->fd < 0) {
      int number = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot write '%s': %s",
          lock->path, g_strerror (number));
      return FALSE;
    }
    *locked = flock (lock->fd, LOCK_EX | LOCK_NB) == 0;
    if (!*locked && errno == EWOULDBLOCK) {
      set_busy (error, folder, lock->fd);
      return FALSE;
    }
    if (!*locked || is_at (lock->fd, lock->path))
      return TRUE;
    close (lock->fd);
  }
}

static void
sweep (const char *folder)
{
  g_autofree char *best = g_build_filename (folder, GEN_CHECKPOINT_BEST, NULL);
  g_autoptr (GPtrArray) files = gen_checkpoint_list_files ();

  for (guint i = 0; i < files->len; i++) {
    gen_atomic_file_sweep (folder, g_ptr_array_index (files, i));
    gen_atomic_file_sweep (best, g_ptr_array_index (files, i));
  }
}

static void
lock_free (GenCheckpointLock *lock)
{
  if (lock->fd >= 0)
    close (lock->fd);
  g_free (lock->path);
  g_free (lock);
}

GenCheckpointLock *
gen_checkpoint_lock (const char *folder, GError **error)
{
  GenCheckpointLock *lock;
  gboolean locked;

  if (!gen_checkpoint_check (folder, error))
    return NULL;
  lock = g_new0 (GenCheckpointLock, 1);
  lock->path = g_build_filename (folder, NAME, NULL);
  if (!take (lock, folder, &locked, error)) {
    lock_free (lock);
    return NULL;
  }
  /* Without locks, what looks left over may be another training's. */
  if (locked) {
    write_owner (lock->fd);
    sweep (folder);
  }
  return lock;
}

void
gen_checkpoint_unlock (GenCheckpointLock *lock)
{
  g_unlink (lock->path);
  lock_free (lock);
}
