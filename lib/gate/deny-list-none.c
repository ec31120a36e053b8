/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Deny lists where there is neither what folds texts nor what matches patterns: none can be read.
 */
#include <generative/deny-list.h>

GenDenyList *
gen_deny_list_new (const char *text, const char *name, GError **error)
{
  g_set_error (error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_UNSUPPORTED,
      "%s: deny lists want utf8proc and PCRE2, which this was built without", name);
  return NULL;
}

void
gen_deny_list_free (GenDenyList *list)
{
}

guint
gen_deny_list_n_entries (const GenDenyList *list)
{
  return 0;
}

const char *
gen_deny_list_entry (const GenDenyList *list, guint entry)
{
  return NULL;
}

gboolean
gen_deny_list_find (
    const GenDenyList *list, const char *text, gsize length, GArray *matches, GError **error)
{
  g_set_error_literal (
      error, GEN_DENY_LIST_ERROR, GEN_DENY_LIST_ERROR_UNSUPPORTED, "there are no deny lists");
  return FALSE;
}
