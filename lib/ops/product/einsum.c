/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Einsum: products summed over shared labels. Operands are taken in one after the other, each time
 * as a batched matrix product, or, where nothing is summed or elements are not float32, as a
 * product element by element. All of it is made of other operators, and so is its gradient. */
#include "einsum.h"

#include <string.h>

/* A tensor whose dimensions have labels. */
typedef struct {
  GenTensor *tensor;
  GenLabels labels;
} Operand;

static int
find (const GenLabels *labels, int label)
{
  for (int i = 0; i < labels->n; i++)
    if (labels->at[i] == label)
      return i;
  return -1;
}

static gboolean
reshape (GenGraph *graph, Operand *operand, const gint64 *dims, int n, GError **error)
{
  operand->tensor =
      gen_binary (graph, "Reshape", operand->tensor, gen_graph_ints (graph, dims, n), error);
  return operand->tensor != NULL;
}

/* The dimensions in the order of `order`, which has the same labels. */
static gboolean
transpose (GenGraph *graph, Operand *operand, const GenLabels *order, GError **error)
{
  gint64 perm[GEN_MAX_RANK];
  gboolean moves = FALSE;

  for (int i = 0; i < order->n; i++) {
    perm[i] = find (&operand->labels, order->at[i]);
    moves |= perm[i] != i;
  }
  operand->labels = *order;
  if (moves)
    operand->tensor = gen_graph_op (
        graph, "Transpose", &operand->tensor, 1, 1, error, "perm", GEN_INTS, order->n, perm, NULL);
  return operand->tensor != NULL;
}

/* A label that an operand has twice stands for its diagonal: with both dimensions last and merged,
 * every (n + 1)th element. */
static gboolean
take_diagonal (GenGraph *graph, Operand *operand, int first, int second, GError **error)
{
  gint64 n = operand->tensor->shape.dims[first], perm[GEN_MAX_RANK], dims[GEN_MAX_RANK];
  g_autofree gint64 *indices = g_new (gint64, MAX (n, 1));
  GenLabels labels = { 0 };

  if (operand->tensor->shape.dims[second] != n) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "a label stands for dimensions of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
        " of one operand",
        n, operand->tensor->shape.dims[second]);
    return FALSE;
  }
  for (int i = 0; i < operand->labels.n; i++)
    if (i != first && i != second) {
      dims[labels.n] = operand->tensor->shape.dims[i];
      perm[labels.n] = i;
      labels.at[labels.n++] = operand->labels.at[i];
    }
  perm[labels.n] = first;
  perm[labels.n + 1] = second;
  dims[labels.n] = n * n;
  labels.at[labels.n++] = operand->labels.at[first];
  for (gint64 i = 0; i < n; i++)
    indices[i] = i * (n + 1);
  operand->tensor = gen_graph_op (graph, "Transpose", &operand->tensor, 1, 1, error, "perm",
      GEN_INTS, operand->labels.n, perm, NULL);
  operand->labels = labels;
  if (operand->tensor == NULL || !reshape (graph, operand, dims, labels.n, error))
    return FALSE;
  operand->tensor = gen_graph_op (graph, "Gather",
      (GenTensor *[]){ operand->tensor, gen_graph_ints (graph, indices, n) }, 2, 1, error, "axis",
      GEN_INT, labels.n - 1, NULL);
  return operand->tensor != NULL;
}

static gboolean
take_diagonals (GenGraph *graph, Operand *operand, GError **error)
{
  for (int i = 0; i < operand->labels.n; i++) {
    int other = -1;

    for (int k = i + 1; other < 0 && k < operand->labels.n; k++)
      if (operand->labels.at[k] == operand->labels.at[i])
        other = k;
    if (other < 0)
      continue;
    if (!take_diagonal (graph, operand, i, other, error))
      return FALSE;
    i = -1;
  }
  return TRUE;
}

/* Sum over the labels that are not in `needed`. */
static gboolean
sum_others (GenGraph *graph, Operand *operand, guint64 needed, GError **error)
{
  GenLabels left = { 0 };
  gint64 axes[GEN_MAX_RANK];
  int n = 0;

  for (int i = 0; i < operand->labels.n; i++)
    if ((needed >> operand->labels.at[i] & 1) != 0)
      left.at[left.n++] = operand->labels.at[i];
    else
      axes[n++] = i;
  if (n == 0)
    return TRUE;
  operand->labels = left;
  operand->tensor = gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ operand->tensor, gen_graph_ints (graph, axes, n) }, 2, 1, error, "keepdims",
      GEN_INT, 0, NULL);
  return operand->tensor != NULL;
}

static guint64
set_of (const GenLabels *labels)
{
  guint64 set = 0;

  for (int i = 0; i < labels->n; i++)
    set |= (guint64)1 << labels->at[i];
  return set;
}

/* Those of `labels` that are in `set`, added to `to`, with their extents multiplied. */
static gint64
append (GenLabels *to, const GenLabels *labels, guint64 set, const GenTensor *tensor)
{
  gint64 product = 1;

  for (int i = 0; i < labels->n; i++)
    if ((set >> labels->at[i] & 1) != 0) {
      to->at[to->n++] = labels->at[i];
      product *= tensor->shape.dims[i];
    }
  return product;
}

/* Shared dimensions of 1 are broadcast to the others' extents. */
static gboolean
broadcast (GenGraph *graph, Operand *operand, const GenLabels *others, const gint64 *extents,
    GError **error)
{
  gint64 dims[GEN_MAX_RANK];
  gboolean grows = FALSE;

  for (int i = 0; i < operand->labels.n; i++) {
    dims[i] = operand->tensor->shape.dims[i];
    if (dims[i] == 1 && find (others, operand->labels.at[i]) >= 0) {
      dims[i] = extents[operand->labels.at[i]];
      grows |= dims[i] != 1;
    }
  }
  if (grows)
    operand->tensor = gen_binary (
        graph, "Expand", operand->tensor, gen_graph_ints (graph, dims, operand->labels.n), error);
  return operand->tensor != NULL;
}

/* a [batch, m, k] times b [batch, k, n]. */
static gboolean
multiply_matrices (
    GenGraph *graph, Operand *a, Operand *b, guint64 summed, guint64 shared, GError **error)
{
  GenLabels a_order = { 0 }, b_order = { 0 }, result = { 0 };
  guint64 batch = shared & ~summed;
  gint64 dims[GEN_MAX_RANK], sizes[4];

  sizes[0] = append (&a_order, &a->labels, batch, a->tensor);
  sizes[1] = append (&a_order, &a->labels, ~shared, a->tensor);
  sizes[2] = append (&a_order, &a->labels, summed, a->tensor);
  append (&b_order, &a->labels, batch, a->tensor);
  append (&b_order, &a->labels, summed, a->tensor);
  sizes[3] = append (&b_order, &b->labels, ~shared, b->tensor);
  append (&result, &a->labels, batch, a->tensor);
  append (&result, &a->labels, ~shared, a->tensor);
  append (&result, &b->labels, ~shared, b->tensor);
  for (int i = 0; i < result.n; i++) {
    int k = find (&a->labels, result.at[i]);

    dims[i] =
        k >= 0 ? a->tensor->shape.dims[k] : b->tensor->shape.dims[find (&b->labels, result.at[i])];
  }
  if (!transpose (graph, a, &a_order, error) || !transpose (graph, b, &b_order, error) ||
      !reshape (graph, a, (gint64[]){ sizes[0], sizes[1], sizes[2] }, 3, error) ||
      !reshape (graph, b, (gint64[]){ sizes[0], sizes[2], sizes[3] }, 3, error))
    return FALSE;
  a->tensor = gen_binary (graph, "MatMul", a->tensor, b->tensor, error);
  a->labels = result;
  return a->tensor != NULL && reshape (graph, a, dims, result.n, error);
}

/* The dimensions of `operand` among those of `all`, with 1 for what it has not. */
static gboolean
align (GenGraph *graph, Operand *operand, const GenLabels *all, GError **error)
{
  GenLabels order = { 0 };
  gint64 dims[GEN_MAX_RANK];

  for (int i = 0; i < all->n; i++) {
    int k = find (&operand->labels, all->at[i]);

    dims[i] = k >= 0 ? operand->tensor->shape.dims[k] : 1;
    if (k >= 0)
      order.at[order.n++] = all->at[i];
  }
  return transpose (graph, operand, &order, error) && reshape (graph, operand, dims, all->n, error);
}

static gboolean
multiply_elements (GenGraph *graph, Operand *a, Operand *b, guint64 needed, GError **error)
{
  GenLabels all = a->labels;

  for (int i = 0; i < b->labels.n; i++)
    if (find (&all, b->labels.at[i]) < 0) {
      if (all.n == GEN_MAX_RANK) {
        g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
            "a product has more than %d dimensions", GEN_MAX_RANK);
        return FALSE;
      }
      all.at[all.n++] = b->labels.at[i];
    }
  if (!align (graph, a, &all, error) || !align (graph, b, &all, error))
    return FALSE;
  a->tensor = gen_binary (graph, "Mul", a->tensor, b->tensor, error);
  a->labels = all;
  return a->tensor != NULL && sum_others (graph, a, needed, error);
}

static gboolean
multiply (GenGraph *graph, const GenEquation *equation, Operand *a, Operand *b, guint64 needed,
    GError **error)
{
  guint64 shared = set_of (&a->labels) & set_of (&b->labels), summed = shared & ~needed;

  if (summed == 0 || a->tensor->type != GEN_TYPE_FLOAT32 ||
      __builtin_popcountll (set_of (&a->labels) ^ set_of (&b->labels)) +
              __builtin_popcountll (shared & needed) >
          GEN_MAX_RANK)
    return multiply_elements (graph, a, b, needed, error);
  return broadcast (graph, a, &b->labels, equation->extents, error) &&
         broadcast (graph, b, &a->labels, equation->extents, error) &&
         multiply_matrices (graph, a, b, summed, shared, error);
}

static GenTensor *
compute (GenNode *node, const GenEquation *equation, GError **error)
{
  GenGraph *graph = node->graph;
  Operand product = { 0 };

  for (guint i = 0; i < equation->n_operands; i++) {
    Operand operand = { gen_node_input (node, i), equation->operands[i] };
    guint64 later = set_of (&equation->result), others;

    for (guint k = i + 1; k < equation->n_operands; k++)
      later |= set_of (&equation->operands[k]);
    others = i == 0 ? later : later | set_of (&product.labels);
    if (!take_diagonals (graph, &operand, error) || !sum_others (graph, &operand, others, error))
      return NULL;
    if (i == 0)
      product = operand;
    else if (!multiply (graph, equation, &product, &operand, later, error))
      return NULL;
  }
  return transpose (graph, &product, &equation->result, error) ? product.tensor : NULL;
}

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenEquation equation = { 0 };
  GenTensor *result = NULL;

  for (guint i = 0; i < node->inputs->len; i++)
    if (gen_node_input (node, i) == NULL) {
      gen_node_error (node, error, "input %u is missing", i);
      return NULL;
    }
  if (!gen_node_same_type (node, 1, node->inputs->len - 1, error))
    return NULL;
  if (gen_equation_read (&equation, node, error))
    result = compute (node, &equation, error);
  g_free (equation.operands);
  return result;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_einsum = {
  .name = "Einsum",
  .summary = "Products summed over shared labels",
  .since = 12,
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
