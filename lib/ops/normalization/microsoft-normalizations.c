/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SkipLayerNormalization, SkipSimplifiedLayerNormalization and EmbedLayerNormalization of the
 * domain com.microsoft: sums that are normalised. */
#include "../microsoft.h"

static gboolean
normalise (GenNode *node, const char *op, GenTensor *sum, GenTensor *scale, GenTensor *bias,
    double epsilon, GenTensor **results, GError **error)
{
  gboolean centred = *op == 'L';

  if (sum == NULL)
    return FALSE;
  results[0] =
      gen_graph_op (node->graph, op, (GenTensor *[]){ sum, scale, bias }, bias != NULL ? 3 : 2,
          centred ? 3 : 2, error, "axis", GEN_INT, -1, "epsilon", GEN_FLOAT, epsilon, NULL);
  return results[0] != NULL;
}

/* Outputs 1 and 2 are the statistics, 3 is the sum. */
static gboolean
lower_skip (GenNode *node, const char *op, GenTensor *beta, GenTensor *bias, GenTensor **results,
    GError **error)
{
  GenTensor *sum = gen_node_input (node, 0);
  guint n_outputs = node->outputs->len;

  if (bias != NULL)
    sum = gen_binary (node->graph, "Add", sum, bias, error);
  sum = gen_binary (node->graph, "Add", sum, gen_node_input (node, 1), error);
  if (!normalise (node, op, sum, gen_node_input (node, 2), beta,
          gen_node_float (node, "epsilon", 1e-12f), results, error))
    return FALSE;
  if (n_outputs > 1 && *op == 'L')
    results[1] = gen_node_output (results[0]->producer, 1);
  if (n_outputs > 2)
    results[2] = gen_node_output (results[0]->producer, *op == 'L' ? 2 : 1);
  if (n_outputs > 3)
    results[3] = sum;
  return TRUE;
}

static gboolean
lower_skip_centred (GenNode *node, GenTensor **results, GError **error)
{
  return lower_skip (node, "LayerNormalization", gen_node_input (node, 3), gen_node_input (node, 4),
      results, error);
}

static gboolean
lower_skip_simplified (GenNode *node, GenTensor **results, GError **error)
{
  return lower_skip (
      node, "SimplifiedLayerNormalization", NULL, gen_node_input (node, 3), results, error);
}

/* Words, positions and segments, each looked up in a table; positions count up unless they are
 * given. */
static GenTensor *
embedding (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *words = gen_node_input (node, 0), *segments = gen_node_input (node, 1), *sum;
  GenTensor *positions = gen_node_input (node, 8);
  gint64 length = words->shape.rank == 2 ? words->shape.dims[1] : -1;

  if (length < 0) {
    gen_node_error (node, error, "its words should be [batch, length]");
    return NULL;
  }
  if (positions == NULL) {
    g_autofree gint64 *count = g_new (gint64, length);

    for (gint64 i = 0; i < length; i++)
      count[i] = i;
    positions = gen_graph_ints (graph, count, length);
  }
  sum = gen_binary (graph, "Add",
      gen_binary (graph, "Gather", gen_node_input (node, 2), words, error),
      gen_binary (graph, "Gather", gen_node_input (node, 3), positions, error), error);
  if (segments != NULL)
    sum = gen_binary (graph, "Add", sum,
        gen_binary (graph, "Gather", gen_node_input (node, 4), segments, error), error);
  return sum;
}

/* How many words of each item count, [batch]; 0 where there is no mask. */
static GenTensor *
mask_index (GenNode *node, GError **error)
{
  GenTensor *mask = gen_node_input (node, 7);
  gint64 batch = gen_node_input (node, 0)->shape.dims[0], axis = 1;

  if (mask == NULL)
    return gen_graph_add_constant (node->graph, NULL, GEN_TYPE_INT32, &GEN_SHAPE (batch),
        g_bytes_new_take (g_new0 (gint32, batch), batch * sizeof (gint32)));
  return gen_build_reshape (node->graph,
      gen_build_reduce (node->graph, "ReduceSum", mask, &axis, 1, error), &GEN_SHAPE (batch),
      error);
}

static gboolean
lower_embed (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *sum;

  for (guint i = 2; i < 7; i++)
    if (gen_node_input (node, i) == NULL && (i != 4 || gen_node_input (node, 1) != NULL))
      return gen_node_error (node, error, "input %u is missing", i);
  sum = embedding (node, error);
  if (!normalise (node, "LayerNormalization", sum, gen_node_input (node, 5),
          gen_node_input (node, 6), gen_node_float (node, "epsilon", 1e-12f), results, error))
    return FALSE;
  if (node->outputs->len > 1 && (results[1] = mask_index (node, error)) == NULL)
    return FALSE;
  if (node->outputs->len > 2)
    results[2] = sum;
  return TRUE;
}

GEN_MICROSOFT_OPERATOR (microsoft_skip_layer_normalization, "SkipLayerNormalization", 3, 5, 4,
    "LayerNormalization of a sum", lower_skip_centred)
GEN_MICROSOFT_OPERATOR (microsoft_skip_simplified_layer_normalization,
    "SkipSimplifiedLayerNormalization", 3, 4, 4, "RMSNormalization of a sum", lower_skip_simplified)
GEN_MICROSOFT_OPERATOR (microsoft_embed_layer_normalization, "EmbedLayerNormalization", 1, 9, 3,
    "LayerNormalization of the embeddings of words, positions and segments", lower_embed)
