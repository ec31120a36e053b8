/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts are folded grapheme by grapheme, so that each byte of what comes out is known to be of
 * which: marks go by the letter that they stand on, and nothing composes across graphemes that
 * would be compared otherwise, since marks are left out. */
#include "fold-text.h"

#include <stdlib.h>
#include <utf8proc.h>

#define OPTIONS                                                                                    \
  (UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |    \
      UTF8PROC_STRIPMARK)

static void
append (GenFoldedText *folded, const char *bytes, gsize n, gsize begin, gsize end)
{
  g_string_append_len (folded->text, bytes, (gssize)n);
  for (gsize i = 0; i < n; i++) {
    g_array_append_val (folded->begins, begin);
    g_array_append_val (folded->ends, end);
  }
}

static gboolean
is_space (const char *bytes, gsize n)
{
  for (const char *c = bytes; c < bytes + n; c = g_utf8_next_char (c))
    if (!g_unichar_isspace (g_utf8_get_char (c)))
      return FALSE;
  return n > 0;
}

/* A run of spaces is one, which stands for all of them. */
static void
append_space (GenFoldedText *folded, gsize begin, gsize end)
{
  if (folded->text->len > 0 && folded->text->str[folded->text->len - 1] == ' ')
    g_array_index (folded->ends, gsize, folded->ends->len - 1) = end;
  else
    append (folded, " ", 1, begin, end);
}

static gboolean
fold (GenFoldedText *folded, const char *text, gsize begin, gsize end)
{
  utf8proc_uint8_t *made = NULL;
  const utf8proc_ssize_t n = utf8proc_map ((const utf8proc_uint8_t *)text + begin,
      (utf8proc_ssize_t)(end - begin), &made, (utf8proc_option_t)OPTIONS);

  if (n < 0)
    return FALSE;
  if (is_space ((const char *)made, (gsize)n))
    append_space (folded, begin, end);
  else
    append (folded, (const char *)made, (gsize)n, begin, end);
  free (made);
  return TRUE;
}

/* Where the grapheme ends that begins at `begin`. */
static gsize
find_end (const char *text, gsize length, gsize begin)
{
  const char *c = text + begin;
  utf8proc_int32_t state = 0;

  for (;;) {
    const char *next = g_utf8_next_char (c);

    if (next >= text + length ||
        utf8proc_grapheme_break_stateful ((utf8proc_int32_t)g_utf8_get_char (c),
            (utf8proc_int32_t)g_utf8_get_char (next), &state))
      return (gsize)(next - text);
    c = next;
  }
}

/* A byte of 0 is a character like others. */
static gboolean
is_valid (const char *text, gsize length)
{
  const char *at = text, *end = text + length;

  while (at < end && !g_utf8_validate_len (at, (gsize)(end - at), &at)) {
    if (*at != '\0')
      return FALSE;
    at++;
  }
  return TRUE;
}

gboolean
gen_folded_text_init (GenFoldedText *folded, const char *text, gsize length)
{
  folded->text = g_string_sized_new (length + 1);
  folded->begins = g_array_new (FALSE, FALSE, sizeof (gsize));
  folded->ends = g_array_new (FALSE, FALSE, sizeof (gsize));
  if (!is_valid (text, length))
    return FALSE;
  for (gsize begin = 0, end; begin < length; begin = end) {
    end = find_end (text, length, begin);
    if (!fold (folded, text, begin, end))
      return FALSE;
  }
  return TRUE;
}

void
gen_folded_text_clear (GenFoldedText *folded)
{
  if (folded->text == NULL)
    return;
  g_string_free (folded->text, TRUE);
  g_array_unref (folded->begins);
  g_array_unref (folded->ends);
  folded->text = NULL;
}

static gboolean
is_of_word (gunichar c)
{
  return c == '_' || g_unichar_isalnum (c);
}

gboolean
gen_text_word_begins (const char *text, gsize length, gsize at)
{
  return at < length && is_of_word (g_utf8_get_char (text + at));
}

gboolean
gen_text_word_ends (const char *text, gsize at)
{
  return at > 0 && is_of_word (g_utf8_get_char (g_utf8_prev_char (text + at)));
}
