/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ranges.h"

#include <string.h>

guint64
gen_ranges_count (guint64 frames, guint64 length)
{
  return frames / length + (frames % length != 0);
}

GenRange
gen_ranges_get (guint64 frames, guint64 length, guint64 number)
{
  const guint64 start = number * length;

  return (GenRange){ number, start, MIN (length, frames - start) };
}

gboolean
gen_range_is_in (const char *word, const char *name)
{
  g_autofree char *braced = g_strdup_printf ("{%s}", name);

  return strstr (word, braced) != NULL;
}

char *
gen_range_fill (const GenRange *range, guint digits, const char *file, const char *word)
{
  g_autofree char *start = g_strdup_printf ("%" G_GUINT64_FORMAT, range->start);
  g_autofree char *frames = g_strdup_printf ("%" G_GUINT64_FORMAT, range->frames);
  g_autofree char *end = g_strdup_printf ("%" G_GUINT64_FORMAT, range->start + range->frames);
  g_autofree char *number = g_strdup_printf ("%0*" G_GUINT64_FORMAT, (int)digits, range->number);
  const struct {
    const char *name, *value;
  } names[] = { { "{start}", start }, { "{frames}", frames }, { "{end}", end },
    { "{range}", number }, { "{file}", file } };
  GString *filled = g_string_new (NULL);

  while (*word != '\0') {
    guint i = 0;

    while (i < G_N_ELEMENTS (names) &&
           (names[i].value == NULL || !g_str_has_prefix (word, names[i].name)))
      i++;
    if (i == G_N_ELEMENTS (names)) {
      g_string_append_c (filled, *word++);
      continue;
    }
    g_string_append (filled, names[i].value);
    word += strlen (names[i].name);
  }
  return g_string_free (filled, FALSE);
}
