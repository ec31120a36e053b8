/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file beside a voice, as Piper writes it: which ids its symbols have, at which rate it speaks,
 * and what its parameters stand at. Objects of that name without a `phoneme_id_map` are others'. */
#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "../base/json-file.h"
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

/* An object of the file, NULL where it has none. */
typedef struct {
  const char *path, *name; /* "audio.", which is put before those of its members */
  JsonObject *object;
} Section;

static gboolean
refuse (const Section *section, const char *key, const char *wanted, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s: %s%s should be %s",
      section->path, section->name, key, wanted);
  return FALSE;
}

/* NULL where there is none, or it is null. */
static JsonNode *
find (const Section *section, const char *key)
{
  JsonNode *node = section->object != NULL ? json_object_get_member (section->object, key) : NULL;

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

static gboolean
read_object (const Section *root, const char *key, Section *section, GError **error)
{
  JsonNode *node = find (root, key);

  if (node != NULL && !JSON_NODE_HOLDS_OBJECT (node))
    return refuse (root, key, "an object", error);
  section->path = root->path;
  section->object = node != NULL ? json_node_get_object (node) : NULL;
  return TRUE;
}

static gboolean
is_number (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && (json_node_get_value_type (node) == G_TYPE_INT64 ||
                                             json_node_get_value_type (node) == G_TYPE_DOUBLE);
}

/* `*number` stays as it is where the file does not say it. */
static gboolean
read_number (const Section *section, const char *key, double *number, GError **error)
{
  JsonNode *node = find (section, key);

  if (node == NULL)
    return TRUE;
  if (!is_number (node) || !isfinite (json_node_get_double (node)))
    return refuse (section, key, "a number", error);
  *number = json_node_get_double (node);
  return TRUE;
}

static gboolean
read_count (const Section *section, const char *key, int *count, GError **error)
{
  double number = *count;

  if (!read_number (section, key, &number, error))
    return FALSE;
  if (find (section, key) != NULL &&
      !(number >= 1 && number <= G_MAXINT && number == trunc (number)))
    return refuse (section, key, "a whole number from 1 on", error);
  *count = (int)number;
  return TRUE;
}

static const char *
get_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

/* --- symbols --- */

/* What reads the list that stands behind a symbol. */
typedef gboolean (*ReadSymbol) (
    GenVoice *voice, const Section *map, const char *symbol, JsonArray *list, GError **error);

static gboolean
read_symbols (
    GenVoice *voice, const Section *map, ReadSymbol read, const char *wanted, GError **error)
{
  JsonObjectIter iter;
  const char *symbol;
  JsonNode *list;

  if (map->object == NULL)
    return TRUE;
  json_object_iter_init (&iter, map->object);
  while (json_object_iter_next (&iter, &symbol, &list)) {
    if (*symbol == '\0' || !JSON_NODE_HOLDS_ARRAY (list))
      return refuse (map, symbol, wanted, error);
    if (!read (voice, map, symbol, json_node_get_array (list), error))
      return FALSE;
  }
  return TRUE;
}

#define LIST_OF_IDS "a list of ids, such as [14]"
#define LIST_OF_SYMBOLS "a list of symbols, such as [\"a\"]"

static gboolean
refuse_id (const GenVoice *voice, const char *symbol, gint64 id, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "%s: phoneme_id_map gives '%s' the id %" G_GINT64_FORMAT ", and ids are from 0 to %d",
      voice->path, symbol, id, voice->n_ids - 1);
  return FALSE;
}

static gboolean
add_symbol (
    GenVoice *voice, const Section *map, const char *symbol, JsonArray *list, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonNode *node = json_array_get_element (list, i);
    const gboolean whole = is_number (node) && json_node_get_value_type (node) == G_TYPE_INT64;
    const gint64 id = whole ? json_node_get_int (node) : 0;

    if (!whole)
      return refuse (map, symbol, LIST_OF_IDS, error);
    if (id < 0 || id >= voice->n_ids)
      return refuse_id (voice, symbol, id, error);
    g_array_append_val (ids, id);
  }
  gen_symbols_add (voice->symbols, symbol, (const gint64 *)ids->data, ids->len);
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
static gboolean
replace_symbol (
    GenVoice *voice, const Section *map, const char *symbol, JsonArray *list, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < json_array_get_length (list); i++) {
    const char *other = get_string (json_array_get_element (list, i));

    if (other == NULL)
      return refuse (map, symbol, LIST_OF_SYMBOLS, error);
    if (i > 0)
      append (voice, BETWEEN, ids);
    append (voice, other, ids);
  }
  gen_symbols_add (voice->symbols, symbol, (const gint64 *)ids->data, ids->len);
  return TRUE;
}

/* --- the file --- */

/* Lists within lists that a parser follows, each with a call of its own. */
#define MAX_DEPTH 32

static gboolean
parse_file (JsonParser *parser, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;

  if (!g_file_get_contents (path, &text, &size, error))
    return FALSE;
  if (gen_json_is_deep (text, MAX_DEPTH)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: has more than %d lists within lists", path, MAX_DEPTH);
    return FALSE;
  }
  if (json_parser_load_from_data (parser, text, (gssize)size, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

static gboolean
read_voice (GenVoice *voice, const Section *root, GError **error)
{
  Section audio = { .name = "audio." }, inference = { .name = "inference." };
  Section ids = { .name = "phoneme_id_map." }, others = { .name = "phoneme_map." };
  JsonNode *type = find (root, "phoneme_type");
  int n_ids = G_MAXINT;

  if (!read_object (root, "phoneme_id_map", &ids, error) ||
      !read_object (root, "phoneme_map", &others, error) ||
      !read_object (root, "audio", &audio, error) ||
      !read_object (root, "inference", &inference, error))
    return FALSE;
  if (ids.object == NULL)
    return refuse (root, "phoneme_id_map", "an object", error);
  if (type != NULL && get_string (type) == NULL)
    return refuse (root, "phoneme_type", "a text, such as \"espeak\"", error);
  voice->symbols = gen_symbols_new (type != NULL && strcmp (get_string (type), "text") == 0);
  if (!read_count (root, "num_symbols", &n_ids, error))
    return FALSE;
  voice->n_ids = MIN (voice->n_ids, n_ids);
  return read_count (root, "num_speakers", &voice->speakers, error) &&
         read_count (&audio, "sample_rate", &voice->sample_rate, error) &&
         read_number (&inference, "noise_scale", &voice->noise_scale, error) &&
         read_number (&inference, "length_scale", &voice->length_scale, error) &&
         read_number (&inference, "noise_w", &voice->noise_w, error) &&
         read_symbols (voice, &ids, add_symbol, LIST_OF_IDS, error) &&
         read_symbols (voice, &others, replace_symbol, LIST_OF_SYMBOLS, error);
}

/* FALSE with `error`; `*voice` stays NULL where the file is another's. The model knows `n_ids`, 0
 * where that is not known. */
static gboolean
read_file (const char *path, gint64 n_ids, GenVoice **voice, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  Section root = { .path = path, .name = "" };
  JsonNode *node;
  GenVoice *read;

  if (!parse_file (parser, path, error))
    return FALSE;
  node = json_parser_get_root (parser);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s should be an object with a phoneme_id_map, as Piper's voices have it", path);
    return FALSE;
  }
  root.object = json_node_get_object (node);
  if (!json_object_has_member (root.object, "phoneme_id_map"))
    return TRUE;
  read = g_new (GenVoice, 1);
  *read = (GenVoice){ .path = g_strdup (path),
    .speakers = 1,
    .n_ids = n_ids > 0 ? (int)MIN (n_ids, G_MAXINT) : G_MAXINT,
    .noise_scale = DEFAULT_NOISE_SCALE,
    .length_scale = DEFAULT_LENGTH_SCALE,
    .noise_w = DEFAULT_NOISE_W };
  if (!read_voice (read, &root, error)) {
    gen_voice_free (read);
    return FALSE;
  }
  *voice = read;
  return TRUE;
}

static const GenPort *
find_tokens (const GenModel *model)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (model->inputs[i].kind == GEN_PORT_TOKENS)
      return &model->inputs[i];
  return NULL;
}

gboolean
gen_voice_read (GenModel *model, GError **error)
{
  const GenPort *tokens = find_tokens (model);
  g_autofree char *path = model->path != NULL ? g_strconcat (model->path, ".json", NULL) : NULL;

  g_clear_pointer (&model->voice, gen_voice_free);
  return path == NULL || tokens == NULL || !g_file_test (path, G_FILE_TEST_IS_REGULAR) ||
         read_file (path, tokens->choices, &model->voice, error);
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
