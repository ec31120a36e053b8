/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A folder of its own for a test that writes files. */
#include <gio/gio.h>
#include <glib/gstdio.h>

static inline char *
scratch_new (void)
{
  char *folder = g_dir_make_tmp ("generative-test-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return folder;
}

/* Remove the folder with all that is in it. */
static inline void
scratch_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
      scratch_remove (path);
    else
      g_assert_cmpint (g_unlink (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}
