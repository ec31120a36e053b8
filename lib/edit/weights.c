/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By weights alone: the eigenvectors of A' A, where A stands for all layers that read a place, one
 * below the other, are the directions along which these change most. Nothing is drawn, and nothing
 * behind the first layers is seen; where a place is normalised first there is no such A. */
#include <cblas.h>
#include <string.h>

#include <generative/operator.h>

#include "direction-methods.h"
#include "latent-space-private.h"

/* Places whose deviation along a direction is measured. */
#define MEASURED 1000

typedef struct {
  gsize length;
  double *squares; /* [length, length]: A' A */
  guint layers;
} Sum;

static gboolean
is (const GenNode *node, const char *name)
{
  return node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

/* Nothing of the numbers changes there, nor of their order. */
static gboolean
passes (const GenNode *node)
{
  return is (node, "Identity") || is (node, "Reshape") || is (node, "Flatten") ||
         is (node, "Unsqueeze") || is (node, "Squeeze");
}

/* Of the weights, `inputs` [groups of] rows or columns: add A' A. `by_row`: those of an input are
 * one after the other. */
static void
add (Sum *sum, const float *weights, gsize others, gboolean by_row)
{
  const gsize n = sum->length;
  g_autofree double *wide = g_new (double, n *others);

  for (gsize i = 0; i < n * others; i++)
    wide[i] = weights[i];
  if (by_row)
    cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n, (int)others, 1, wide,
        (int)others, wide, (int)others, 1, sum->squares, (int)n);
  else
    cblas_dgemm (CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, (int)n, (int)others, 1, wide,
        (int)n, wide, (int)n, 1, sum->squares, (int)n);
  sum->layers++;
}

/* A layer that reads a place as it is, of which `x` is one. */
static gboolean
add_layer (Sum *sum, const GenNode *node, const GenTensor *x)
{
  const GenTensor *weights = gen_node_input (node, 1);
  const float *numbers;
  gsize all;
  gboolean by_row;

  if (gen_node_input (node, 0) != x || weights == NULL || weights->role != GEN_ROLE_CONSTANT ||
      weights->type != GEN_TYPE_FLOAT32)
    return FALSE;
  all = (gsize)gen_shape_elements (&weights->shape);
  if (is (node, "Gemm") && gen_node_int (node, "transA", 0) == 0)
    by_row = gen_node_int (node, "transB", 0) == 0;
  else if (is (node, "MatMul"))
    by_row = TRUE;
  else if (is (node, "ConvTranspose") && gen_node_int (node, "group", 1) == 1)
    by_row = TRUE;
  else
    return FALSE;
  if ((gsize)weights->shape.dims[by_row ? 0 : 1] != sum->length)
    return FALSE;
  numbers = gen_tensor_constant (weights);
  if (numbers == NULL)
    return FALSE;
  add (sum, numbers, all / sum->length, by_row);
  return TRUE;
}

/* The matrix of a convolution that reads styles of all layers is picked by Gather. */
static gboolean
picks (const GenNode *node, gsize length)
{
  const GenTensor *made = gen_node_output (node, 0);

  return is (node, "Gather") && made->shape.rank == 2 && (gsize)made->shape.dims[1] == length;
}

/* All that read `x`. FALSE where one is no layer. */
static gboolean
add_readers (Sum *sum, const GenGraph *graph, const GenTensor *x)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    const GenTensor *made = gen_node_output (node, 0);

    if (!g_ptr_array_find (node->inputs, x, NULL) || made->role == GEN_ROLE_CONSTANT)
      continue;
    if (passes (node) || picks (node, sum->length)) {
      if (!add_readers (sum, graph, made))
        return FALSE;
    } else if (!add_layer (sum, node, x)) {
      return FALSE;
    }
  }
  return TRUE;
}

static GenDirections *
find (GenLatentSpace *space, const GenDirectionSettings *settings, GArray *shares, GError **error)
{
  const gsize length = gen_direction_length (space);
  const guint count = (guint)MIN ((gsize)settings->count, length);
  g_autofree double *squares = g_new0 (double, length *length);
  g_autofree double *values = g_new0 (double, count);
  g_autofree float *places = NULL;
  g_autoptr (GenGraph) graph =
      gen_latent_space_fix (space, gen_latent_space_batch (space, 1), error);
  Sum sum = { .length = length, .squares = squares };
  double all = 0;

  if (graph == NULL)
    return NULL;
  if (!add_readers (&sum, graph, g_ptr_array_index (graph->inputs, 0)) || sum.layers == 0) {
    g_set_error (error, GEN_LATENT_SPACE_ERROR, GEN_LATENT_SPACE_ERROR_MODEL,
        "%s: something else than dense layers and transposed convolutions reads the %s, so that "
        "there is no closed form; method pca asks for none",
        gen_latent_space_path (space), gen_space_kind_names ()[gen_latent_space_kind (space)]);
    return NULL;
  }
  for (gsize i = 0; i < length; i++)
    all += squares[i * length + i];
  places = gen_direction_draw (space, MEASURED, error);
  if (places == NULL || !gen_direction_eigen (squares, length, count, values, error))
    return NULL;
  for (guint k = 0; k < count; k++) {
    const double share = all > 0 ? MAX (values[k], 0) / all : 0;

    g_array_append_val (shares, share);
  }
  return gen_direction_scale (space, places, MEASURED, squares, count, NULL, "sefa", error);
}

const GenDirectionMethod gen_direction_method_sefa = {
  .name = "sefa",
  .description = "What the first layers change most by, from their weights alone",
  .find = find,
};
