/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-file.h"

#include <gio/gio.h>

#define MAX_DEPTH 64

/* Brackets in strings count as well: what is meant has few. */
gboolean
gen_json_is_deep (const char *text)
{
  int depth = 0, deepest = 0;

  for (; *text != '\0'; text++) {
    depth += *text == '[' || *text == '{';
    depth -= *text == ']' || *text == '}';
    deepest = MAX (deepest, depth);
  }
  return deepest > MAX_DEPTH;
}

gboolean
gen_json_load (JsonParser *parser, const char *path, GError **error)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  /* Once more from the file, which its errors name then. */
  if (!gen_json_is_deep (text))
    return json_parser_load_from_file (parser, path, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "there are more than %d brackets within brackets", MAX_DEPTH);
  return FALSE;
}
