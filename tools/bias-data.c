/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bias-data.h"

#include <string.h>

TrainingData *
bias_open_data (const BiasSource *source, JsonObject *said, GError **error)
{
  for (char **text = source->data; *text != NULL; text++) {
    g_auto (GStrv) parts = g_strsplit (*text, "=", 2);
    const gboolean is_named = parts[1] != NULL;
    const char *name =
        g_str_has_prefix (parts[0], "data.") ? parts[0] + strlen ("data.") : parts[0];

    if (training_data_say (said, is_named ? name : "location", is_named ? parts[1] : *text, error))
      continue;
    g_prefix_error (error, "%s: ", *text);
    return NULL;
  }
  return training_data_open (said, NULL, NULL, "data", error);
}

char *
bias_group_of (const TrainingData *data, char **classes, const char *by, guint32 item)
{
  const int label = training_data_get_label (data, item);

  if (by != NULL && g_str_equal (by, "group"))
    return training_data_get_group (data, item);
  return label >= 0 ? g_strdup (classes[label]) : NULL;
}

gboolean
bias_check_by (const BiasSource *source, GError **error)
{
  if (source->by == NULL || g_str_equal (source->by, "class") || g_str_equal (source->by, "group"))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--by=%s: data has \"class\" and \"group\"", source->by);
  return FALSE;
}

gboolean
bias_check_groups (const BiasSet *set, const BiasSource *source, GError **error)
{
  if (set->groups->len > 1)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: %s of %s, and there have to be two or more groups to compare", source->path,
      set->groups->len == 0 ? "no sample is of any group" : "all samples are of one group",
      source->by != NULL ? source->by : "class");
  return FALSE;
}
