/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whether `path`, which a file says of another one, leads to something within its own folder, by
 * its words; links are another matter. */
static inline gboolean
gen_path_is_inside (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  return *path != '\0' && !g_path_is_absolute (path) &&
         !g_strv_contains ((const char *const *)parts, "..");
}
