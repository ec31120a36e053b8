/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of items are read whole; they may come by a pipe, and hence are not mapped. */
#include <string.h>

#include "list-text.h"

gboolean
gen_list_text_read (const char *path, char **text, GError **error)
{
  g_autofree char *read = NULL;
  gsize length;

  if (!g_file_get_contents (path, &read, &length, error))
    return FALSE;
  if (strlen (read) != length) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
        "%s: it is damaged, or no text: byte %zu is zero", path, strlen (read));
    return FALSE;
  }
  *text = g_steal_pointer (&read);
  return TRUE;
}
