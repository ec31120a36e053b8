/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replays the files of a folder through a fuzz target, a line of TAP each: the corpus, and what
 * once crashed. */
#include "fuzz.h"

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (argv[1], 0, &error);
  const char *name;
  int n = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *path = g_build_filename (argv[1], name, NULL), *data = NULL;
    gsize size;

    g_assert_true (g_file_get_contents (path, &data, &size, NULL));
    LLVMFuzzerTestOneInput ((const guint8 *)data, size);
    g_print ("ok %d %s\n", ++n, name);
  }
  g_print ("1..%d\n", n);
  return 0;
}
