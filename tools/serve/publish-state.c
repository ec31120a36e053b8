/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <generative/atomic-file.h>

#include "../../lib/base/json-file.h"
#include "../../lib/base/json-members.h"
#include "publish-private.h"

void
serve_publish_state_clear (ServePublishState *state)
{
  g_free (state->stable);
  g_free (state->previous);
  g_hash_table_unref (state->refused);
}

gboolean
serve_publish_state_load (ServePublishState *state, const char *path, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GList) names = NULL;
  JsonObject *object, *refused;
  JsonNode *root;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!gen_json_load (parser, path, error))
    return FALSE;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: it does not say which version is played: an object of JSON is wanted", path);
    return FALSE;
  }
  object = json_node_get_object (root);
  state->stable = g_strdup (gen_json_text_in (object, "stable"));
  state->previous = g_strdup (gen_json_text_in (object, "previous"));
  refused = gen_json_object_in (object, "refused");
  names = refused != NULL ? json_object_get_members (refused) : NULL;
  for (const GList *name = names; name != NULL; name = name->next) {
    const char *why = gen_json_text_in (refused, name->data);

    g_hash_table_insert (state->refused, g_strdup (name->data), g_strdup (why != NULL ? why : ""));
  }
  return TRUE;
}

gboolean
serve_publish_state_save (const ServePublishState *state, const char *path, GError **error)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  JsonObject *object = json_object_new (), *refused = json_object_new ();
  GHashTableIter iter;
  gpointer name, why;

  g_hash_table_iter_init (&iter, state->refused);
  while (g_hash_table_iter_next (&iter, &name, &why))
    json_object_set_string_member (refused, name, why);
  gen_json_set_text (object, "stable", state->stable);
  gen_json_set_text (object, "previous", state->previous);
  json_object_set_object_member (object, "refused", refused);
  json_node_take_object (node, object);
  text = gen_json_to_text (node, TRUE);
  bytes = g_bytes_new_static (text, strlen (text));
  return gen_atomic_write (path, bytes, error);
}
