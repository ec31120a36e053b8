/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that appear whole or not at all. The temporary file lies beside its target, since
 * only a rename within one file system is atomic, and its name starts with a dot, so that
 * folders of models or pictures that are being watched do not show it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <generative/atomic-file.h>

#define BUFFER_SIZE (64 * 1024)
#define ATTEMPTS 100

/* A temporary name is a dot, the file's name or its beginning, a random number, and an ending. */
#define NAME_FORMAT ".%.200s.%08x.tmp"
#define NAME_NUMBER ".00000000.tmp"

struct _GenAtomicFile {
  char *path, *temporary, *folder;
  int fd;
  int failure;     /* errno of the first failed write, 0 for none */
  gboolean synced; /* nothing was written since */
  guint64 size;
  gsize buffered;
  guint8 buffer[BUFFER_SIZE];
};

static void
set_error (GError **error, int number, const char *what, const char *path)
{
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "cannot %s '%s': %s", what,
      path, g_strerror (number));
}

/* mkstemp would do, but for its mode 0600, which a web server or a player of another user
 * could not read, and which only umask(), a process-wide setting, could correct. */
static int
open_temporary (GenAtomicFile *file, const char *base)
{
  for (int i = 0; i < ATTEMPTS; i++) {
    g_free (file->temporary);
    file->temporary = g_strdup_printf ("%s/" NAME_FORMAT, file->folder, base, g_random_int ());
    file->fd = open (file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->fd >= 0 || errno != EEXIST)
      break;
  }
  return file->fd;
}

GenAtomicFile *
gen_atomic_file_new (const char *path, GError **error)
{
  g_autoptr (GenAtomicFile) file = g_new0 (GenAtomicFile, 1);
  g_autofree char *base = g_path_get_basename (path);
  struct stat target;
  gboolean exists = stat (path, &target) == 0;

  file->fd = -1;
  file->path = g_strdup (path);
  file->folder = g_path_get_dirname (path);
  if (exists && !S_ISREG (target.st_mode)) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "cannot write '%s': it exists and is not a regular file", path);
    return NULL;
  }
  if (open_temporary (file, base) < 0) {
    int number = errno;

    g_clear_pointer (&file->temporary, g_free);
    set_error (error, number, "write", path);
    return NULL;
  }
  if (exists && fchmod (file->fd, target.st_mode & 0777) < 0) {
    set_error (error, errno, "set the permissions of", path);
    return NULL;
  }
  return g_steal_pointer (&file);
}

static gboolean
write_all (GenAtomicFile *file, const guint8 *data, gsize size, GError **error)
{
  while (size > 0 && file->failure == 0) {
    gssize n = write (file->fd, data, MIN (size, (gsize)1 << 30));

    if (n < 0 && errno != EINTR)
      file->failure = errno;
    if (n > 0) {
      data += n;
      size -= n;
    }
  }
  if (file->failure != 0) {
    set_error (error, file->failure, "write", file->path);
    return FALSE;
  }
  return TRUE;
}

static gboolean
flush_buffer (GenAtomicFile *file, GError **error)
{
  gsize n = file->buffered;

  file->buffered = 0;
  return write_all (file, file->buffer, n, error);
}

gboolean
gen_atomic_file_write (GenAtomicFile *file, const void *data, gsize size, GError **error)
{
  file->size += size;
  file->synced = FALSE;
  if (size > BUFFER_SIZE - file->buffered && !flush_buffer (file, error))
    return FALSE;
  if (size > BUFFER_SIZE)
    return write_all (file, data, size, error);
  if (size > 0)
    memcpy (file->buffer + file->buffered, data, size);
  file->buffered += size;
  return TRUE;
}

int
gen_atomic_file_fd (GenAtomicFile *file, GError **error)
{
  file->synced = FALSE;
  return flush_buffer (file, error) ? file->fd : -1;
}

guint64
gen_atomic_file_size (const GenAtomicFile *file)
{
  return file->size;
}

/* Some file systems cannot sync a folder (EINVAL) and some folders may be written but not
 * read (EACCES): the rename has happened all the same. */
static gboolean
sync_folder (const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int result = 0;

  if (fd < 0)
    return errno == EACCES;
  if (fsync (fd) < 0 && errno != EINVAL)
    result = errno;
  close (fd);
  errno = result;
  return result == 0;
}

gboolean
gen_folder_sync (const char *folder, GError **error)
{
  if (sync_folder (folder))
    return TRUE;
  set_error (error, errno, "sync the folder", folder);
  return FALSE;
}

/* The kernel tells a failure once: it is kept, so that the file is not taken for whole later. */
gboolean
gen_atomic_file_sync (GenAtomicFile *file, GError **error)
{
  if (file->synced)
    return TRUE;
  if (!flush_buffer (file, error))
    return FALSE;
  file->synced = fsync (file->fd) == 0;
  if (file->synced)
    return TRUE;
  file->failure = errno;
  set_error (error, file->failure, "write", file->path);
  return FALSE;
}

gboolean
gen_atomic_file_place (GenAtomicFile *file, GError **error)
{
  int fd;

  if (!gen_atomic_file_sync (file, error))
    return FALSE;
  fd = file->fd;
  file->fd = -1;
  if (close (fd) < 0) {
    set_error (error, errno, "write", file->path);
    return FALSE;
  }
  if (rename (file->temporary, file->path) < 0) {
    set_error (error, errno, "rename the finished file to", file->path);
    return FALSE;
  }
  g_clear_pointer (&file->temporary, g_free);
  return TRUE;
}

gboolean
gen_atomic_file_commit (GenAtomicFile *file, GError **error)
{
  return gen_atomic_file_place (file, error) && gen_folder_sync (file->folder, error);
}

void
gen_atomic_file_free (GenAtomicFile *file)
{
  if (file->fd >= 0)
    close (file->fd);
  if (file->temporary != NULL)
    g_unlink (file->temporary);
  g_free (file->temporary);
  g_free (file->path);
  g_free (file->folder);
  g_free (file);
}

gboolean
gen_atomic_write (const char *path, GBytes *bytes, GError **error)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);
  g_autoptr (GenAtomicFile) file = gen_atomic_file_new (path, error);

  return file != NULL && gen_atomic_file_write (file, data, size, error) &&
         gen_atomic_file_commit (file, error);
}

/* Whether `entry` is a temporary name of `name`: it is the one that would be made of the number
 * that stands in it. */
static gboolean
is_temporary (const char *entry, const char *name)
{
  gsize length = strlen (entry);
  g_autofree char *made = NULL;
  guint64 number;

  if (length <= strlen (NAME_NUMBER))
    return FALSE;
  number = g_ascii_strtoull (entry + length - strlen (NAME_NUMBER) + 1, NULL, 16);
  made = g_strdup_printf (NAME_FORMAT, name, (guint)number);
  return strcmp (entry, made) == 0;
}

guint
gen_atomic_file_sweep (const char *folder, const char *name)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *entry;
  guint removed = 0;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, entry, NULL);

    if (is_temporary (entry, name) && g_unlink (path) == 0)
      removed++;
  }
  return removed;
}
