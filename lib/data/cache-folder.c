/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache-folder.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>

char *
gen_cache_folder_place (const char *kind, const char *location, const char *ending)
{
  char *resolved = realpath (location, NULL); /* malloc'ed, as all of GLib's memory is */
  g_autofree char *absolute = g_canonicalize_filename (location, NULL);
  g_autofree char *sum =
      g_compute_checksum_for_string (G_CHECKSUM_SHA256, resolved != NULL ? resolved : absolute, -1);
  g_autofree char *name = g_strconcat (sum, ending, NULL);

  free (resolved);
  return g_build_filename (g_get_user_cache_dir (), "gst-generative", kind, name, NULL);
}

gboolean
gen_cache_folder_make (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_mkdir_with_parents (folder, 0700) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "cannot make the folder '%s': %s", folder, g_strerror (errno));
  return FALSE;
}
