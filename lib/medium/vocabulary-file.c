/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading tokenizer.json. What is known of it is what byte pair encoding of bytes takes; all else
 * is refused, since ids that are nearly right make figures that are wrong. */
#include <gio/gio.h>
#include <string.h>

#include "../base/json-file.h"
#include "vocabulary-private.h"

/* How GPT-2 cuts a text; files that have no expression of their own mean it. */
#define PIECES "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "%s; known is byte pair encoding of bytes, as GPT-2 and Llama 3 have it", what);
  return FALSE;
}

/* NULL where there is none. */
static JsonObject *
object_of (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonArray *
array_of (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static const char *
text_of_node (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : "";
}

static const char *
text_of (JsonObject *object, const char *name)
{
  return object != NULL ? text_of_node (json_object_get_member (object, name)) : "";
}

static gboolean
is_true (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
         json_node_get_value_type (node) == G_TYPE_BOOLEAN && json_node_get_boolean (node);
}

/* Bytes that can be seen stand for themselves as characters, the others, in order, for those from
 * U+0100 on. */
static void
write_bytes (GenVocabulary *vocabulary)
{
  gunichar next = 0x100;

  for (guint b = 0; b < 256; b++) {
    const gboolean seen = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    char text[8] = { 0 };

    g_unichar_to_utf8 (seen ? b : next++, text);
    vocabulary->written[b] = g_strdup (text);
  }
}

static gboolean
add_id (GenVocabulary *vocabulary, const char *token, JsonNode *node, GError **error)
{
  gint64 id = -1;

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64)
    id = json_node_get_int (node);
  if (id < 0 || id >= G_MAXINT32) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "model.vocab gives \"%s\" an id that is none, from 0 on", token);
    return FALSE;
  }
  g_hash_table_replace (vocabulary->ids, g_strdup (token), g_memdup2 (&id, sizeof id));
  vocabulary->size = MAX (vocabulary->size, id + 1);
  return TRUE;
}

static gboolean
read_ids (GenVocabulary *vocabulary, JsonObject *model, GError **error)
{
  JsonObject *vocab = object_of (model, "vocab");
  JsonObjectIter iter;
  const char *token;
  JsonNode *node;

  if (vocab == NULL)
    return refuse (error, "model.vocab is no object");
  json_object_iter_init (&iter, vocab);
  while (json_object_iter_next (&iter, &token, &node))
    if (!add_id (vocabulary, token, node, error))
      return FALSE;
  for (int b = 0; b < 256; b++)
    vocabulary->bytes[b] = gen_vocabulary_find (vocabulary, vocabulary->written[b]);
  return TRUE;
}

static gboolean
add_merge (GenVocabulary *vocabulary, const char *a, const char *b, guint rank, GError **error)
{
  g_autofree char *both = g_strconcat (a, b, NULL);
  const gint64 first = gen_vocabulary_find (vocabulary, a),
               second = gen_vocabulary_find (vocabulary, b);
  const GenMerge merge = { rank, gen_vocabulary_find (vocabulary, both) };
  gint64 pair;

  if (first < 0 || second < 0 || merge.id < 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "model.merges[%u] makes one of \"%s\" and \"%s\", and the three are not all in model.vocab",
        rank, a, b);
    return FALSE;
  }
  pair = gen_vocabulary_pair (first, second);
  if (!g_hash_table_contains (vocabulary->merges, &pair))
    g_hash_table_insert (
        vocabulary->merges, g_memdup2 (&pair, sizeof pair), g_memdup2 (&merge, sizeof merge));
  return TRUE;
}

/* "a b", or ["a", "b"]. */
static gboolean
read_merge (GenVocabulary *vocabulary, JsonNode *node, guint rank, GError **error)
{
  JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_auto (GStrv) parts = NULL;

  if (pair != NULL && json_array_get_length (pair) == 2)
    return add_merge (vocabulary, text_of_node (json_array_get_element (pair, 0)),
        text_of_node (json_array_get_element (pair, 1)), rank, error);
  parts = g_strsplit (text_of_node (node), " ", 2);
  if (g_strv_length (parts) == 2)
    return add_merge (vocabulary, parts[0], parts[1], rank, error);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "model.merges[%u] is no pair, such as \"t h\"", rank);
  return FALSE;
}

static gboolean
read_model (GenVocabulary *vocabulary, JsonObject *model, GError **error)
{
  JsonArray *merges = array_of (model, "merges");

  if (model == NULL || merges == NULL ||
      (*text_of (model, "type") != '\0' && strcmp (text_of (model, "type"), "BPE") != 0))
    return refuse (error, "its model is no BPE");
  if (is_true (model, "byte_fallback") || *text_of (model, "end_of_word_suffix") != '\0' ||
      *text_of (model, "continuing_subword_prefix") != '\0')
    return refuse (error, "its model is a BPE of characters");
  vocabulary->takes_whole = is_true (model, "ignore_merges");
  if (!read_ids (vocabulary, model, error))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (merges); i++)
    if (!read_merge (vocabulary, json_array_get_element (merges, i), i, error))
      return FALSE;
  return TRUE;
}

static gboolean
set_pieces (GenVocabulary *vocabulary, const char *expression, GError **error)
{
  if (vocabulary->pieces != NULL)
    return refuse (error, "its pre_tokenizer cuts twice");
  vocabulary->pieces = g_regex_new (expression, G_REGEX_OPTIMIZE, 0, error);
  return vocabulary->pieces != NULL;
}

/* One step of what cuts a text; `*of_bytes` becomes TRUE with that which makes bytes of it. */
static gboolean
read_cut (GenVocabulary *vocabulary, JsonObject *cut, gboolean *of_bytes, GError **error)
{
  const char *type = text_of (cut, "type");
  const char *expression = text_of (object_of (cut, "pattern"), "Regex");
  const gboolean isolates =
      strcmp (text_of (cut, "behavior"), "Isolated") == 0 && !is_true (cut, "invert");
  JsonNode *uses = cut != NULL ? json_object_get_member (cut, "use_regex") : NULL;

  if (strcmp (type, "Split") == 0 && *expression != '\0' && isolates)
    return set_pieces (vocabulary, expression, error);
  if (strcmp (type, "ByteLevel") != 0)
    return refuse (error, "its pre_tokenizer is none of ByteLevel, and Split by a Regex");
  *of_bytes = TRUE;
  vocabulary->adds_space = is_true (cut, "add_prefix_space");
  return (uses != NULL && !is_true (cut, "use_regex")) || set_pieces (vocabulary, PIECES, error);
}

static gboolean
read_cuts (GenVocabulary *vocabulary, JsonObject *cuts, GError **error)
{
  JsonArray *list = array_of (cuts, "pretokenizers");
  gboolean of_bytes = FALSE;

  if (list == NULL && !read_cut (vocabulary, cuts, &of_bytes, error))
    return FALSE;
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++) {
    JsonNode *node = json_array_get_element (list, i);

    if (!read_cut (vocabulary, JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL,
            &of_bytes, error))
      return FALSE;
  }
  return of_bytes || refuse (error, "its pre_tokenizer makes no bytes");
}

static gboolean
read_normalizer (GenVocabulary *vocabulary, JsonObject *normalizer, GError **error)
{
  if (normalizer == NULL)
    return TRUE;
  if (strcmp (text_of (normalizer, "type"), "NFC") != 0)
    return refuse (error, "its normalizer is not NFC");
  vocabulary->normalizes = TRUE;
  vocabulary->normal = G_NORMALIZE_NFC;
  return TRUE;
}

/* The id of what a TemplateProcessing, alone or among others, puts first. */
static void
read_beginning (GenVocabulary *vocabulary, JsonObject *after)
{
  JsonArray *all = array_of (after, "processors"), *single = array_of (after, "single"), *ids;
  JsonObject *first;
  JsonNode *node;

  for (guint i = 0; all != NULL && i < json_array_get_length (all); i++) {
    node = json_array_get_element (all, i);
    if (JSON_NODE_HOLDS_OBJECT (node))
      read_beginning (vocabulary, json_node_get_object (node));
  }
  if (single == NULL || json_array_get_length (single) == 0)
    return;
  node = json_array_get_element (single, 0);
  first = JSON_NODE_HOLDS_OBJECT (node) ? object_of (json_node_get_object (node), "SpecialToken")
                                        : NULL;
  if (first == NULL)
    return;
  ids = array_of (object_of (object_of (after, "special_tokens"), text_of (first, "id")), "ids");
  node = ids != NULL && json_array_get_length (ids) == 1 ? json_array_get_element (ids, 0) : NULL;
  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
      json_node_get_value_type (node) == G_TYPE_INT64)
    vocabulary->beginning = json_node_get_int (node);
}

static gboolean
read_file (GenVocabulary *vocabulary, const char *path, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;
  JsonObject *object;

  if (!gen_json_load (parser, path, error))
    return FALSE;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return refuse (error, "it is no object");
  object = json_node_get_object (root);
  read_beginning (vocabulary, object_of (object, "post_processor"));
  return read_normalizer (vocabulary, object_of (object, "normalizer"), error) &&
         read_cuts (vocabulary, object_of (object, "pre_tokenizer"), error) &&
         read_model (vocabulary, object_of (object, "model"), error);
}

GenVocabulary *
gen_vocabulary_load (const char *path, GError **error)
{
  g_autoptr (GenVocabulary) vocabulary = g_new0 (GenVocabulary, 1);

  vocabulary->beginning = -1;
  vocabulary->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  vocabulary->merges = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  write_bytes (vocabulary);
  if (read_file (vocabulary, path, error))
    return g_steal_pointer (&vocabulary);
  if (strstr ((*error)->message, path) == NULL)
    g_prefix_error (error, "%s: ", path);
  return NULL;
}
