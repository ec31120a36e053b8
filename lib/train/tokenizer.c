/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/tokenizer.h>

#include <string.h>

#include <generative/onnx.h>
#include <generative/parameters.h>
#include <generative/trainer.h>

#include "../graph/graph-private.h"

/* What one of the quantizer's outputs is: see the recipe vector-quantized. */
#define CODES 1

static gboolean
refuse (GError **error, const char *format, const char *what)
{
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL, format, what);
  return FALSE;
}

static gboolean
check_ports (const GenGraph *net, const char *role, guint n_outputs, GError **error)
{
  if (net->inputs->len == 1 && net->outputs->len == n_outputs)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s has %u inputs and %u outputs, and that of recipe vector-quantized has one and %u",
      role, net->inputs->len, net->outputs->len, n_outputs);
  return FALSE;
}

/* The codebook, and how many vectors it has. */
static gboolean
read_codebook (GenTokenizer *tokenizer, GError **error)
{
  const char *text = g_hash_table_lookup (tokenizer->quantizer->metadata, "generative.codes");
  const GenTensor *codebook = gen_graph_find (tokenizer->quantizer, "codebook");

  if (text == NULL || !g_ascii_string_to_signed (text, 10, 2, G_MAXINT32, &tokenizer->codes, NULL))
    return refuse (error,
        "the quantizer's metadata generative.codes is %s, and should be a number of codes, such as "
        "64",
        text != NULL ? text : "missing");
  if (codebook == NULL || codebook->role != GEN_ROLE_CONSTANT ||
      codebook->type != GEN_TYPE_FLOAT32 || codebook->shape.rank != 2 ||
      codebook->shape.dims[0] != tokenizer->codes)
    return refuse (error,
        "the quantizer has no constant 'codebook' of %s vectors, of which samples could be made",
        text);
  tokenizer->codebook = codebook;
  return TRUE;
}

/* The grid of vectors. */
static gboolean
read_grid (GenTokenizer *tokenizer, GError **error)
{
  const GenShape *shape =
      &((const GenTensor *)g_ptr_array_index (tokenizer->decoder->inputs, 0))->shape;
  g_autofree char *text = gen_shape_to_string (shape);

  tokenizer->tokens = shape->rank >= 3 ? gen_shape_product (shape, 2, shape->rank) : 0;
  for (int d = 2; d < shape->rank; d++)
    if (shape->dims[d] < 1)
      tokenizer->tokens = 0;
  if (tokenizer->tokens >= 1 && shape->dims[1] == tokenizer->codebook->shape.dims[1])
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the decoder takes %s, and should take a grid of the codebook's vectors, [batch, "
      "%" G_GINT64_FORMAT ", height, width], of known extents",
      text, tokenizer->codebook->shape.dims[1]);
  return FALSE;
}

GenTokenizer *
gen_tokenizer_new (GenGraph *encoder, GenGraph *quantizer, GenGraph *decoder, GError **error)
{
  g_autoptr (GenTokenizer) tokenizer = g_atomic_rc_box_new0 (GenTokenizer);

  tokenizer->encoder = gen_graph_ref (encoder);
  tokenizer->quantizer = gen_graph_ref (quantizer);
  tokenizer->decoder = gen_graph_ref (decoder);
  if (!check_ports (encoder, "encoder", 1, error) ||
      !check_ports (quantizer, "quantizer", CODES + 1, error) ||
      !check_ports (decoder, "decoder", 1, error) || !read_codebook (tokenizer, error) ||
      !read_grid (tokenizer, error))
    return NULL;
  return g_steal_pointer (&tokenizer);
}

static GenGraph *
load (const char *folder, const GenNetRole *role, GError **error)
{
  g_autofree char *file = g_strconcat (role->name, ".onnx", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_autoptr (GenGraph) net = gen_onnx_load (path, error);

    if (net == NULL || !gen_parameters_check_finite (net, path, error))
      return NULL;
    return g_steal_pointer (&net);
  }
  if (g_file_test (folder, G_FILE_TEST_IS_REGULAR)) {
    g_autofree char *around = g_path_get_dirname (folder);

    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "'%s' is a file; the folder is wanted that recipe vector-quantized has trained in, with "
        "its "
        "encoder.onnx, quantizer.onnx and decoder.onnx, such as '%s'",
        folder, around);
    return NULL;
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "there is no '%s'; a folder is wanted that recipe vector-quantized has trained in, with its "
      "encoder.onnx, quantizer.onnx and decoder.onnx",
      path);
  return NULL;
}

/* Files of several trainings, or of several steps of one, are in nobody's folder but by mistake. */
static gboolean
check_related (const GenTokenizer *tokenizer, GError **error)
{
  const GenGraph *const nets[] = { tokenizer->encoder, tokenizer->decoder };
  static const char *const files[] = { "encoder.onnx", "decoder.onnx" };
  g_autofree char *name = gen_tokenizer_name_codebook (tokenizer);

  for (guint i = 0; i < G_N_ELEMENTS (nets); i++) {
    const char *said = g_hash_table_lookup (nets[i]->metadata, GEN_TOKENIZER_CODEBOOK);

    if (said == NULL || strcmp (said, name) == 0)
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "%s was trained with another codebook than that of quantizer.onnx, as its metadata "
        "" GEN_TOKENIZER_CODEBOOK " says; the three files of one checkpoint are wanted",
        files[i]);
    return FALSE;
  }
  return TRUE;
}

GenTokenizer *
gen_tokenizer_load (const char *folder, GError **error)
{
  g_autoptr (GenGraph) encoder = load (folder, &gen_net_role_encoder, error);
  g_autoptr (GenGraph) quantizer =
      encoder != NULL ? load (folder, &gen_net_role_quantizer, error) : NULL;
  g_autoptr (GenGraph) decoder =
      quantizer != NULL ? load (folder, &gen_net_role_decoder, error) : NULL;
  g_autoptr (GenTokenizer) tokenizer = NULL;

  if (decoder == NULL)
    return NULL;
  tokenizer = gen_tokenizer_new (encoder, quantizer, decoder, error);
  if (tokenizer != NULL && check_related (tokenizer, error))
    return g_steal_pointer (&tokenizer);
  g_prefix_error (error, "'%s': ", folder);
  return NULL;
}

GenTokenizer *
gen_tokenizer_ref (GenTokenizer *tokenizer)
{
  return g_atomic_rc_box_acquire (tokenizer);
}

static void
clear (gpointer data)
{
  GenTokenizer *tokenizer = data;

  gen_graph_unref (tokenizer->encoder);
  gen_graph_unref (tokenizer->quantizer);
  gen_graph_unref (tokenizer->decoder);
}

void
gen_tokenizer_unref (GenTokenizer *tokenizer)
{
  g_atomic_rc_box_release_full (tokenizer, clear);
}

gboolean
gen_tokenizer_check (const GenRecipe *recipe, const GenTokenizer *tokenizer, GError **error)
{
  if (recipe->coded == (tokenizer != NULL))
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      recipe->coded ? "tokenizer: recipe %s wants the folder of a training of recipe "
                      "vector-quantized, whose nets make codes of samples"
                    : "tokenizer: recipe %s sees samples as they are, and no codes",
      recipe->name);
  return FALSE;
}

char *
gen_tokenizer_name (const GenTensor *codebook)
{
  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, codebook->data);
}

char *
gen_tokenizer_name_codebook (const GenTokenizer *tokenizer)
{
  return gen_tokenizer_name (tokenizer->codebook);
}

gboolean
gen_tokenizer_check_predictor (
    const GenTokenizer *tokenizer, const GenGraph *predictor, GError **error)
{
  const char *said = g_hash_table_lookup (predictor->metadata, GEN_TOKENIZER_CODEBOOK);
  g_autofree char *name = gen_tokenizer_name_codebook (tokenizer);

  if (said == NULL || strcmp (said, name) == 0)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "it was trained on codes of another codebook than the tokenizer's, as its metadata "
      "" GEN_TOKENIZER_CODEBOOK " says; the tokenizer of that training is wanted");
  return FALSE;
}

GenTensor *
gen_tokenizer_encode (
    const GenTokenizer *tokenizer, GenGraph *graph, GenTensor *samples, GError **error)
{
  GenTensor *features, *made[CODES + 1];

  if (samples == NULL ||
      !gen_graph_append (
          graph, tokenizer->encoder, "tokenizer.encoder.", &samples, &features, NULL, error) ||
      !gen_graph_append (
          graph, tokenizer->quantizer, "tokenizer.quantizer.", &features, made, NULL, error)) {
    g_prefix_error_literal (error, "tokenizer: ");
    return NULL;
  }
  if (made[CODES]->type != GEN_TYPE_INT64)
    made[CODES] = gen_graph_op (
        graph, "Cast", &made[CODES], 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_INT64, NULL);
  return gen_binary (graph, "Reshape", made[CODES],
      gen_graph_ints (graph, (gint64[]){ samples->shape.dims[0], tokenizer->tokens }, 2), error);
}

/* Vectors [batch, tokens, length] as the decoder's grid [batch, length, …]. */
static GenTensor *
lay_out (const GenTokenizer *tokenizer, GenGraph *graph, GenTensor *vectors, GError **error)
{
  GenShape grid = ((const GenTensor *)g_ptr_array_index (tokenizer->decoder->inputs, 0))->shape;
  GenTensor *turned = gen_graph_write (graph, "Transpose", &vectors, 1, error);

  if (turned == NULL)
    return NULL;
  gen_node_set_ints (turned->producer, "perm", (gint64[]){ 0, 2, 1 }, 3);
  grid.dims[0] = -1;
  return gen_graph_write (graph, "Reshape",
      (GenTensor *[]){ turned, gen_graph_ints (graph, grid.dims, (gsize)grid.rank) }, 2, error);
}

GenTensor *
gen_tokenizer_decode (
    const GenTokenizer *tokenizer, GenGraph *graph, GenTensor *codes, GError **error)
{
  GenTensor *codebook, *vectors, *grid, *made;

  if (codes == NULL)
    return NULL;
  codebook = gen_graph_add_constant (graph, "codebook", GEN_TYPE_FLOAT32,
      &tokenizer->codebook->shape, g_bytes_ref (tokenizer->codebook->data));
  vectors = gen_graph_write (graph, "Gather", (GenTensor *[]){ codebook, codes }, 2, error);
  grid = lay_out (tokenizer, graph, vectors, error);
  if (grid == NULL)
    return NULL;
  gen_graph_bring (graph, tokenizer->decoder, "decoder.", &grid, &made, NULL);
  return made;
}
