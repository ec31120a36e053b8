/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-file.h"

#include <gio/gio.h>
#include <string.h>

/* Behind the string that begins at `at`. */
static const char *
skip_string (const char *at)
{
  for (at++; *at != '\0' && *at != '"'; at++)
    at += at[0] == '\\' && at[1] != '\0';
  return *at != '\0' ? at + 1 : at;
}

/* Behind what is at `at`: a string or a comment, as json-glib has them, in which brackets are none;
 * else a character. */
static const char *
skip (const char *at)
{
  const char *end;

  if (*at == '"')
    return skip_string (at);
  if (at[0] == '/' && at[1] == '/')
    return at + strcspn (at, "\n");
  if (at[0] != '/' || at[1] != '*')
    return at + 1;
  end = strstr (at + 2, "*/");
  return end != NULL ? end + 2 : at + strlen (at);
}

gboolean
gen_json_is_deep (const char *text, int depth)
{
  int open = 0;

  for (; *text != '\0'; text = skip (text)) {
    open += *text == '{' || *text == '[';
    open -= *text == '}' || *text == ']';
    if (open > depth)
      return TRUE;
  }
  return FALSE;
}

static gboolean
fail_deep (GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "there are more than %d brackets within brackets", GEN_JSON_DEPTH);
  return FALSE;
}

JsonNode *
gen_json_from_text (const char *text, GError **error)
{
  if (!gen_json_is_deep (text, GEN_JSON_DEPTH))
    return json_from_string (text, error);
  fail_deep (error);
  return NULL;
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
  return fail_deep (error);
}
