/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/symbols.h>

#include <string.h>

#include "symbols-private.h"

#define BEGIN "^"
#define BETWEEN "_"
#define END "$"

struct _GenSymbols {
  GHashTable *ids; /* of a symbol, a GArray of gint64 */
  gsize longest;   /* bytes of a symbol */
  gboolean folds_case;
};

GenSymbols *
gen_symbols_new (gboolean folds_case)
{
  GenSymbols *symbols = g_new0 (GenSymbols, 1);

  symbols->ids =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
  symbols->folds_case = folds_case;
  return symbols;
}

void
gen_symbols_free (GenSymbols *symbols)
{
  g_hash_table_unref (symbols->ids);
  g_free (symbols);
}

void
gen_symbols_add (GenSymbols *symbols, const char *symbol, const gint64 *ids, guint n)
{
  GArray *array = g_array_sized_new (FALSE, FALSE, sizeof *ids, n);

  g_array_append_vals (array, ids, n);
  g_hash_table_replace (symbols->ids, g_strdup (symbol), array);
  symbols->longest = MAX (symbols->longest, strlen (symbol));
}

const gint64 *
gen_symbols_find (const GenSymbols *symbols, const char *symbol, guint *n)
{
  const GArray *array = g_hash_table_lookup (symbols->ids, symbol);

  if (array == NULL)
    return NULL;
  *n = array->len;
  return (const gint64 *)array->data;
}

guint
gen_symbols_count (const GenSymbols *symbols)
{
  return g_hash_table_size (symbols->ids);
}

static void
append (const GenSymbols *symbols, const char *symbol, GArray *ids)
{
  guint n = 0;
  const gint64 *found = gen_symbols_find (symbols, symbol, &n);

  if (found != NULL)
    g_array_append_vals (ids, found, n);
}

/* The longest symbol that `text` begins with, or its first character where there is none.
 * (transfer full) */
static char *
take_symbol (const GenSymbols *symbols, const char *text)
{
  for (gsize n = strnlen (text, symbols->longest); n > 0; n--) {
    g_autofree char *symbol = g_strndup (text, n);

    if (g_hash_table_contains (symbols->ids, symbol))
      return g_steal_pointer (&symbol);
  }
  return g_utf8_substring (text, 0, 1);
}

/* As symbols are written. (transfer full) */
static char *
normalize (const GenSymbols *symbols, const char *text)
{
  g_autofree char *folded = symbols->folds_case ? g_utf8_casefold (text, -1) : g_strdup (text);
  g_autofree char *apart = g_utf8_normalize (folded, -1, G_NORMALIZE_NFD);

  return apart != NULL ? g_steal_pointer (&apart) : g_strdup ("");
}

GArray *
gen_symbols_encode (const GenSymbols *symbols, const char *text, GPtrArray *missing)
{
  g_autofree char *all = normalize (symbols, text);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint found = 0;

  append (symbols, BEGIN, ids);
  append (symbols, BETWEEN, ids);
  for (const char *rest = g_strstrip (all); *rest != '\0';) {
    char *symbol = take_symbol (symbols, rest);

    rest += strlen (symbol);
    if (!g_hash_table_contains (symbols->ids, symbol)) {
      g_ptr_array_add (missing, symbol);
      continue;
    }
    append (symbols, symbol, ids);
    append (symbols, BETWEEN, ids);
    found++;
    g_free (symbol);
  }
  append (symbols, END, ids);
  if (found == 0)
    g_array_set_size (ids, 0);
  return ids;
}

/* --- pieces of a text --- */

/* Behind those of Chinese and Japanese there is no space. */
static gboolean
ends_sentence (gunichar c, const char *next)
{
  static const gunichar alone[] = { 0x3002, 0xff01, 0xff1f, 0 },
                        before_space[] = { '.', '!', '?', 0x2026, 0 };

  for (const gunichar *end = alone; *end != 0; end++)
    if (c == *end)
      return TRUE;
  for (const gunichar *end = before_space; *end != 0; end++)
    if (c == *end)
      return g_unichar_isspace (g_utf8_get_char (next));
  return FALSE;
}

gsize
gen_text_take (const char *text, guint most, gboolean *whole)
{
  const char *at = text, *sentence = text, *word = text;

  for (guint n = 0; n < most && *at != '\0'; n++) {
    const gunichar c = g_utf8_get_char (at);

    at = g_utf8_next_char (at);
    if (ends_sentence (c, at))
      sentence = at;
    if (g_unichar_isspace (c))
      word = at;
  }
  *whole = *at == '\0' || sentence > text;
  if (*at == '\0')
    return (gsize)(at - text);
  if (sentence > text)
    return (gsize)(sentence - text);
  return (gsize)((word > text ? word : at) - text);
}

/* --- what can be said --- */

/* White space and marks are not looked for, nor what stands around and between symbols. */
static gboolean
is_single (const char *symbol)
{
  const gunichar first = g_utf8_get_char (symbol);

  return *g_utf8_next_char (symbol) == '\0' && !g_unichar_isspace (first) &&
         !g_unichar_ismark (first) && strchr ("^$_", *symbol) == NULL;
}

static void
append_choice (GString *pattern, gunichar character)
{
  if (character < 0x80 && strchr ("\\]^-[", (int)character) != NULL)
    g_string_append_c (pattern, '\\');
  g_string_append_unichar (pattern, character);
}

char *
gen_symbols_pattern (const GenSymbols *symbols)
{
  g_autoptr (GList) all = g_list_sort (g_hash_table_get_keys (symbols->ids), (GCompareFunc)strcmp);
  g_autoptr (GString) pattern = g_string_new ("[");

  for (const GList *symbol = all; symbol != NULL; symbol = symbol->next) {
    const gunichar first = g_utf8_get_char (symbol->data);

    if (!is_single (symbol->data))
      continue;
    append_choice (pattern, first);
    if (symbols->folds_case && g_unichar_toupper (first) != first)
      append_choice (pattern, g_unichar_toupper (first));
  }
  if (pattern->len == 1)
    return g_strdup ("\\S");
  g_string_append_c (pattern, ']');
  return g_string_free (g_steal_pointer (&pattern), FALSE);
}
