/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of deny lists needs no library: their files, and what is put in the place of matches. */
#include <generative/deny-list.h>

G_DEFINE_QUARK (gen - deny - list - error - quark, gen_deny_list_error)

GenDenyList *
gen_deny_list_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  for (gsize i = 0; i < length; i++)
    if (text[i] == '\0') {
      g_set_error (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_ENTRY,
          "%s is no text: there is a byte of 0 in it", path);
      return NULL;
    }
  return gen_deny_list_new (text, path, error);
}

char *
gen_deny_list_replace (
    const char *text, gsize length, const GArray *matches, const char *replacement)
{
  GString *made = g_string_sized_new (length);
  gsize at = 0;

  for (guint i = 0; i < matches->len; i++) {
    const GenDenyMatch *match = &g_array_index (matches, GenDenyMatch, i);

    if (i == 0 || match->begin > at) {
      g_string_append_len (made, text + at, (gssize)(match->begin - at));
      g_string_append (made, replacement);
    }
    at = MAX (at, match->end);
  }
  g_string_append_len (made, text + at, (gssize)(length - at));
  return g_string_free (made, FALSE);
}
