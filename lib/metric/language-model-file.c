/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a language model takes and makes, by the names of its inputs, and where its tokenizer is. */
#include <generative/metric.h>
#include <generative/onnx.h>
#include <generative/predictor.h>
#include <string.h>

#include "../base/json-file.h"
#include "language-model-private.h"

gboolean
gen_language_model_fail (const GenLanguageModel *model, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (
      error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "language model %s: %s", model->path, text);
  return FALSE;
}

void
gen_language_model_free (GenLanguageModel *model)
{
  for (guint i = 0; model->data != NULL && i < gen_session_n_inputs (model->session); i++)
    g_free (model->data[i]);
  g_free (model->data);
  g_free (model->roles);
  g_clear_pointer (&model->session, gen_session_free);
  g_clear_pointer (&model->vocabulary, gen_vocabulary_free);
  g_free (model->path);
  g_free (model);
}

static gboolean
is_whole (const GenBinding *input)
{
  return input->type == GEN_TYPE_INT64 || input->type == GEN_TYPE_INT32;
}

/* What has no number yet, as there was nothing before: what comes then has an extent that is free,
 * behind that of the batch. */
static gboolean
is_empty_past (const GenBinding *input)
{
  if (strcmp (input->name, "use_cache_branch") == 0)
    return input->shape.rank == 0 || (input->shape.rank == 1 && input->shape.dims[0] <= 1);
  for (int d = 1; g_str_has_prefix (input->name, "past") && d < input->shape.rank; d++)
    if (input->shape.dims[d] < 0)
      return TRUE;
  return FALSE;
}

static gboolean
find_role (const GenBinding *input, GenLanguageRole *role)
{
  static const struct {
    const char *name;
    GenLanguageRole role;
  } names[] = { { "input_ids", GEN_LANGUAGE_IDS }, { "codes", GEN_LANGUAGE_IDS },
    { "attention_mask", GEN_LANGUAGE_MASK }, { "position_ids", GEN_LANGUAGE_PLACES },
    { "positions", GEN_LANGUAGE_PLACES }, { "token_type_ids", GEN_LANGUAGE_ZEROS } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (input->name, names[i].name) == 0 && is_whole (input) && input->shape.rank == 2) {
      *role = names[i].role;
      return TRUE;
    }
  *role = GEN_LANGUAGE_PAST;
  return is_empty_past (input);
}

static gboolean
read_inputs (GenLanguageModel *model, GError **error)
{
  const guint n = gen_session_n_inputs (model->session);
  gboolean has_ids = FALSE;

  model->roles = g_new0 (GenLanguageRole, n);
  model->data = g_new0 (void *, n);
  for (guint i = 0; i < n; i++) {
    const GenBinding input = gen_session_input (model->session, i);

    if (!find_role (&input, &model->roles[i]))
      return gen_language_model_fail (model, error,
          "nothing is known of its input '%s'; input_ids, attention_mask, position_ids, "
          "token_type_ids and past_key_values are",
          input.name);
    if (model->roles[i] != GEN_LANGUAGE_IDS)
      continue;
    has_ids = TRUE;
    model->window = input.shape.dims[1];
  }
  return has_ids || gen_language_model_fail (
                        model, error, "it has no input input_ids [1, T] of whole numbers");
}

/* "logits", or the first of floats that has three axes. */
static gboolean
find_output (GenLanguageModel *model, const GenGraph *graph, GError **error)
{
  guint found = graph->outputs->len;

  for (guint i = graph->outputs->len; i-- > 0;) {
    const GenTensor *output = g_ptr_array_index (graph->outputs, i);

    if (strcmp (output->name, "logits") == 0) {
      model->output = i;
      return TRUE;
    }
    if (output->type == GEN_TYPE_FLOAT32 && (output->shape.rank == 3 || output->shape.rank < 0))
      found = i;
  }
  model->output = found;
  return found < graph->outputs->len ||
         gen_language_model_fail (model, error, "it has no output logits [1, T, V] of float32");
}

/* A number that a text is, or -1. */
static gint64
number_of (const char *text)
{
  gint64 number = -1;

  return text != NULL && g_ascii_string_to_signed (text, 10, 0, G_MAXINT32, &number, NULL) ? number
                                                                                           : -1;
}

/* The file that says what ids are, or NULL. (transfer full) */
static char *
find_tokenizer (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  char *candidates[] = { g_strconcat (path, ".tokenizer.json", NULL),
    g_build_filename (folder, "tokenizer.json", NULL),
    g_build_filename (folder, "..", "tokenizer.json", NULL) };
  char *found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (candidates); i++) {
    if (found == NULL && g_file_test (candidates[i], G_FILE_TEST_IS_REGULAR))
      found = g_steal_pointer (&candidates[i]);
    g_free (candidates[i]);
  }
  return found;
}

/* What config.json beside the tokenizer says of the window, or -1. */
static gint64
read_config (const char *tokenizer)
{
  static const char *const names[] = { "max_position_embeddings", "n_positions", "n_ctx" };
  g_autofree char *folder = g_path_get_dirname (tokenizer);
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonNode *root;

  if (!gen_json_load (parser, path, NULL))
    return -1;
  root = json_parser_get_root (parser);
  for (gsize i = 0; i < G_N_ELEMENTS (names) && root != NULL && JSON_NODE_HOLDS_OBJECT (root);
       i++) {
    JsonNode *node = json_object_get_member (json_node_get_object (root), names[i]);

    if (node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
        json_node_get_value_type (node) == G_TYPE_INT64)
      return json_node_get_int (node);
  }
  return -1;
}

static gboolean
read_vocabulary (GenLanguageModel *model, const GenGraph *graph, GError **error)
{
  const char *said = g_hash_table_lookup (graph->metadata, "generative.tokenizer");
  g_autofree char *file = find_tokenizer (model->path);
  const GenTensor *output = g_ptr_array_index (graph->outputs, model->output);
  const gboolean of_bytes = output->shape.rank == 3 && output->shape.dims[2] == 256;

  if (said != NULL && strcmp (said, "bytes") != 0)
    return gen_language_model_fail (
        model, error, "its metadata generative.tokenizer is '%s'; known is 'bytes'", said);
  if (said == NULL && file != NULL) {
    model->vocabulary = gen_vocabulary_load (file, error);
    if (model->window < 0)
      model->window = read_config (file);
  } else if (said != NULL || of_bytes) {
    model->vocabulary = gen_vocabulary_new_bytes ();
  } else {
    return gen_language_model_fail (model, error,
        "nothing says what its ids are: neither %s.tokenizer.json, nor tokenizer.json in its "
        "folder or the one above, nor metadata generative.tokenizer=bytes",
        model->path);
  }
  return model->vocabulary != NULL;
}

static gboolean
read_window (GenLanguageModel *model, const GenGraph *graph, GError **error)
{
  const gint64 said = number_of (g_hash_table_lookup (graph->metadata, "generative.context"));

  model->fixed = model->window > 0;
  if (!read_vocabulary (model, graph, error))
    return FALSE;
  if (!model->fixed && said > 0)
    model->window = said;
  if (!model->fixed)
    model->window = model->window > 0 ? MIN (model->window, GEN_LANGUAGE_MODEL_WINDOW)
                                      : GEN_LANGUAGE_MODEL_WINDOW;
  return (model->window >= 2 && model->window <= 65536) ||
         gen_language_model_fail (model, error,
             "its window of %" G_GINT64_FORMAT " tokens is none from 2 to 65536", model->window);
}

static void
read_beginning (GenLanguageModel *model, const GenGraph *graph)
{
  const gint64 said = number_of (g_hash_table_lookup (graph->metadata, "generative.beginning"));
  GenPredictor predictor;

  model->beginning = said >= 0 ? said : gen_vocabulary_beginning (model->vocabulary);
  if (said < 0 && gen_graph_find (graph, "codes") != NULL &&
      gen_predictor_read (graph, &predictor, NULL))
    model->beginning = predictor.codes;
}

GenLanguageModel *
gen_language_model_open (const char *path, GError **error)
{
  g_autoptr (GenGraph) graph = gen_onnx_load (path, error);
  g_autoptr (GenLanguageModel) model = NULL;

  if (graph == NULL)
    return NULL;
  model = g_new0 (GenLanguageModel, 1);
  model->path = g_strdup (path);
  model->session = gen_session_new (graph, NULL);
  if (!read_inputs (model, error) || !find_output (model, graph, error) ||
      !read_window (model, graph, error))
    return NULL;
  read_beginning (model, graph);
  for (guint i = 0; i < gen_session_n_inputs (model->session); i++)
    model->data[i] = g_new0 (gint64, model->window);
  return g_steal_pointer (&model);
}
