/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-file.h"

#include <gio/gio.h>

gboolean
gen_json_is_deep (const char *text, int depth)
{
  int open = 0;

  for (; *text != '\0'; text++) {
    open += *text == '{' || *text == '[';
    open -= *text == '}' || *text == ']';
    if (open > depth)
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_json_load (JsonParser *parser, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  /* Once more from the file, which its errors name then. */
  if (!gen_json_is_deep (text, GEN_JSON_DEPTH))
    return json_parser_load_from_file (parser, path, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "there are more than %d brackets within brackets", GEN_JSON_DEPTH);
  return FALSE;
}
