/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file beside a voice, as Piper writes it: which ids its symbols have, at which rate it speaks,
 * and what its parameters stand at. Files of that name that say nothing of symbols are others'. */
#include <string.h>

#include <json-glib/json-glib.h>

#include "model-private.h"

#define BETWEEN "_"
#define DEFAULT_NOISE_SCALE 0.667
#define DEFAULT_LENGTH_SCALE 1
#define DEFAULT_NOISE_W 0.8

void
gen_voice_free (GenVoice *voice)
{
  if (voice == NULL)
    return;
  g_clear_pointer (&voice->symbols, gen_symbols_free);
  g_free (voice->path);
  g_free (voice);
}

/* --- JSON --- */

/* NULL where there is none. */
static JsonObject *
find_object (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static double
find_number (JsonObject *object, const char *name, double missing)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) != G_TYPE_STRING
             ? json_node_get_double (node)
             : missing;
}

static gboolean
has_text (JsonObject *object, const char *name, const char *text)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
         g_strcmp0 (json_node_get_string (node), text) == 0;
}

/* --- symbols --- */

static gboolean
fail (const char *path, const char *symbol, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: phoneme_id_map says nothing that can be read of '%s', which should be a list of ids, "
      "such as [14]",
      path, symbol);
  return FALSE;
}

static gboolean
is_id (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64 &&
         json_node_get_int (node) >= 0;
}

static gboolean
add_symbol (GenVoice *voice, const char *symbol, JsonNode *ids, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (ids) ? json_node_get_array (ids) : NULL;

  if (array == NULL || *symbol == '\0')
    return fail (voice->path, symbol, error);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    gint64 id;

    if (!is_id (node))
      return fail (voice->path, symbol, error);
    id = json_node_get_int (node);
    g_array_append_val (numbers, id);
  }
  gen_symbols_add (voice->symbols, symbol, (const gint64 *)numbers->data, numbers->len);
  return TRUE;
}

static gboolean
add_symbols (GenVoice *voice, JsonObject *map, GError **error)
{
  JsonObjectIter iter;
  const char *symbol;
  JsonNode *ids;

  json_object_iter_init (&iter, map);
  while (json_object_iter_next (&iter, &symbol, &ids))
    if (!add_symbol (voice, symbol, ids, error))
      return FALSE;
  return TRUE;
}

static void
append (const GenVoice *voice, const char *symbol, GArray *ids)
{
  guint n = 0;
  const gint64 *found = gen_symbols_find (voice->symbols, symbol, &n);

  if (found != NULL)
    g_array_append_vals (ids, found, n);
}

/* A symbol that is meant as others. */
static void
replace_symbol (GenVoice *voice, const char *symbol, JsonNode *others)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (others) ? json_node_get_array (others) : NULL;

  if (array == NULL || *symbol == '\0')
    return;
  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    const char *other = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;

    if (i > 0)
      append (voice, BETWEEN, ids);
    if (other != NULL)
      append (voice, other, ids);
  }
  gen_symbols_add (voice->symbols, symbol, (const gint64 *)ids->data, ids->len);
}

static void
replace_symbols (GenVoice *voice, JsonObject *map)
{
  JsonObjectIter iter;
  const char *symbol;
  JsonNode *others;

  if (map == NULL)
    return;
  json_object_iter_init (&iter, map);
  while (json_object_iter_next (&iter, &symbol, &others))
    replace_symbol (voice, symbol, others);
}

/* --- the file --- */

/* Lists within lists that a parser follows, each with a call of its own. */
#define MAX_DEPTH 32

static gboolean
is_flat (const char *text, gsize size)
{
  gboolean in_string = FALSE;
  int depth = 0;

  for (gsize i = 0; i < size && depth <= MAX_DEPTH; i++) {
    if (text[i] == '\\' && in_string)
      i++;
    else if (text[i] == '"')
      in_string = !in_string;
    else if (!in_string)
      depth += (text[i] == '{' || text[i] == '[') - (text[i] == '}' || text[i] == ']');
  }
  return depth <= MAX_DEPTH;
}

static gboolean
parse_file (JsonParser *parser, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, error))
    return FALSE;
  if (!is_flat (text, size)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: has more than %d lists within lists", path, MAX_DEPTH);
    return FALSE;
  }
  if (json_parser_load_from_data (parser, text, (gssize)size, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/* NULL without an error where it is another's. (transfer full) */
static GenVoice *
read_file (const char *path, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonObject *root, *map, *inference;
  GenVoice *voice;

  if (!parse_file (parser, path, error))
    return NULL;
  if (json_parser_get_root (parser) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return NULL;
  root = json_node_get_object (json_parser_get_root (parser));
  map = find_object (root, "phoneme_id_map");
  if (map == NULL)
    return NULL;
  inference = find_object (root, "inference");
  voice = g_new0 (GenVoice, 1);
  voice->path = g_strdup (path);
  voice->symbols = gen_symbols_new (has_text (root, "phoneme_type", "text"));
  voice->sample_rate =
      (int)CLAMP (find_number (find_object (root, "audio"), "sample_rate", 0), 0, G_MAXINT);
  voice->speakers = (int)CLAMP (find_number (root, "num_speakers", 1), 1, G_MAXINT);
  voice->noise_scale = find_number (inference, "noise_scale", DEFAULT_NOISE_SCALE);
  voice->length_scale = find_number (inference, "length_scale", DEFAULT_LENGTH_SCALE);
  voice->noise_w = find_number (inference, "noise_w", DEFAULT_NOISE_W);
  if (add_symbols (voice, map, error)) {
    replace_symbols (voice, find_object (root, "phoneme_map"));
    return voice;
  }
  gen_voice_free (voice);
  return NULL;
}

static gboolean
takes_tokens (const GenGraph *graph)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->inputs, i);
    GenPort port;

    gen_port_read (&port, tensor, &tensor->shape, TRUE);
    if (port.kind == GEN_PORT_TOKENS)
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_voice_read (GenModel *model, GError **error)
{
  g_autofree char *path = model->path != NULL ? g_strconcat (model->path, ".json", NULL) : NULL;
  g_autoptr (GError) failure = NULL;

  g_clear_pointer (&model->voice, gen_voice_free);
  if (path == NULL || !takes_tokens (model->graph) || !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  model->voice = read_file (path, &failure);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* --- parameters --- */

static GenNumbers *
make_numbers (const double *values, guint n)
{
  GenNumbers *numbers = g_malloc (sizeof *numbers + n * sizeof *values);

  numbers->n = n;
  memcpy (numbers->values, values, n * sizeof *values);
  return numbers;
}

/* What the input of that name and so many numbers stands at, or NULL. (transfer full) */
static GenNumbers *
find_value (const GenVoice *voice, const char *name, gint64 n)
{
  const double scales[] = { voice->noise_scale, voice->length_scale, voice->noise_w }, speaker = 0;
  static const struct {
    const char *name;
    int scale;
  } singles[] = { { "noise_scale", 0 }, { "length_scale", 1 }, { "noise_w", 2 },
    { "noise_scale_w", 2 } };

  if (strcmp (name, "scales") == 0 && n == G_N_ELEMENTS (scales))
    return make_numbers (scales, G_N_ELEMENTS (scales));
  for (gsize i = 0; i < G_N_ELEMENTS (singles); i++)
    if (strcmp (name, singles[i].name) == 0)
      return make_numbers (&scales[singles[i].scale], 1);
  return strcmp (name, "sid") == 0 ? make_numbers (&speaker, 1) : NULL;
}

void
gen_voice_set_parameters (GenModel *model)
{
  for (guint i = 0; model->voice != NULL && i < model->graph->inputs->len; i++) {
    const GenPort *port = &model->inputs[i];

    if (port->part == GEN_PART_PARAMETER && model->parameters[i] == NULL)
      model->parameters[i] =
          find_value (model->voice, port->name, port->shape.rank == 1 ? port->shape.dims[0] : 1);
  }
}
