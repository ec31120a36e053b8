/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "family.h"

static const char *
name_of (gconstpointer member, gsize name_offset)
{
  return G_STRUCT_MEMBER (const char *, member, name_offset);
}

gconstpointer
gen_family_find (gconstpointer const *list, gsize name_offset, const char *wanted, const char *kind,
    GQuark domain, int code, GError **error)
{
  g_autofree char *names = NULL;

  for (gconstpointer const *member = list; *member != NULL; member++)
    if (g_str_equal (name_of (*member, name_offset), wanted))
      return *member;
  names = gen_family_names (list, name_offset);
  g_set_error (error, domain, code, "there is no %s \"%s\"; there are %s", kind, wanted, names);
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
