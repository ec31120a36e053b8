/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "family.h"

#include <generative/nearest.h>

static const char *
name_of (gconstpointer member, gsize name_offset)
{
  return G_STRUCT_MEMBER (const char *, member, name_offset);
}

/* What a member may have been meant by. (transfer full) */
static char *
hint (gconstpointer const *list, gsize name_offset, const char *wanted)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (; *list != NULL; list++)
    g_ptr_array_add (names, (char *)name_of (*list, name_offset));
  g_ptr_array_add (names, NULL);
  return gen_nearest_hint (wanted, (const char *const *)names->pdata);
}

gconstpointer
gen_family_find (gconstpointer const *list, gsize name_offset, const char *wanted, const char *kind,
    GQuark domain, int code, GError **error)
{
  g_autofree char *names = NULL, *meant = NULL;

  for (gconstpointer const *member = list; *member != NULL; member++)
    if (g_str_equal (name_of (*member, name_offset), wanted))
      return *member;
  names = gen_family_names (list, name_offset);
  meant = hint (list, name_offset, wanted);
  g_set_error (
      error, domain, code, "there is no %s \"%s\"%s; there are %s", kind, wanted, meant, names);
  return NULL;
}

char *
gen_family_names (gconstpointer const *list, gsize name_offset)
{
  GString *names = g_string_new (NULL);

  for (gconstpointer const *member = list; *member != NULL; member++)
    g_string_append_printf (
        names, "%s%s", names->len > 0 ? ", " : "", name_of (*member, name_offset));
  if (names->len == 0)
    g_string_append (names, "none");
  return g_string_free (names, FALSE);
}
