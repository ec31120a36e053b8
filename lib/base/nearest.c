/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What somebody meant who wrote a name that there is none of. Two letters that have changed places
 * are the commonest slip of fast hands, and count as one. */
#include <generative/nearest.h>

#include <string.h>

static char
plain (char c)
{
  return c == '_' ? '-' : g_ascii_tolower (c);
}

static guint
least (guint a, guint b, guint c)
{
  return MIN (a, MIN (b, c));
}

/* How many slips lie between two names. Three rows of the table are enough: this one, and two
 * before it. */
static guint
count_slips (const char *a, const char *b)
{
  const gsize n = strlen (b) + 1;
  g_autofree guint *cells = g_new0 (guint, 3 * n);
  guint *older = cells, *old = cells + n, *now = cells + 2 * n;

  for (gsize j = 0; j < n; j++)
    now[j] = (guint)j;
  for (gsize i = 1; a[i - 1] != '\0'; i++) {
    guint *spare = older;

    older = old;
    old = now;
    now = spare;
    now[0] = (guint)i;
    for (gsize j = 1; j < n; j++) {
      const char x = plain (a[i - 1]), y = plain (b[j - 1]);

      now[j] = least (old[j] + 1, now[j - 1] + 1, old[j - 1] + (x != y));
      if (i > 1 && j > 1 && x == plain (b[j - 2]) && plain (a[i - 2]) == y)
        now[j] = MIN (now[j], older[j - 2] + 1);
    }
  }
  return now[n - 1];
}

const char *
gen_nearest_name (const char *wanted, const char *const *names)
{
  const char *nearest = NULL;
  guint fewest = (guint)MAX (strlen (wanted) / 3, 1) + 1;

  /* What is one slip from nothing at all is not meant. */
  if (strlen (wanted) < 2)
    return NULL;
  for (; *names != NULL; names++) {
    const guint slips = count_slips (wanted, *names);

    if (slips >= fewest)
      continue;
    fewest = slips;
    nearest = *names;
  }
  return nearest;
}

char *
gen_nearest_hint (const char *wanted, const char *const *names)
{
  const char *nearest = gen_nearest_name (wanted, names);

  return nearest != NULL ? g_strdup_printf (" (did you mean \"%s\"?)", nearest) : g_strdup ("");
}
