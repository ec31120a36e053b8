/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file is believed for what is in it alone: it is compared, all of it, with what has just been
 * packed. So it needs no checksum, no sync and no version, and one that a power cut has torn or
 * somebody has changed is written anew. It appears whole, by a rename, is never written to again,
 * and may be removed at any time. */
#include "weight-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <linux/magic.h>

#define ENDING ".weights"
#define UNFINISHED ".new"
/* Seconds after which what is unfinished is nobody's. */
#define ABANDONED 3600
/* Of the bytes that there may be, the part that a process writes before it looks at all again. */
#define PART_UNSEEN 16

/* Bytes that this process may still write before it looks how many there are. */
static gint64 unseen;

/* --- the folder --- */

static char *
find_folder (gboolean *named)
{
  const char *given = g_getenv ("GENERATIVE_WEIGHT_FILES");

  *named = given != NULL && *given != '\0';
  if (!*named)
    return g_build_filename (g_get_user_cache_dir (), "gst-generative", "weights", NULL);
  return strcmp (given, "off") == 0 ? NULL : g_strdup (given);
}

static gboolean
is_in_memory (int folder)
{
  struct statfs system;

  return fstatfs (folder, &system) == 0 &&
         (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

static gboolean
is_trusted (const struct stat *info)
{
  return (info->st_uid == geteuid () || info->st_uid == 0) &&
         (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Open, or -1. */
static int
open_folder (const char *path, gboolean named)
{
  struct stat info;
  int folder;

  g_mkdir_with_parents (path, 0700);
  folder = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) {
    g_debug ("weights are not shared with other processes: '%s': %s", path, g_strerror (errno));
    return -1;
  }
  if (fstat (folder, &info) == 0 && is_trusted (&info) && (named || !is_in_memory (folder)))
    return folder;
  g_debug ("weights are not shared with other processes: '%s' is in memory, or belongs to somebody "
           "else, or others can write to it",
      path);
  close (folder);
  return -1;
}

/* --- pruning --- */

typedef struct {
  char *name;
  gint64 used;
  guint64 size;
} Found;

static void
clear_found (gpointer data)
{
  g_free (((Found *)data)->name);
}

static int
compare_found (gconstpointer a, gconstpointer b)
{
  const Found *x = a, *y = b;

  return x->used < y->used ? -1 : x->used > y->used;
}

static void
look_at (const char *folder, const char *name, GArray *found)
{
  const gboolean unfinished = g_str_has_suffix (name, UNFINISHED);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  Found one = { 0 };
  GStatBuf info;

  if ((!unfinished && !g_str_has_suffix (name, ENDING)) || g_lstat (path, &info) != 0 ||
      !S_ISREG (info.st_mode))
    return;
  if (unfinished) {
    if (g_get_real_time () / G_USEC_PER_SEC - info.st_mtime > ABANDONED)
      g_unlink (path);
    return;
  }
  one = (Found){ g_strdup (name), (gint64)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec,
    (guint64)info.st_size };
  g_array_append_val (found, one);
}

void
gen_weight_files_prune (const char *folder, guint64 most)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Found));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint64 sum = 0;

  g_array_set_clear_func (found, clear_found);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    look_at (folder, name, found);
  g_array_sort (found, compare_found);
  for (guint i = 0; i < found->len; i++)
    sum += g_array_index (found, Found, i).size;
  for (guint i = 0; i < found->len && sum > most; i++) {
    const Found *oldest = &g_array_index (found, Found, i);
    g_autofree char *path = g_build_filename (folder, oldest->name, NULL);

    if (g_unlink (path) == 0)
      sum -= oldest->size;
  }
}

/* --- writing --- */

/* How many bytes there may be, and whether there is room for `size` that leaves the file system a
 * tenth of what it has. */
static gboolean
find_room (int folder, gsize size, guint64 *most)
{
  struct statvfs system;
  guint64 all, left;

  if (fstatvfs (folder, &system) != 0)
    return FALSE;
  all = (guint64)system.f_blocks * system.f_frsize;
  left = (guint64)system.f_bavail * system.f_frsize;
  *most = MIN (GEN_WEIGHT_FILES_MOST, all / 4);
  return size <= *most && left >= size && left - size >= all / 10;
}

/* What is used goes to the end of the row of those that are removed. */
static void
make_room (const char *path, gsize size, guint64 most)
{
  if (__atomic_sub_fetch (&unseen, (gint64)size, __ATOMIC_RELAXED) > 0)
    return;
  __atomic_store_n (&unseen, (gint64)(most / PART_UNSEEN), __ATOMIC_RELAXED);
  gen_weight_files_prune (path, most - size);
}

static gboolean
write_all (int fd, const guint8 *data, gsize size)
{
  while (size > 0) {
    const gssize n = write (fd, data, MIN (size, (gsize)1 << 30));

    if (n < 0 && errno != EINTR)
      return FALSE;
    if (n > 0) {
      data += n;
      size -= (gsize)n;
    }
  }
  return TRUE;
}

static void
write_file (int folder, const char *name, const void *memory, gsize size)
{
  g_autofree char *unfinished =
      g_strdup_printf ("%s.%08x%08x" UNFINISHED, name, g_random_int (), (guint)getpid ());
  const int fd =
      openat (folder, unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
  gboolean good;

  if (fd < 0) {
    g_debug ("weights are not shared with other processes: %s", g_strerror (errno));
    return;
  }
  good = write_all (fd, memory, size);
  good = close (fd) == 0 && good && renameat (folder, unfinished, folder, name) == 0;
  if (good)
    return;
  g_debug ("weights are not shared with other processes: %s", g_strerror (errno));
  unlinkat (folder, unfinished, 0);
}

/* --- reading --- */

typedef struct {
  void *data;
  gsize size;
} Map;

static void
unmap (gpointer data)
{
  Map *map = data;

  munmap (map->data, map->size);
  g_free (map);
}

static GBytes *
map_file (int fd, const void *memory, gsize size)
{
  struct stat info;
  void *data;
  Map *map;

  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode) || !is_trusted (&info) ||
      info.st_size != (goffset)size)
    return NULL;
  data = mmap (NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (data == MAP_FAILED)
    return NULL;
  if (memcmp (data, memory, size) != 0) {
    munmap (data, size);
    return NULL;
  }
  madvise (data, size, MADV_HUGEPAGE);
  /* It has been used. */
  futimens (fd, NULL);
  map = g_new (Map, 1);
  *map = (Map){ data, size };
  return g_bytes_new_with_free_func (data, size, unmap, map);
}

static GBytes *
find_file (int folder, const char *name, const void *memory, gsize size)
{
  const int fd = openat (folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  GBytes *bytes;

  if (fd < 0)
    return NULL;
  bytes = map_file (fd, memory, size);
  close (fd);
  return bytes;
}

GBytes *
gen_weight_files_share (const void *memory, gsize size, guint64 hash)
{
  gboolean named;
  g_autofree char *path = find_folder (&named);
  g_autofree char *name =
      g_strdup_printf ("%016" G_GINT64_MODIFIER "x-%" G_GSIZE_MODIFIER "x" ENDING, hash, size);
  const int folder =
      path != NULL && size >= GEN_WEIGHT_FILES_LEAST ? open_folder (path, named) : -1;
  GBytes *bytes;
  guint64 most;

  if (folder < 0)
    return NULL;
  bytes = find_file (folder, name, memory, size);
  if (bytes == NULL && find_room (folder, size, &most)) {
    make_room (path, size, most);
    write_file (folder, name, memory, size);
    bytes = find_file (folder, name, memory, size);
  }
  close (folder);
  return bytes;
}
