/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "configuration.h"

#include <gio/gio.h>
#include <string.h>

#include <generative/file-bytes.h>
#include <generative/nearest.h>

#include "toml.h"

/* Larger ones are no studio file. */
#define TEXT_MOST (1024 * 1024)
#define NAME_MOST 64

/* --- reading --- */

static gboolean
fail_section (
    const ServeConfiguration *configuration, const char *name, const char *text, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: %s: %s", configuration->path,
      GPOINTER_TO_UINT (g_hash_table_lookup (configuration->lines, name)), name, text);
  return FALSE;
}

static gboolean
fail_table (const ServeConfiguration *configuration, const ServeSection *section, const char *path,
    GError **error)
{
  g_autofree char *text =
      g_strdup_printf ("a table is wanted: [%s%s]", section->name, section->named ? ".NAME" : "");

  return fail_section (configuration, path, text, error);
}

static const ServeSection *
find_section (const ServeConfiguration *configuration, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL, *all = NULL, *text = NULL;

  for (int i = 0; serve_sections[i] != NULL; i++) {
    if (strcmp (serve_sections[i]->name, name) == 0)
      return serve_sections[i];
    g_ptr_array_add (names, (char *)serve_sections[i]->name);
  }
  g_ptr_array_add (names, NULL);
  hint = gen_nearest_hint (name, (const char *const *)names->pdata);
  all = g_strjoinv (", ", (char **)names->pdata);
  text = g_strdup_printf ("there is no such section%s; there are %s", hint, all);
  fail_section (configuration, name, text, error);
  return NULL;
}

/* What a name is part of: addresses, files, figures' labels. */
static gboolean
is_name (const char *name)
{
  const char *letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

  return *name != '\0' && strlen (name) <= NAME_MOST && name[strspn (name, letters)] == '\0';
}

static gboolean
add_record (ServeConfiguration *configuration, const ServeSection *section, const char *name,
    JsonObject *object, GError **error)
{
  GPtrArray *records = g_hash_table_lookup (configuration->records, section);
  gpointer record = serve_record_new (section, configuration, name, object, error);

  if (record == NULL)
    return FALSE;
  g_ptr_array_add (records, record);
  return TRUE;
}

static gboolean
add_named (ServeConfiguration *configuration, const ServeSection *section, JsonObject *object,
    GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  names = g_list_sort (names, (GCompareFunc)strcmp);
  for (const GList *name = names; name != NULL; name = name->next) {
    JsonNode *node = json_object_get_member (object, name->data);
    g_autofree char *path = g_strconcat (section->name, ".", name->data, NULL);

    if (!JSON_NODE_HOLDS_OBJECT (node))
      return fail_table (configuration, section, path, error);
    if (!is_name (name->data))
      return fail_section (
          configuration, path, "a name has letters, digits, - and _ alone, 64 at most", error);
    if (!add_record (configuration, section, name->data, json_node_get_object (node), error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_section (ServeConfiguration *configuration, const char *name, JsonNode *node, GError **error)
{
  const ServeSection *section = find_section (configuration, name, error);

  if (section == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail_table (configuration, section, name, error);
  if (section->named)
    return add_named (configuration, section, json_node_get_object (node), error);
  return add_record (configuration, section, NULL, json_node_get_object (node), error);
}

/* Those that are not named, where the file does not have them. */
static gboolean
add_missing (ServeConfiguration *configuration, GError **error)
{
  for (int i = 0; serve_sections[i] != NULL; i++) {
    const GPtrArray *records = g_hash_table_lookup (configuration->records, serve_sections[i]);

    if (!serve_sections[i]->named && records->len == 0 &&
        !add_record (configuration, serve_sections[i], NULL, NULL, error))
      return FALSE;
  }
  return TRUE;
}

static void
point (ServeConfiguration *configuration)
{
  configuration->server = serve_configuration_get (configuration, &serve_section_server);
  configuration->limits = serve_configuration_get (configuration, &serve_section_limits);
  configuration->batch = serve_configuration_get (configuration, &serve_section_batch);
  configuration->models = serve_configuration_list (configuration, &serve_section_models);
  configuration->mounts = serve_configuration_list (configuration, &serve_section_mounts);
}

static gboolean
check_all (ServeConfiguration *configuration, GError **error)
{
  for (int i = 0; serve_sections[i] != NULL; i++) {
    const GPtrArray *records = g_hash_table_lookup (configuration->records, serve_sections[i]);

    for (guint j = 0; serve_sections[i]->check != NULL && j < records->len; j++)
      if (!serve_sections[i]->check (records->pdata[j], error))
        return FALSE;
  }
  return TRUE;
}

static gboolean
read_object (ServeConfiguration *configuration, JsonObject *object, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (const GList *name = names; name != NULL; name = name->next)
    if (!add_section (
            configuration, name->data, json_object_get_member (object, name->data), error))
      return FALSE;
  if (!add_missing (configuration, error))
    return FALSE;
  point (configuration);
  return check_all (configuration, error);
}

/* Characters that TOML does not have anywhere, whatever a parser makes of them. */
static gboolean
check_characters (const char *text, gsize size, const char *path, GError **error)
{
  guint line = 1;

  for (gsize i = 0; i < size; i++) {
    const guchar character = (guchar)text[i];

    line += character == '\n';
    if ((character < 0x20 && strchr ("\t\n\r", character) == NULL) || character == 0 ||
        character == 0x7f) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
          "%s:%u: there is a control character (of number %d), which no text has", path, line,
          character);
      return FALSE;
    }
  }
  return TRUE;
}

/* --- from outside --- */

ServeConfiguration *
serve_configuration_parse (const char *text, gsize size, const char *path, GError **error)
{
  g_autoptr (ServeConfiguration) configuration = g_new0 (ServeConfiguration, 1);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (JsonObject) object = NULL;

  configuration->ref_count = 1;
  configuration->path = g_strdup (path);
  configuration->folder = g_canonicalize_filename (folder, NULL);
  configuration->records =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  for (int i = 0; serve_sections[i] != NULL; i++)
    g_hash_table_insert (configuration->records, (gpointer)serve_sections[i],
        g_ptr_array_new_with_free_func (serve_record_free));
  if (size > TEXT_MOST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: a studio file has at most %d bytes", path, TEXT_MOST);
    return NULL;
  }
  if (!check_characters (text, size, path, error))
    return NULL;
  object = serve_toml_parse (text, size, path, &configuration->lines, error);
  if (object == NULL || !read_object (configuration, object, error))
    return NULL;
  return g_steal_pointer (&configuration);
}

ServeConfiguration *
serve_configuration_load (const char *path, GError **error)
{
  /* A pipe is refused, not waited for. */
  g_autoptr (GBytes) bytes = gen_file_bytes (path, error);
  gsize size;
  const char *text = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  if (bytes == NULL)
    return NULL;
  return serve_configuration_parse (text != NULL ? text : "", size, path, error);
}

ServeConfiguration *
serve_configuration_ref (const ServeConfiguration *configuration)
{
  ServeConfiguration *referenced = (ServeConfiguration *)configuration;

  g_atomic_int_inc (&referenced->ref_count);
  return referenced;
}

void
serve_configuration_unref (ServeConfiguration *configuration)
{
  if (!g_atomic_int_dec_and_test (&configuration->ref_count))
    return;
  g_hash_table_unref (configuration->records);
  g_clear_pointer (&configuration->lines, g_hash_table_unref);
  g_free (configuration->path);
  g_free (configuration->folder);
  g_free (configuration);
}

void
serve_configuration_set_ports (ServeConfiguration *configuration, int port, int rtsp_port)
{
  const GPtrArray *records = g_hash_table_lookup (configuration->records, &serve_section_server);
  ServeServerSettings *server = records->pdata[0];

  if (port >= 0)
    server->port = port;
  if (rtsp_port >= 0)
    server->rtsp_port = rtsp_port;
}

gconstpointer
serve_configuration_get (const ServeConfiguration *configuration, const ServeSection *section)
{
  const GPtrArray *records = g_hash_table_lookup (configuration->records, section);

  return records->pdata[0];
}

const GPtrArray *
serve_configuration_list (const ServeConfiguration *configuration, const ServeSection *section)
{
  return g_hash_table_lookup (configuration->records, section);
}

gconstpointer
serve_configuration_find (
    const ServeConfiguration *configuration, const ServeSection *section, const char *name)
{
  const GPtrArray *records = g_hash_table_lookup (configuration->records, section);

  for (guint i = 0; i < records->len; i++) {
    const ServeRecord *record = records->pdata[i];

    if (strcmp (record->name, name) == 0)
      return record;
  }
  return NULL;
}
