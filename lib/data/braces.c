/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Patterns of names. */
#include "braces.h"

#include <string.h>

/* What stands between braces: from one number to another, or a list; FALSE where it is neither. */
static gboolean
read_alternatives (const char *text, gsize length, guint limit, GPtrArray *alternatives)
{
  g_autofree char *inner = g_strndup (text, length);
  g_auto (GStrv) ends = g_strsplit (inner, "..", 2);
  guint64 first, last;

  if (ends[0] != NULL && ends[1] != NULL &&
      g_ascii_string_to_unsigned (ends[0], 10, 0, G_MAXINT32, &first, NULL) &&
      g_ascii_string_to_unsigned (ends[1], 10, 0, G_MAXINT32, &last, NULL)) {
    const int digits = (int)strlen (ends[0]);
    const guint64 n = first < last ? last - first : first - last;

    for (guint64 i = 0; i <= n && i <= limit; i++)
      g_ptr_array_add (alternatives,
          g_strdup_printf ("%0*" G_GUINT64_FORMAT, digits, first < last ? first + i : first - i));
    return TRUE;
  }
  if (strchr (inner, ',') == NULL)
    return FALSE;
  {
    g_auto (GStrv) list = g_strsplit (inner, ",", -1);

    for (char **one = list; *one != NULL; one++)
      g_ptr_array_add (alternatives, g_strdup (*one));
  }
  return TRUE;
}

/* Each name so far with what a piece of the pattern may be behind it. */
static GPtrArray *
combine (const GPtrArray *names, const GPtrArray *pieces, guint limit)
{
  GPtrArray *both = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < names->len; i++)
    for (guint k = 0; k < pieces->len && both->len <= limit; k++)
      g_ptr_array_add (
          both, g_strconcat (g_ptr_array_index (names, i), g_ptr_array_index (pieces, k), NULL));
  return both;
}

char **
gen_expand_braces (const char *pattern, guint limit)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (names, g_strdup (""));
  while (*pattern != '\0') {
    g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
    const char *end = *pattern == '{' ? strchr (pattern, '}') : NULL;
    GPtrArray *both;

    if (end != NULL && read_alternatives (pattern + 1, (gsize)(end - pattern - 1), limit, pieces)) {
      pattern = end + 1;
    } else {
      gsize length = 1 + strcspn (pattern + 1, "{");

      g_ptr_array_add (pieces, g_strndup (pattern, length));
      pattern += length;
    }
    both = combine (names, pieces, limit);
    g_ptr_array_unref (names);
    names = both;
    if (names->len > limit)
      return NULL;
  }
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&names), FALSE);
}
