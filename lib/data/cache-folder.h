/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files in the user's cache folder that belong to a place elsewhere. */
#pragma once

#include <glib.h>

/* Where that of `kind` for `location` is: a name made of its path. (transfer full) */
char *gen_cache_folder_place (const char *kind, const char *location, const char *ending);
/* Make the folder that `path` is to be in; errors are of G_FILE_ERROR. */
gboolean gen_cache_folder_make (const char *path, GError **error);
