/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compare-texts.h"

#define COLUMN 14

/* A figure, of one of texts its mean; "-" where it is missing. (transfer full) */
static char *
describe (JsonObject *summary, const char *name)
{
  JsonNode *node = json_object_get_member (summary, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("-");
  if (JSON_NODE_HOLDS_OBJECT (node))
    return g_strdup_printf (
        "%.6g", json_object_get_double_member (json_node_get_object (node), "mean"));
  return g_strdup_printf ("%.6g", json_node_get_double (node));
}

gboolean
compare_texts_print (GenMeter *samples, GenMeter *reference, GError **error)
{
  g_autoptr (JsonObject) own = gen_meter_summarise (samples, error);
  g_autoptr (JsonObject) other = own != NULL ? gen_meter_summarise (reference, error) : NULL;
  guint n;
  const GenField *fields = gen_meter_fields (samples, &n);

  if (other == NULL)
    return FALSE;
  g_print ("\n%-28s %-*s %s\n", "", COLUMN, "samples", "reference");
  for (guint i = 0; i < n; i++) {
    g_autofree char *a = describe (own, fields[i].name), *b = describe (other, fields[i].name);

    g_print ("%-28s %-*s %s\n", fields[i].name, COLUMN, a, b);
  }
  return TRUE;
}

gboolean
compare_texts_add (GenMeter *samples, GenMeter *reference, JsonObject *object, GError **error)
{
  g_autoptr (JsonObject) own = gen_meter_summarise (samples, error);
  g_autoptr (JsonObject) other = own != NULL ? gen_meter_summarise (reference, error) : NULL;

  if (other == NULL)
    return FALSE;
  json_object_set_object_member (object, "of-samples", g_steal_pointer (&own));
  json_object_set_object_member (object, "of-reference", g_steal_pointer (&other));
  return TRUE;
}
