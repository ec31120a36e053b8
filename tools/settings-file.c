/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "settings-file.h"

#include <gio/gio.h>

#include "../lib/base/json-file.h"

JsonObject *
settings_file_read (const char *path, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;

  if (!gen_json_load (parser, path, error)) {
    if (!g_str_has_prefix ((*error)->message, path))
      g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    return json_object_ref (json_node_get_object (root));
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: an object is wanted, {\"data\": {\"location\": …}, …}", path);
  return NULL;
}

/* (transfer floating); NULL where it is none of these. */
static GVariant *
to_variant (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  switch (json_node_get_value_type (node)) {
  case G_TYPE_BOOLEAN:
    return g_variant_new_boolean (json_node_get_boolean (node));
  case G_TYPE_INT64:
    return g_variant_new_int64 (json_node_get_int (node));
  case G_TYPE_DOUBLE:
    return g_variant_new_double (json_node_get_double (node));
  case G_TYPE_STRING:
    return g_utf8_validate (json_node_get_string (node), -1, NULL)
               ? g_variant_new_string (json_node_get_string (node))
               : NULL;
  default:
    return NULL;
  }
}

static gboolean
apply (gpointer record, const GenSetting *list, guint n, const char *name, JsonNode *node,
    GError **error)
{
  const GenSetting *setting = gen_setting_find (list, n, name, error);
  GVariant *value;

  if (setting == NULL)
    return FALSE;
  value = to_variant (node);
  if (value != NULL)
    return gen_setting_set (record, setting, value, error);
  g_set_error (
      error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "a number, a text, true or false is wanted");
  return FALSE;
}

gboolean
settings_file_apply (JsonObject *object, const char *within, gpointer record,
    const GenSetting *list, guint n, const char *const *others, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *name = names; name != NULL; name = name->next) {
    if (others != NULL && g_strv_contains (others, name->data))
      continue;
    if (!apply (record, list, n, name->data, json_object_get_member (object, name->data), error)) {
      g_prefix_error (error, "%s%s: ", within, (const char *)name->data);
      return FALSE;
    }
  }
  return TRUE;
}

/* What a file of JSON has no number for is a text there. (transfer full) */
static JsonNode *
to_node (GVariant *value)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  switch (g_variant_classify (value)) {
  case G_VARIANT_CLASS_BOOLEAN:
    json_node_set_boolean (node, g_variant_get_boolean (value));
    return node;
  case G_VARIANT_CLASS_INT64:
    json_node_set_int (node, g_variant_get_int64 (value));
    return node;
  case G_VARIANT_CLASS_DOUBLE:
    json_node_set_double (node, g_variant_get_double (value));
    return node;
  case G_VARIANT_CLASS_STRING:
    json_node_set_string (node, g_variant_get_string (value, NULL));
    return node;
  default:
    break;
  }
  if (g_variant_get_uint64 (value) <= G_MAXINT64) {
    json_node_set_int (node, (gint64)g_variant_get_uint64 (value));
  } else {
    g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));

    json_node_set_string (node, text);
  }
  return node;
}

gboolean
settings_file_say (JsonObject *object, const GenSetting *list, guint n, const char *name,
    const char *value, GError **error)
{
  const GenSetting *setting = gen_setting_find (list, n, name, error);
  g_autoptr (GVariant) parsed = NULL;

  if (setting == NULL)
    return FALSE;
  parsed = gen_setting_parse (setting, value, error);
  if (parsed == NULL)
    return FALSE;
  json_object_set_member (object, name, to_node (parsed));
  return TRUE;
}

/* As the file would have it. (transfer full) */
static char *
to_text (GVariant *value)
{
  if (value == NULL)
    return g_strdup ("unset");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return g_strdup_printf ("%g", g_variant_get_double (value));
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_strdup_printf ("\"%s\"", g_variant_get_string (value, NULL));
  return g_variant_print (value, FALSE);
}

void
settings_file_describe (GString *text, gconstpointer record, const GenSetting *list, guint n)
{
  for (guint i = 0; i < n; i++) {
    GVariant *value = gen_setting_get (record, &list[i]);
    g_autoptr (GVariant) sunk = value != NULL ? g_variant_ref_sink (value) : NULL;
    g_autofree char *is = to_text (sunk);
    g_autofree char *choices =
        list[i].choices != NULL ? g_strjoinv (", ", (char **)list[i].choices) : NULL;

    g_string_append_printf (text, "  %-22s %s%s%s; %s\n", list[i].name, list[i].description,
        choices != NULL ? ": " : "", choices != NULL ? choices : "", is);
  }
}
