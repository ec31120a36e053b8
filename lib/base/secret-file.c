/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file is looked at and read through one descriptor, so that it is the same one. */
#include "secret-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
fail (const char *path, const char *what, int code, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: the %s cannot be read: %s",
      path, what, g_strerror (code));
  return FALSE;
}

static gboolean
check (const char *path, const char *what, int fd, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return fail (path, what, errno, error);
  if (!S_ISREG (status.st_mode)) {
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "%s: the %s has to be a file", path, what);
    return FALSE;
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
      "%s: others can use this %s (its mode is %04o): chmod 600 it", path, what,
      (guint)(status.st_mode & 07777));
  return FALSE;
}

static gboolean
read_all (const char *path, const char *what, int fd, char *text, gsize *size, GError **error)
{
  for (*size = 0; *size <= GEN_SECRET_MOST;) {
    const gssize n = read (fd, text + *size, GEN_SECRET_MOST + 1 - *size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail (path, what, errno, error);
    if (n == 0)
      return TRUE;
    *size += (gsize)n;
  }
  return fail (path, what, EFBIG, error);
}

char *
gen_secret_file_read (const char *path, const char *what, gsize *size, GError **error)
{
  /* What would be waited for is no such file either. */
  const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char *text = NULL;

  if (fd < 0) {
    fail (path, what, errno, error);
    return NULL;
  }
  if (check (path, what, fd, error)) {
    text = g_malloc0 (GEN_SECRET_MOST + 2);
    if (!read_all (path, what, fd, text, size, error)) {
      gen_secret_free (text, GEN_SECRET_MOST + 2);
      text = NULL;
    }
  }
  close (fd);
  return text;
}

void
gen_secret_free (char *text, gsize size)
{
  if (text == NULL)
    return;
  explicit_bzero (text, size);
  g_free (text);
}
