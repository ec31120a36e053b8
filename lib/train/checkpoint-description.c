/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* training.json: what a checkpoint is of, for people to read. Training does not go on from it; but
 * it remembers the settings, so that whoever goes on with others can be told. */
#include "checkpoint-files.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include <generative/atomic-file.h>

#include "../base/json-file.h"

static void
describe_progress (JsonObject *object, GenTrainer *trainer, const GenTrainingProgress *progress)
{
  g_autofree char *best = NULL;

  json_object_set_string_member (object, "version", GEN_VERSION);
  json_object_set_int_member (object, "step", gen_trainer_steps (trainer));
  json_object_set_int_member (object, "samples", progress->samples);
  if (isnan (progress->best))
    return;
  best = g_strconcat ("best-",
      progress->figure != NULL ? progress->figure
                               : gen_recipe_best (gen_trainer_settings (trainer)->recipe),
      NULL);
  json_object_set_double_member (object, best, progress->best);
  json_object_set_int_member (object, "best-step", progress->best_step);
}

/* The settings, and beside them what the data is. */
static void
describe_settings (JsonObject *object, GVariant *settings)
{
  static const char *const beside[] = { GEN_CHECKPOINT_DATA, GEN_CHECKPOINT_FOUND,
    GEN_CHECKPOINT_EPOCH, GEN_CHECKPOINT_COST };
  g_autoptr (JsonNode) node = json_gvariant_serialize (settings);
  JsonObject *all = json_node_get_object (node);

  for (guint i = 0; i < G_N_ELEMENTS (beside); i++) {
    JsonNode *member = json_object_dup_member (all, beside[i]);

    if (member == NULL)
      continue;
    json_object_remove_member (all, beside[i]);
    json_object_set_member (object, beside[i], member);
  }
  json_object_set_member (object, "settings", g_steal_pointer (&node));
}

gboolean
gen_checkpoint_describe (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, JsonObject *test, GError **error)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_DESCRIPTION, NULL), *text = NULL;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), object);
  g_autoptr (GBytes) bytes = NULL;

  describe_progress (object, trainer, progress);
  if (settings != NULL)
    describe_settings (object, settings);
  if (test != NULL)
    json_object_set_object_member (object, "test", json_object_ref (test));
  text = gen_json_to_text (root, TRUE);
  bytes = g_bytes_new (text, strlen (text));
  return gen_atomic_write (path, bytes, error);
}

/* (transfer full) */
static JsonObject *
read_description (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_DESCRIPTION, NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) reason = NULL;
  JsonNode *root;

  if (!gen_json_load (parser, path, &reason)) {
    g_set_error (
        error, reason->domain, reason->code, "'%s' cannot be read: %s", path, reason->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    return json_object_ref (json_node_get_object (root));
  g_set_error (
      error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE, "'%s' is no object of JSON", path);
  return NULL;
}

gboolean
gen_checkpoint_check_description (const char *folder, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (JsonObject) description = read_description (folder, &failure);

  if (description != NULL || g_error_matches (failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

guint64
gen_checkpoint_epoch_length (const char *folder)
{
  g_autoptr (JsonObject) description = read_description (folder, NULL);
  JsonNode *node =
      description != NULL ? json_object_get_member (description, GEN_CHECKPOINT_EPOCH) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? (guint64)MAX (json_node_get_int (node), 0)
                                                      : 0;
}

/* Members of other kinds than numbers are none. */
JsonObject *
gen_checkpoint_read_cost (const char *folder)
{
  g_autoptr (JsonObject) description = read_description (folder, NULL);
  JsonNode *node =
      description != NULL ? json_object_get_member (description, GEN_CHECKPOINT_COST) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
}

gboolean
gen_checkpoint_is_of_data (const char *folder, GVariant *data)
{
  g_autoptr (JsonObject) description = read_description (folder, NULL);
  JsonNode *node =
      description != NULL ? json_object_get_member (description, GEN_CHECKPOINT_DATA) : NULL;
  const char *location;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node) || data == NULL ||
      !g_variant_lookup (data, "location", "&s", &location))
    return FALSE;
  node = json_object_get_member (json_node_get_object (node), "location");
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
         g_strcmp0 (json_node_get_string (node), location) == 0;
}

/* The settings that the checkpoint was written with, or NULL. (transfer full) */
static JsonObject *
read_settings (const char *folder)
{
  g_autoptr (JsonObject) description = read_description (folder, NULL);
  JsonNode *node = description != NULL ? json_object_get_member (description, "settings") : NULL;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  return json_object_ref (json_node_get_object (node));
}

/* A number as somebody would write it, anything else as JSON. (transfer full) */
static char *
to_text (JsonNode *node)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE)
    return g_strdup (g_ascii_formatd (number, sizeof number, "%.9g", json_node_get_double (node)));
  return gen_json_to_text (node, FALSE);
}

static void
add_change (GString *changes, const char *name, JsonNode *now, JsonNode *before)
{
  g_autofree char *is = to_text (now), *was = to_text (before);

  if (strcmp (is, was) != 0)
    g_string_append_printf (
        changes, "%s%s is %s and was %s", changes->len > 0 ? ", " : "", name, is, was);
}

char *
gen_checkpoint_changes (const char *folder, GVariant *settings)
{
  g_autoptr (JsonObject) before = read_settings (folder);
  g_autoptr (JsonNode) now = json_gvariant_serialize (settings);
  g_autoptr (GList) names = json_object_get_members (json_node_get_object (now));
  g_autoptr (GString) changes = g_string_new (NULL);

  if (before == NULL)
    return NULL;
  names = g_list_sort (names, (GCompareFunc)strcmp);
  for (GList *name = names; name != NULL; name = name->next)
    if (json_object_has_member (before, name->data))
      add_change (changes, name->data,
          json_object_get_member (json_node_get_object (now), name->data),
          json_object_get_member (before, name->data));
  return changes->len > 0 ? g_string_free (g_steal_pointer (&changes), FALSE) : NULL;
}
