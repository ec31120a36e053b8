/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer-units.h"

#include <math.h>
#include <string.h>

#include "../graph/graph-private.h"

/* What a length is divided by at least: units of zeros stay such. */
#define LEAST 1e-12

/* Weights, or an `up`, as [groups, before, units, behind]. */
typedef struct {
  gint64 groups, before, units, behind;
} View;

static View
view_of (const GenAdaptedLayer *layer, const GenShape *shape)
{
  if (layer->factors == GEN_FACTORS_OUT_IN)
    return (View){ 1, 1, shape->dims[0], gen_shape_product (shape, 1, shape->rank) };
  if (layer->factors == GEN_FACTORS_IN_OUT)
    return (View){ 1, shape->dims[0], shape->dims[1], 1 };
  return (View){ layer->groups, shape->dims[0] / layer->groups, shape->dims[1],
    gen_shape_product (shape, 2, shape->rank) };
}

/* --- numbers --- */

gint64
gen_layer_units_count (const GenAdaptedLayer *layer)
{
  const View view = view_of (layer, &layer->weight->shape);

  return view.groups * view.units;
}

/* Which unit number `i` of a view is of. */
static gint64
unit_at (const View *view, gint64 i)
{
  const gint64 row = i / view->behind;

  return row / (view->before * view->units) * view->units + row % view->units;
}

static gint64
count (const View *view)
{
  return view->groups * view->before * view->units * view->behind;
}

void
gen_layer_units_lengths (const GenAdaptedLayer *layer, const float *weights, double *lengths)
{
  const View view = view_of (layer, &layer->weight->shape);
  const gint64 n = view.groups * view.units;

  memset (lengths, 0, (gsize)n * sizeof *lengths);
  for (gint64 i = 0; i < count (&view); i++)
    lengths[unit_at (&view, i)] += (double)weights[i] * weights[i];
  for (gint64 i = 0; i < n; i++)
    lengths[i] = sqrt (lengths[i]);
}

void
gen_layer_units_multiply (
    const GenAdaptedLayer *layer, const GenShape *shape, const double *factors, float *numbers)
{
  const View view = view_of (layer, shape);

  for (gint64 i = 0; i < count (&view); i++)
    numbers[i] = (float)(numbers[i] * factors[unit_at (&view, i)]);
}

void
gen_layer_units_factors (
    const GenAdaptedLayer *layer, const float *weights, const float *magnitudes, double *factors)
{
  gen_layer_units_lengths (layer, weights, factors);
  for (gint64 i = 0; i < gen_layer_units_count (layer); i++)
    factors[i] = magnitudes[i] / MAX (factors[i], LEAST);
}

/* --- nodes --- */

static GenTensor *
write_two (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b, GError **error)
{
  return gen_graph_write (graph, op, (GenTensor *[]){ a, b }, 2, error);
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, const gint64 *extents, gsize n, GError **error)
{
  return write_two (graph, "Reshape", x, gen_graph_ints (graph, extents, n), error);
}

static GenTensor *
as_weights (GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *x, GError **error)
{
  const GenShape *shape = &layer->weight->shape;

  return reshape (graph, x, shape->dims, (gsize)shape->rank, error);
}

/* One number a unit, as it is broadcast to the view of the weights. */
static GenTensor *
by_unit (GenGraph *graph, const View *view, GenTensor *numbers, GError **error)
{
  const gint64 extents[] = { view->groups, 1, view->units, 1 };

  return reshape (graph, numbers, extents, 4, error);
}

static GenTensor *
as_view (GenGraph *graph, const View *view, GenTensor *x, GError **error)
{
  const gint64 extents[] = { view->groups, view->before, view->units, view->behind };

  return reshape (graph, x, extents, 4, error);
}

/* The product of the two, of the shape of the weights. */
static GenTensor *
write_difference (
    GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *down, GenTensor *up, GError **error)
{
  const gint64 of_rows[] = { layer->groups, layer->rows, -1 };
  const gint64 of_columns[] = { layer->groups, -1, layer->columns };
  const gint64 turned[] = { layer->groups, -1, layer->rows }, order[] = { 0, 2, 1 };
  GenTensor *left, *right;

  if (layer->factors == GEN_FACTORS_IN_OUT)
    return write_two (graph, "MatMul", down, up, error);
  if (layer->factors == GEN_FACTORS_OUT_IN) {
    left = reshape (graph, up, of_rows, 3, error);
    right = reshape (graph, down, of_columns, 3, error);
  } else {
    left = reshape (graph, down, turned, 3, error);
    left = gen_graph_write (graph, "Transpose", &left, 1, error);
    if (left != NULL)
      gen_node_set_ints (left->producer, "perm", order, 3);
    right = reshape (graph, up, of_columns, 3, error);
  }
  return as_weights (graph, layer, write_two (graph, "MatMul", left, right, error), error);
}

/* The length of each unit of `view`, [groups, 1, units, 1], as a constant for gradients. */
static GenTensor *
write_lengths (GenGraph *graph, GenTensor *view, GError **error)
{
  const gint64 axes[] = { 1, 3 };
  GenTensor *length = gen_graph_write (graph, "ReduceSumSquare", &view, 1, error), *made;

  if (length == NULL)
    return NULL;
  gen_node_set_ints (length->producer, "axes", axes, 2);
  length = gen_graph_write (graph, "Sqrt", &length, 1, error);
  length = write_two (graph, "Max", length, gen_graph_float (graph, (float)LEAST), error);
  if (length == NULL)
    return NULL;
  made = gen_graph_add_value (graph, NULL);
  return gen_graph_add_node (
             graph, "", "generative", "StopGradient", 1, &length, 1, &made, 1, error) != NULL
             ? made
             : NULL;
}

/* The first `n` nodes that read `from` read `to`. */
static void
replace (GenGraph *graph, guint n, const GenTensor *from, GenTensor *to)
{
  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == from)
        node->inputs->pdata[k] = to;
  }
}

gboolean
gen_layer_units_insert (GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *down,
    GenTensor *up, GenTensor *scaling, GenTensor *magnitudes, GError **error)
{
  const View view = view_of (layer, &layer->weight->shape);
  const guint n_nodes = graph->nodes->len;
  GenTensor *sum = write_difference (graph, layer, down, up, error), *factor;

  sum = write_two (graph, "Mul", sum, scaling, error);
  sum = write_two (graph, "Add", layer->weight, sum, error);
  sum = as_view (graph, &view, sum, error);
  factor = by_unit (graph, &view, magnitudes, error);
  factor = write_two (graph, "Div", factor, write_lengths (graph, sum, error), error);
  sum = as_weights (graph, layer, write_two (graph, "Mul", sum, factor, error), error);
  if (sum == NULL)
    return FALSE;
  replace (graph, n_nodes, layer->weight, sum);
  return TRUE;
}

static gboolean
is (const GenNode *node, const char *name)
{
  return strcmp (node->op->name, name) == 0;
}

/* One number a unit, as it is broadcast to what `node` makes, whose weights are its input `input`:
 * channels are in front of the other extents, rows of a product from the left in front of its
 * columns. */
static GenTensor *
by_result (GenGraph *graph, const GenAdaptedLayer *layer, const GenNode *node, guint input,
    GenTensor *numbers, GError **error)
{
  gint64 extents[GEN_MAX_RANK] = { -1 };
  const gboolean by_row = is (node, "MatMul") && input == 0;
  const int rank = by_row ? 2 : layer->weight->shape.rank - 1;

  for (int d = 1; d < rank; d++)
    extents[d] = 1;
  return reshape (graph, numbers, extents, (gsize)rank, error);
}

/* Take the bias of `node` off, as it is added to what comes of it. */
static GenTensor *
take_bias (
    GenGraph *graph, const GenAdaptedLayer *layer, GenNode *node, guint input, GError **error)
{
  GenTensor *bias = node->inputs->len > 2 ? gen_node_input (node, 2) : NULL;

  if (bias == NULL)
    return NULL;
  g_ptr_array_set_size (node->inputs, 2);
  if (!is (node, "Gemm"))
    return by_result (graph, layer, node, input, bias, error);
  return write_two (
      graph, "Mul", bias, gen_graph_float (graph, gen_node_float (node, "beta", 1)), error);
}

/* Whoever read the result of `node` reads it with its units scaled. */
static gboolean
scale_result (GenGraph *graph, const GenAdaptedLayer *layer, GenNode *node, guint input,
    GenTensor *factor, GError **error)
{
  GenTensor *result = gen_node_output (node, 0), *alone, *scaled;
  const gboolean has_bias = node->inputs->len > 2 && gen_node_input (node, 2) != NULL;
  GenTensor *bias = take_bias (graph, layer, node, input, error);

  factor = by_result (graph, layer, node, input, factor, error);
  if (factor == NULL || (has_bias && bias == NULL))
    return FALSE;
  alone = gen_graph_add_value (graph, NULL);
  alone->type = result->type;
  alone->shape = result->shape;
  alone->producer = node;
  node->outputs->pdata[0] = alone;
  if (bias == NULL)
    return gen_graph_add_node (graph, "", NULL, "Mul", GEN_OPSET, (GenTensor *[]){ alone, factor },
               2, &result, 1, error) != NULL;
  scaled = write_two (graph, "Mul", alone, factor, error);
  return scaled != NULL && gen_graph_add_node (graph, "", NULL, "Add", GEN_OPSET,
                               (GenTensor *[]){ scaled, bias }, 2, &result, 1, error) != NULL;
}

static gboolean
scale_weights (GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *factor, GError **error)
{
  const View view = view_of (layer, &layer->weight->shape);
  const guint n_nodes = graph->nodes->len;
  GenTensor *scaled = as_view (graph, &view, layer->weight, error);

  scaled = write_two (graph, "Mul", scaled, by_unit (graph, &view, factor, error), error);
  scaled = as_weights (graph, layer, scaled, error);
  if (scaled == NULL)
    return FALSE;
  replace (graph, n_nodes, layer->weight, scaled);
  return TRUE;
}

gboolean
gen_layer_units_scale (
    GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *share, GError **error)
{
  GenTensor *factor = write_two (graph, "Add", share, gen_graph_float (graph, 1), error);
  const guint n_nodes = graph->nodes->len;

  if (factor == NULL || layer->whole)
    return factor != NULL && scale_weights (graph, layer, factor, error);
  for (guint i = 0; i < n_nodes; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == layer->weight &&
          !scale_result (graph, layer, node, k, factor, error))
        return FALSE;
  }
  return TRUE;
}
