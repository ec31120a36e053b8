/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The text of a list of items, with no NUL in it: a disk that failed while the list was written
 * leaves such, and what lies behind would be passed over. Errors are of G_FILE_ERROR and name the
 * file. */
gboolean gen_list_text_read (const char *path, char **text, GError **error);
