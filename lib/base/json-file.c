/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-file.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

/* Digits of the least whole number that 64 bits with a sign do not hold. */
#define LARGE 19

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

/* The number of an escape such as \u00e9, or -1. */
static int
read_escape (const char *at)
{
  int number = 0;

  if (at[0] != '\\' || at[1] != 'u')
    return -1;
  for (int i = 2; i < 6; i++) {
    const int digit = g_ascii_xdigit_value (at[i]);

    if (digit < 0)
      return -1;
    number = number * 16 + digit;
  }
  return number;
}

/* Why an escape is no character that json-glib reads as it is written; NULL: it is one. */
static const char *
find_odd_escape (const char *at)
{
  const int number = read_escape (at);

  if (at[1] == 'u' && number < 0)
    return "an escape such as \\u00e9 has four digits, of which one here is none";
  if (number == 0)
    return "a text has no character of number 0";
  if (number >= 0xdc00 && number <= 0xdfff)
    return "a text has the second half of a surrogate pair without the first";
  if (number < 0xd800 || number > 0xdbff)
    return NULL;
  return read_escape (at + 6) >= 0xdc00 && read_escape (at + 6) <= 0xdfff
             ? NULL
             : "a text has the first half of a surrogate pair without the second";
}

/* The same of all escapes of the string from `at` to `end`. */
static const char *
find_odd_string (const char *at, const char *end)
{
  const char *reason = NULL;

  for (at++; at < end && reason == NULL; at++) {
    if (*at != '\\')
      continue;
    reason = find_odd_escape (at);
    /* Behind the first half, the second one has been looked at. */
    at += read_escape (at) >= 0xd800 && read_escape (at) <= 0xdbff ? 11 : 1;
  }
  return reason;
}

/* And of all strings of a text of JSON. */
static const char *
find_odd (const char *text)
{
  const char *reason = NULL;

  for (const char *end; *text != '\0' && reason == NULL; text = end) {
    end = skip (text);
    if (*text == '"')
      reason = find_odd_string (text, end);
  }
  return reason;
}

/* Whether a number, as it is written, is a whole one that 64 bits with a sign do not hold, which
 * json-glib makes another of. */
static gboolean
is_large (const char *number, gsize length)
{
  g_autofree char *token = length < LARGE ? NULL : g_strndup (number, length);
  const gsize digits = *number == '-' ? 1 : 0;

  return token != NULL && g_ascii_isdigit (token[digits]) &&
         token[digits + strspn (token + digits, "0123456789")] == '\0' &&
         !g_ascii_string_to_signed (token, 10, G_MININT64, G_MAXINT64, NULL, NULL);
}

/* The text with such numbers between `before` and `behind`; NULL where there are none. (transfer
 * full) */
static char *
replace_large (const char *text, const char *before, const char *behind)
{
  GString *quoted = NULL;
  const char *copied = text;

  for (const char *at = text, *next; *at != '\0'; at = next) {
    const gsize length = g_ascii_isdigit (*at) || *at == '-' ? strspn (at, "0123456789+-.eE") : 0;

    next = length > 0 ? at + length : skip (at);
    if (length == 0 || !is_large (at, length))
      continue;
    if (quoted == NULL)
      quoted = g_string_new (NULL);
    g_string_append_len (quoted, copied, at - copied);
    g_string_append (quoted, before);
    g_string_append_len (quoted, at, (gssize)length);
    g_string_append (quoted, behind);
    copied = next;
  }
  if (quoted == NULL)
    return NULL;
  g_string_append (quoted, copied);
  return g_string_free (quoted, FALSE);
}

/* Such numbers as strings, which keep all of their digits. (transfer full) */
static char *
quote_large (const char *text)
{
  return replace_large (text, "\"", "\"");
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
  g_autofree char *quoted = NULL;

  if (gen_json_is_deep (text, GEN_JSON_DEPTH)) {
    fail_deep (error);
    return NULL;
  }
  quoted = quote_large (text);
  return json_from_string (quoted != NULL ? quoted : text, error);
}

JsonNode *
gen_json_from_request (const char *text, GError **error)
{
  const char *reason = find_odd (text);

  if (reason == NULL)
    return gen_json_from_text (text, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, reason);
  return NULL;
}

/* Digits of the least number without an exponent that a double does not hold. */
#define ENDLESS 309

/* Whether any number is more than a double holds. */
static gboolean
has_endless (const char *text)
{
  for (const char *at = text, *next; *at != '\0'; at = next) {
    const gsize length = g_ascii_isdigit (*at) || *at == '-' ? strspn (at, "0123456789+-.eE") : 0;

    next = length > 0 ? at + length : skip (at);
    if ((length >= ENDLESS || memchr (at, 'e', length) != NULL ||
            memchr (at, 'E', length) != NULL) &&
        !isfinite (g_ascii_strtod (at, NULL)))
      return TRUE;
  }
  return FALSE;
}

JsonNode *
gen_json_from_figures (const char *text, GError **error)
{
  g_autofree char *doubles = NULL;

  if (gen_json_is_deep (text, GEN_JSON_DEPTH)) {
    fail_deep (error);
    return NULL;
  }
  if (has_endless (text)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "a number is larger than any that is counted with");
    return NULL;
  }
  doubles = replace_large (text, "", ".0");
  return json_from_string (doubles != NULL ? doubles : text, error);
}

gboolean
gen_json_load (JsonParser *parser, const char *path, GError **error)
{
  g_autofree char *text = NULL, *quoted = NULL;

  if (!g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  if (gen_json_is_deep (text, GEN_JSON_DEPTH))
    return fail_deep (error);
  quoted = quote_large (text);
  /* Once more from the file, which its errors name then. */
  if (quoted == NULL)
    return json_parser_load_from_file (parser, path, error);
  if (json_parser_load_from_data (parser, quoted, -1, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/* json-glib leaves U+001F as it is, which JSON does not allow. */
static void
append_string (GString *written, const char *at, const char *end)
{
  for (; at < end; at++)
    if ((guchar)*at < 0x20)
      g_string_append_printf (written, "\\u%04x", (guint)(guchar)*at);
    else
      g_string_append_c (written, *at);
}

char *
gen_json_to_text (JsonNode *node, gboolean pretty)
{
  g_autofree char *text = json_to_string (node, pretty);
  GString *written = g_string_sized_new (strlen (text));
  const char *at = text;

  while (*at != '\0') {
    const char *end = *at == '"' ? skip_string (at) : at + 1;
    const gboolean is_exponent = *at == 'e' && at > text && g_ascii_isdigit (at[-1]);

    if (is_exponent)
      end += strspn (end, "+-0123456789");
    /* What has no point has one behind all, which belongs in front of the exponent. */
    if (is_exponent && strncmp (end, ".0", 2) == 0) {
      g_string_append (written, ".0");
      g_string_append_len (written, at, end - at);
      end += 2;
    } else if (*at == '"') {
      append_string (written, at, end);
    } else {
      g_string_append_len (written, at, end - at);
    }
    at = end;
  }
  return g_string_free (written, FALSE);
}
