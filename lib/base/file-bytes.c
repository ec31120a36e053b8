/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The content of a file, read or mapped by its size, once for all who have the same file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <generative/file-bytes.h>

#include "../device/shared.h"
#include "file-stamp.h"

/* Smaller ones are not worth being found. */
#define LEAST_SHARED (64 * 1024)
/* Microseconds: stamps of files are of steps of some milliseconds. */
#define SETTLES 100000

static void
set_error (GError **error, int number, const char *path)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot read '%s': %s", path,
      g_strerror (number));
}

static GenSharedKey
key_of (const struct stat *info)
{
  return (GenSharedKey){ { info->st_dev, info->st_ino, info->st_size,
      info->st_mtim.tv_sec * G_GUINT64_CONSTANT (1000000000) + info->st_mtim.tv_nsec,
      info->st_ctim.tv_sec * G_GUINT64_CONSTANT (1000000000) + info->st_ctim.tv_nsec, 1 } };
}

/* Nobody has written to it while it was read, nor so short a time before that its stamps would be
 * the same after another write. */
static gboolean
is_settled (const struct stat *before, const struct stat *after)
{
  const gint64 changed = after->st_ctim.tv_sec * G_GINT64_CONSTANT (1000000) +
                         after->st_ctim.tv_nsec / G_GINT64_CONSTANT (1000);
  const GenSharedKey a = key_of (before), b = key_of (after);

  return memcmp (&a, &b, sizeof a) == 0 && ABS (g_get_real_time () - changed) > SETTLES;
}

static GBytes *
read_bytes (int fd, gsize size, const char *path, GError **error)
{
  guint8 *data = gen_shared_alloc (size);
  g_autoptr (GBytes) bytes = gen_shared_keep (data, size);
  gsize n = 0;

  while (n < size) {
    gssize got = read (fd, data + n, size - n);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      set_error (error, errno, path);
      return NULL;
    }
    if (got == 0) /* it has shrunk meanwhile */
      break;
    n += got;
  }
  return n == size ? g_steal_pointer (&bytes) : g_bytes_new_from_bytes (bytes, 0, n);
}

/* The file as it is now; whoever has the same file, unchanged, has the same bytes: sessions that
 * play one model have its weights once. */
static GBytes *
read_shared (int fd, const struct stat *info, const char *path, GError **error)
{
  const gsize size = (gsize)info->st_size;
  const GenSharedKey key = key_of (info);
  GBytes *shared = size >= LEAST_SHARED ? gen_shared_find (&key) : NULL;
  g_autoptr (GBytes) bytes = NULL;
  struct stat after;

  if (shared != NULL)
    return shared;
  bytes = read_bytes (fd, size, path, error);
  if (bytes == NULL || size < LEAST_SHARED || fstat (fd, &after) < 0 || !is_settled (info, &after))
    return g_steal_pointer (&bytes);
  return gen_shared_add (&key, bytes);
}

/* The file, mapped; whoever has the same file, unchanged, has the same bytes. */
static GBytes *
map_bytes (int fd, const struct stat *info, const char *path, GError **error)
{
  const GenSharedKey key = key_of (info);
  g_autoptr (GBytes) bytes = NULL;
  GBytes *shared = gen_shared_find (&key);
  GMappedFile *map;

  if (shared != NULL)
    return shared;
  map = g_mapped_file_new_from_fd (fd, FALSE, error);
  if (map == NULL) {
    g_prefix_error (error, "cannot map '%s': ", path);
    return NULL;
  }
  bytes = g_mapped_file_get_bytes (map);
  g_mapped_file_unref (map);
  /* Cut or lengthened since: not what the key says. */
  if (g_bytes_get_size (bytes) != (gsize)info->st_size)
    return g_steal_pointer (&bytes);
  return gen_shared_add (&key, bytes);
}

static GBytes *
open_bytes (int fd, const char *path, guint64 *stamp, GError **error)
{
  struct stat info;
  GenSharedKey key;

  if (fstat (fd, &info) < 0) {
    set_error (error, errno, path);
    return NULL;
  }
  if (!S_ISREG (info.st_mode)) {
    g_set_error (error, G_FILE_ERROR,
        S_ISDIR (info.st_mode) ? G_FILE_ERROR_ISDIR : G_FILE_ERROR_INVAL,
        "cannot read '%s': it is %s, not a regular file", path,
        S_ISDIR (info.st_mode) ? "a folder" : "a device or pipe");
    return NULL;
  }
  key = key_of (&info);
  *stamp = gen_shared_hash (&key, sizeof key) | 1;
  if (info.st_size < GEN_FILE_MAP_SIZE)
    return read_shared (fd, &info, path, error);
  return map_bytes (fd, &info, path, error);
}

GBytes *
gen_file_bytes_stamped (const char *path, guint64 *stamp, GError **error)
{
  /* O_NONBLOCK: a pipe is to be refused, not waited for. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  GBytes *bytes;

  if (fd < 0) {
    set_error (error, errno, path);
    return NULL;
  }
  bytes = open_bytes (fd, path, stamp, error);
  close (fd);
  return bytes;
}

GBytes *
gen_file_bytes (const char *path, GError **error)
{
  guint64 stamp;

  return gen_file_bytes_stamped (path, &stamp, error);
}

GBytes *
gen_bytes_aligned (GBytes *bytes, guint64 offset, guint64 size, gsize alignment, gboolean share)
{
  gsize total;
  const guint8 *data = g_bytes_get_data (bytes, &total);
  void *copy;

  if (offset > total || size > total - offset)
    return NULL;
  if (share && ((guintptr)(data + offset) & (alignment - 1)) == 0)
    return g_bytes_new_from_bytes (bytes, offset, size);
  if (posix_memalign (&copy, 64, MAX (size, 1)) != 0)
    g_error ("no memory for %" G_GUINT64_FORMAT " bytes", size);
  if (size > 0)
    memcpy (copy, data + offset, size);
  return g_bytes_new_with_free_func (copy, size, free, copy);
}
