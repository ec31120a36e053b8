/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of a studio file becomes a record, key by key. */
#include "keys.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include <generative/nearest.h>

#include "../../lib/base/json-members.h"
#include "configuration.h"

/* --- where it stands --- */

static char *
make_path (const ServeRecord *record, const char *key)
{
  return g_strconcat (record->section->name, record->name != NULL ? "." : "",
      record->name != NULL ? record->name : "", key != NULL ? "." : "", key != NULL ? key : "",
      NULL);
}

static guint
find_line (const ServeRecord *record, const char *path)
{
  GHashTable *lines = record->configuration->lines;

  return lines != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (lines, path)) : 0;
}

gboolean
serve_record_has (gconstpointer record, const char *key)
{
  g_autofree char *path = make_path (record, key);

  return find_line (record, path) > 0;
}

gboolean
serve_record_fail (gconstpointer record, const char *key, GError **error, const char *format, ...)
{
  const ServeRecord *base = record;
  g_autofree char *path = make_path (base, key), *table = make_path (base, NULL), *text = NULL;
  const char *name = base->configuration->path;
  guint line = find_line (base, path);
  va_list arguments;

  if (line == 0)
    line = find_line (base, table);
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (line > 0)
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: %s: %s", name, line, path, text);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s: %s", name, path, text);
  return FALSE;
}

/* --- values --- */

static gboolean
fail_kind (const ServeRecord *record, const ServeKey *key, const char *kind, GError **error)
{
  return serve_record_fail (record, key->name, error, "%s is wanted: %s", kind, key->blurb);
}

static gboolean
read_text (ServeRecord *record, const ServeKey *key, JsonNode *node, GError **error)
{
  char **place = G_STRUCT_MEMBER_P (record, key->offset);
  const char *text;

  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return fail_kind (record, key, "a text", error);
  text = json_node_get_string (node);
  g_free (*place);
  *place = *text == '\0' ? NULL
           : key->type == SERVE_KEY_FILE && record->configuration->folder != NULL
               ? g_canonicalize_filename (text, record->configuration->folder)
               : g_strdup (text);
  return TRUE;
}

static int
find_choice (const ServeKey *key, const char *text)
{
  for (int i = 0; key->choices[i] != NULL; i++)
    if (strcmp (key->choices[i], text) == 0)
      return i;
  return -1;
}

static gboolean
fail_choice (const ServeRecord *record, const ServeKey *key, const char *text, GError **error)
{
  g_autofree char *hint = gen_nearest_hint (text, key->choices);
  g_autofree char *all = g_strjoinv (", ", (char **)key->choices);

  return serve_record_fail (
      record, key->name, error, "there is no \"%s\"%s; there are %s", text, hint, all);
}

static gboolean
read_words (ServeRecord *record, const ServeKey *key, JsonNode *node, GError **error)
{
  GStrv *place = G_STRUCT_MEMBER_P (record, key->offset);
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return fail_kind (record, key, "an array of texts", error);
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (json_node_get_value_type (element) != G_TYPE_STRING)
      return fail_kind (record, key, "an array of texts", error);
    if (key->choices != NULL && find_choice (key, json_node_get_string (element)) < 0)
      return fail_choice (record, key, json_node_get_string (element), error);
    g_strv_builder_add (words, json_node_get_string (element));
  }
  g_strfreev (*place);
  *place = g_strv_builder_end (words);
  return TRUE;
}

static gboolean
read_flag (ServeRecord *record, const ServeKey *key, JsonNode *node, GError **error)
{
  if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fail_kind (record, key, "true or false", error);
  G_STRUCT_MEMBER (gboolean, record, key->offset) = json_node_get_boolean (node);
  return TRUE;
}

static gboolean
read_number (ServeRecord *record, const ServeKey *key, JsonNode *node, GError **error)
{
  const gboolean whole = key->type == SERVE_KEY_INTEGER;
  double number;

  if (!gen_json_is_number (node) || (whole && json_node_get_value_type (node) != G_TYPE_INT64))
    return fail_kind (record, key, whole ? "a whole number" : "a number", error);
  number = json_node_get_double (node);
  if (number < key->minimum || number > key->maximum)
    return serve_record_fail (record, key->name, error, "%g is not from %.15g to %.15g: %s", number,
        key->minimum, key->maximum, key->blurb);
  if (whole)
    G_STRUCT_MEMBER (int, record, key->offset) = (int)number;
  else
    G_STRUCT_MEMBER (double, record, key->offset) = number;
  return TRUE;
}

static gboolean
read_choice (ServeRecord *record, const ServeKey *key, JsonNode *node, GError **error)
{
  int choice;

  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return fail_kind (record, key, "a text", error);
  choice = find_choice (key, json_node_get_string (node));
  if (choice < 0)
    return fail_choice (record, key, json_node_get_string (node), error);
  G_STRUCT_MEMBER (int, record, key->offset) = choice;
  return TRUE;
}

/* "30", "30000/1001", or a whole number. */
static gboolean
parse_rate (JsonNode *node, gint64 *numerator, gint64 *denominator)
{
  const char *slash;
  g_autofree char *first = NULL;

  *denominator = 1;
  if (json_node_get_value_type (node) == G_TYPE_INT64) {
    *numerator = json_node_get_int (node);
    return TRUE;
  }
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;
  slash = strchr (json_node_get_string (node), '/');
  if (slash == NULL)
    return g_ascii_string_to_signed (json_node_get_string (node), 10, 0, G_MAXINT, numerator, NULL);
  first = g_strndup (json_node_get_string (node), (gsize)(slash - json_node_get_string (node)));
  return g_ascii_string_to_signed (first, 10, 0, G_MAXINT, numerator, NULL) &&
         g_ascii_string_to_signed (slash + 1, 10, 1, G_MAXINT, denominator, NULL);
}

static gboolean
read_rate (ServeRecord *record, const ServeKey *key, JsonNode *node, GError **error)
{
  gint64 numerator, denominator;

  if (!parse_rate (node, &numerator, &denominator))
    return fail_kind (record, key, "a rate, such as 30 or \"30000/1001\",", error);
  if ((double)numerator < key->minimum * (double)denominator ||
      (double)numerator > key->maximum * (double)denominator)
    return serve_record_fail (record, key->name, error, "a rate is from %g to %g: %s", key->minimum,
        key->maximum, key->blurb);
  G_STRUCT_MEMBER (ServeRate, record, key->offset) =
      (ServeRate){ (int)numerator, (int)denominator };
  return TRUE;
}

static gboolean
read_table (ServeRecord *record, const ServeKey *key, JsonNode *node, GError **error)
{
  JsonObject **place = G_STRUCT_MEMBER_P (record, key->offset);

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail_kind (record, key, "a table", error);
  g_clear_pointer (place, json_object_unref);
  *place = json_object_ref (json_node_get_object (node));
  return TRUE;
}

static gboolean (*const readers[]) (ServeRecord *, const ServeKey *, JsonNode *, GError **) = {
  [SERVE_KEY_TEXT] = read_text,
  [SERVE_KEY_FILE] = read_text,
  [SERVE_KEY_WORDS] = read_words,
  [SERVE_KEY_FLAG] = read_flag,
  [SERVE_KEY_INTEGER] = read_number,
  [SERVE_KEY_NUMBER] = read_number,
  [SERVE_KEY_CHOICE] = read_choice,
  [SERVE_KEY_RATE] = read_rate,
  [SERVE_KEY_TABLE] = read_table,
};

/* --- records --- */

/* What stands where nothing is said is written as JSON. */
static gboolean
set_default (ServeRecord *record, const ServeKey *key, GError **error)
{
  g_autoptr (JsonNode) node = NULL;

  if (key->type == SERVE_KEY_RATE)
    G_STRUCT_MEMBER (ServeRate, record, key->offset) = (ServeRate){ 0, 1 };
  if (key->type == SERVE_KEY_WORDS && key->value == NULL)
    G_STRUCT_MEMBER (GStrv, record, key->offset) = g_new0 (char *, 1);
  if (key->value == NULL)
    return TRUE;
  node = json_from_string (key->value, error);
  return node != NULL && readers[key->type](record, key, node, error);
}

static const ServeKey *
find_key (const ServeSection *section, const char *name)
{
  for (guint i = 0; i < section->n_keys; i++)
    if (strcmp (section->keys[i].name, name) == 0)
      return &section->keys[i];
  return NULL;
}

static gboolean
fail_unknown (const ServeRecord *record, const char *name, GError **error)
{
  const ServeSection *section = record->section;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL, *all = NULL;

  for (guint i = 0; i < section->n_keys; i++)
    g_ptr_array_add (names, (char *)section->keys[i].name);
  g_ptr_array_add (names, NULL);
  hint = gen_nearest_hint (name, (const char *const *)names->pdata);
  all = g_strjoinv (", ", (char **)names->pdata);
  return serve_record_fail (record, name, error, "there is no such key%s; there are %s", hint, all);
}

static gboolean
read_members (ServeRecord *record, JsonObject *object, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (const GList *name = names; name != NULL; name = name->next) {
    const ServeKey *key = find_key (record->section, name->data);

    if (key == NULL)
      return fail_unknown (record, name->data, error);
    if (!readers[key->type](record, key, json_object_get_member (object, name->data), error))
      return FALSE;
  }
  return TRUE;
}

gpointer
serve_record_new (const ServeSection *section, const ServeConfiguration *configuration,
    const char *name, JsonObject *object, GError **error)
{
  ServeRecord *record = g_malloc0 (section->size);
  gboolean done = TRUE;

  record->section = section;
  record->configuration = configuration;
  record->name = g_strdup (name);
  for (guint i = 0; done && i < section->n_keys; i++)
    done = set_default (record, &section->keys[i], error);
  done = done && (object == NULL || read_members (record, object, error));
  if (done)
    return record;
  serve_record_free (record);
  return NULL;
}

void
serve_record_free (gpointer data)
{
  ServeRecord *record = data;
  const ServeSection *section = record->section;

  for (guint i = 0; i < section->n_keys; i++) {
    gpointer *place = G_STRUCT_MEMBER_P (record, section->keys[i].offset);

    if (section->keys[i].type == SERVE_KEY_TEXT || section->keys[i].type == SERVE_KEY_FILE)
      g_free (*place);
    else if (section->keys[i].type == SERVE_KEY_WORDS)
      g_strfreev (*place);
    else if (section->keys[i].type == SERVE_KEY_TABLE && *place != NULL)
      json_object_unref (*place);
  }
  g_free (record->name);
  g_free (record);
}

static gboolean
is_equal (const ServeKey *key, gconstpointer a, gconstpointer b)
{
  static const gsize sizes[] = {
    [SERVE_KEY_FLAG] = sizeof (gboolean),
    [SERVE_KEY_INTEGER] = sizeof (int),
    [SERVE_KEY_NUMBER] = sizeof (double),
    [SERVE_KEY_CHOICE] = sizeof (int),
    [SERVE_KEY_RATE] = sizeof (ServeRate),
  };
  gpointer const *first = a, *second = b;

  switch (key->type) {
  case SERVE_KEY_TEXT:
  case SERVE_KEY_FILE:
    return g_strcmp0 (*first, *second) == 0;
  case SERVE_KEY_WORDS:
    return g_strv_equal (*first, *second);
  case SERVE_KEY_TABLE:
    return (*first == NULL) == (*second == NULL) &&
           (*first == NULL || json_object_equal (*first, *second));
  default:
    return memcmp (a, b, sizes[key->type]) == 0;
  }
}

gboolean
serve_record_equal (gconstpointer a, gconstpointer b)
{
  const ServeSection *section = ((const ServeRecord *)a)->section;

  for (guint i = 0; i < section->n_keys; i++)
    if (!is_equal (&section->keys[i], G_STRUCT_MEMBER_P (a, section->keys[i].offset),
            G_STRUCT_MEMBER_P (b, section->keys[i].offset)))
      return FALSE;
  return TRUE;
}
