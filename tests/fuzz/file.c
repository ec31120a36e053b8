/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

const char *
fuzz_file (const guint8 *data, gsize size)
{
  static char path[64];
  static int file = -1;

  if (file < 0) {
    file = memfd_create ("fuzz", 0);
    g_snprintf (path, sizeof path, "/proc/self/fd/%d", file);
  }
  g_assert_cmpint (ftruncate (file, 0), ==, 0);
  g_assert_cmpint (pwrite (file, data, size, 0), ==, (gssize)size);
  return path;
}

const char *
fuzz_file_named (const guint8 *data, gsize size, const char *ending)
{
  static char path[128];
  const char *file = fuzz_file (data, size);

  g_snprintf (path, sizeof path, "%s/fuzz-%d%s", g_get_tmp_dir (), (int)getpid (), ending);
  unlink (path);
  g_assert_cmpint (symlink (file, path), ==, 0);
  return path;
}
