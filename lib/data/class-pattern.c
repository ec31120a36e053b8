/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes that the names of files tell. */
#include "dataset-private.h"

gboolean
gen_dataset_compile_pattern (const GenDatasetSettings *settings, GRegex **pattern, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (settings->class_pattern == NULL)
    return TRUE;
  *pattern = g_regex_new (settings->class_pattern, 0, 0, &reason);
  if (*pattern != NULL)
    return TRUE;
  g_set_error (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_SETTINGS,
      "class-pattern=%s: no regular expression: %s", settings->class_pattern, reason->message);
  return FALSE;
}

char *
gen_dataset_match_class (const GRegex *pattern, const char *path)
{
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *class = NULL;

  if (!g_utf8_validate (path, -1, NULL) || !g_regex_match (pattern, path, 0, &match))
    return NULL;
  class = g_match_info_fetch (match, g_regex_get_capture_count (pattern) > 0 ? 1 : 0);
  return class != NULL && *class != '\0' ? g_steal_pointer (&class) : NULL;
}
