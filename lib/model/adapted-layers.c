/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adapted-layers.h"

#include <string.h>

#include "../graph/graph-private.h"

/* --- which layers --- */

static gboolean
is (const GenNode *node, const char *name)
{
  return node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

static GenAdaptedLayer
make_layer (GenTensor *weight, GenFactors factors, gint64 groups)
{
  return (GenAdaptedLayer){ weight, factors, groups, weight->shape.dims[0] / groups,
    gen_shape_product (&weight->shape, 1, weight->shape.rank) };
}

static gboolean
is_constant (const GenNode *node, guint input)
{
  const GenTensor *tensor = gen_node_input (node, input);

  return tensor == NULL || tensor->role == GEN_ROLE_CONSTANT;
}

/* Whether input `input` of `node` are the weights of a layer. */
static gboolean
read_node (const GenNode *node, guint input, GenAdaptedLayer *layer)
{
  GenTensor *weight = gen_node_input (node, input);
  const gint64 groups = gen_node_int (node, "group", 1);
  const int rank = weight->shape.rank;

  if (input > 1 || node->op->domain != NULL || is_constant (node, 1 - input))
    return FALSE;
  if (input == 1 && rank > 2 && groups > 0 && weight->shape.dims[0] % groups == 0 &&
      (is (node, "Conv") || is (node, "ConvTranspose"))) {
    *layer = make_layer (
        weight, is (node, "Conv") ? GEN_FACTORS_OUT_IN : GEN_FACTORS_TRANSPOSED, groups);
    return TRUE;
  }
  if (rank != 2 || !(is (node, "MatMul") || (is (node, "Gemm") && input == 1)))
    return FALSE;
  *layer = make_layer (weight,
      input == 0 || gen_node_int (node, "transB", 0) != 0 ? GEN_FACTORS_OUT_IN : GEN_FACTORS_IN_OUT,
      1);
  return TRUE;
}

/* What one node after the other says of a weight. */
typedef struct {
  GenAdaptedLayer layer;
  gboolean found;     /* it is a layer's */
  gboolean learned;   /* somebody's, as a weight */
  gboolean otherwise; /* and read otherwise than as the layer's */
} Reading;

static void
read_of (Reading *reading, const GenNode *node, guint input)
{
  GenAdaptedLayer other;

  reading->learned = reading->learned || (input < 32 && (node->op->weights >> input & 1));
  if (!read_node (node, input, &other)) {
    reading->otherwise = TRUE;
    return;
  }
  if (reading->found &&
      (other.factors != reading->layer.factors || other.groups != reading->layer.groups))
    reading->otherwise = TRUE;
  reading->layer = other;
  reading->found = TRUE;
}

gboolean
gen_adapted_layer_find (const GenGraph *graph, GenTensor *weight, GenAdaptedLayer *layer)
{
  Reading reading = { { NULL } };

  if (weight->role != GEN_ROLE_CONSTANT || weight->type != GEN_TYPE_FLOAT32 ||
      weight->shape.rank < 2 || gen_shape_elements (&weight->shape) <= 0 ||
      g_ptr_array_find (graph->outputs, weight, NULL))
    return FALSE;
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == weight)
        read_of (&reading, node, k);
  }
  *layer = reading.layer;
  if (reading.otherwise) {
    *layer = make_layer (weight, GEN_FACTORS_OUT_IN, 1);
    layer->whole = TRUE;
  }
  return reading.found || reading.learned;
}

GArray *
gen_adapted_layers_list (const GenGraph *graph)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (GenAdaptedLayer));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++) {
      GenTensor *tensor = gen_node_input (node, k);
      GenAdaptedLayer layer;

      if (tensor != NULL && tensor->role == GEN_ROLE_CONSTANT && g_hash_table_add (seen, tensor) &&
          gen_adapted_layer_find (graph, tensor, &layer))
        g_array_append_val (list, layer);
    }
  }
  return list;
}

/* --- shapes --- */

void
gen_adapted_layer_shapes (const GenAdaptedLayer *layer, gint64 rank, GenShape *down, GenShape *up)
{
  const GenShape *shape = &layer->weight->shape;

  *down = *up = *shape;
  if (layer->factors == GEN_FACTORS_IN_OUT) {
    *down = GEN_SHAPE (shape->dims[0], rank);
    *up = GEN_SHAPE (rank, shape->dims[1]);
    return;
  }
  down->dims[0] = layer->groups * rank;
  if (layer->factors == GEN_FACTORS_OUT_IN) {
    up->dims[1] = rank;
    for (int d = 2; d < shape->rank; d++)
      up->dims[d] = 1;
    return;
  }
  up->dims[0] = layer->groups * rank;
  down->dims[1] = layer->rows;
  for (int d = 2; d < shape->rank; d++)
    down->dims[d] = 1;
}

gint64
gen_adapted_layer_count (const GenAdaptedLayer *layer, gint64 rank)
{
  return layer->groups * rank * (layer->rows + layer->columns);
}

gint64
gen_adapted_layer_rank (const GenAdaptedLayer *layer, const GenShape *down, const GenShape *up)
{
  GenShape wanted_down, wanted_up;
  gint64 rank;

  if (down->rank < 2 || up->rank < 2)
    return 0;
  rank = layer->factors == GEN_FACTORS_IN_OUT ? down->dims[1] : down->dims[0] / layer->groups;
  if (rank < 1 || rank > MIN (layer->rows, layer->columns))
    return 0;
  gen_adapted_layer_shapes (layer, rank, &wanted_down, &wanted_up);
  return gen_shape_equal (down, &wanted_down) && gen_shape_equal (up, &wanted_up) ? rank : 0;
}

/* Channels of a convolution are in front of its other extents, as are the rows of what a matrix is
 * multiplied by from the left; of anything else they are the last extent. */
GenShape
gen_adapted_layer_ranks (const GenAdaptedLayer *layer, gint64 rank)
{
  GenShape shape = layer->weight->shape;

  if (shape.rank == 2)
    return GEN_SHAPE (rank);
  for (int d = 1; d < shape.rank - 1; d++)
    shape.dims[d] = 1;
  shape.rank--;
  shape.dims[0] = layer->groups * rank;
  return shape;
}

/* --- numbers --- */

/* Number `k` of the ranks that row `i` of group `g` is made of. */
static float
row_factor (const GenAdaptedLayer *layer, gint64 rank, const float *down, const float *up, gint64 g,
    gint64 i, gint64 k)
{
  switch (layer->factors) {
  case GEN_FACTORS_OUT_IN:
    return up[(g * layer->rows + i) * rank + k];
  case GEN_FACTORS_IN_OUT:
    return down[i * rank + k];
  default:
    return down[(g * rank + k) * layer->rows + i];
  }
}

void
gen_adapted_layer_add (const GenAdaptedLayer *layer, gint64 rank, const float *down,
    const float *up, double scale, float *weights)
{
  const gint64 n = layer->columns;
  const float *columns = layer->factors == GEN_FACTORS_OUT_IN ? down : up;
  g_autofree double *sum = g_new (double, n);

  for (gint64 row = 0; row < layer->groups * layer->rows; row++) {
    const gint64 g = row / layer->rows, i = row % layer->rows;

    memset (sum, 0, (gsize)n * sizeof *sum);
    for (gint64 k = 0; k < rank; k++) {
      const double factor = row_factor (layer, rank, down, up, g, i, k);

      for (gint64 c = 0; c < n; c++)
        sum[c] += factor * columns[(g * rank + k) * n + c];
    }
    for (gint64 c = 0; c < n; c++)
      weights[row * n + c] = (float)(weights[row * n + c] + scale * sum[c]);
  }
}

/* --- nodes --- */

/* Let `to` have the attributes of `from`. */
static void
copy_attributes (const GenNode *from, GenNode *to)
{
  for (guint i = 0; i < from->attributes->len; i++)
    gen_node_take_attribute (to, gen_attribute_copy (from->attributes->pdata[i], NULL));
}

/* A node like `layer` of other weights. */
static GenTensor *
write_like (GenGraph *graph, const GenNode *layer, GenTensor *a, GenTensor *b, GError **error)
{
  GenTensor *made = gen_graph_add_value (graph, NULL);
  GenNode *node = gen_graph_add_node (
      graph, "", NULL, layer->op->name, layer->opset, (GenTensor *[]){ a, b }, 2, &made, 1, error);

  if (node == NULL)
    return NULL;
  copy_attributes (layer, node);
  return made;
}

/* A convolution of one place. */
static GenTensor *
write_point (GenGraph *graph, gint64 groups, GenTensor *x, GenTensor *weights, GError **error)
{
  GenTensor *made = gen_graph_write (graph, "Conv", (GenTensor *[]){ x, weights }, 2, error);

  if (made != NULL)
    gen_node_set_int (made->producer, "group", groups);
  return made;
}

static GenTensor *
write_gemm (GenGraph *graph, GenTensor *a, GenTensor *b, gboolean trans_a, gboolean trans_b,
    float alpha, GError **error)
{
  GenTensor *made = gen_graph_write (graph, "Gemm", (GenTensor *[]){ a, b }, 2, error);

  if (made == NULL)
    return NULL;
  gen_node_set_int (made->producer, "transA", trans_a);
  gen_node_set_int (made->producer, "transB", trans_b);
  gen_node_set_float (made->producer, "alpha", alpha);
  return made;
}

/* What `down` makes of what goes into `node`, of which `input` are the weights. */
static GenTensor *
write_down (GenGraph *graph, const GenAdaptedLayer *layer, const GenNode *node, guint input,
    GenTensor *down, GError **error)
{
  GenTensor *x = gen_node_input (node, 1 - input);

  if (is (node, "Conv"))
    return write_like (graph, node, x, down, error);
  if (is (node, "ConvTranspose"))
    return write_point (graph, layer->groups, x, down, error);
  if (is (node, "Gemm"))
    return write_gemm (graph, x, down, gen_node_int (node, "transA", 0) != 0,
        gen_node_int (node, "transB", 0) != 0, 1, error);
  return gen_graph_write (graph, "MatMul",
      input == 0 ? (GenTensor *[]){ down, x } : (GenTensor *[]){ x, down }, 2, error);
}

static GenTensor *
write_up (GenGraph *graph, const GenAdaptedLayer *layer, const GenNode *node, guint input,
    GenTensor *hidden, GenTensor *up, GError **error)
{
  if (is (node, "Conv"))
    return write_point (graph, layer->groups, hidden, up, error);
  if (is (node, "ConvTranspose"))
    return write_like (graph, node, hidden, up, error);
  if (is (node, "Gemm"))
    return write_gemm (graph, hidden, up, FALSE, gen_node_int (node, "transB", 0) != 0,
        gen_node_float (node, "alpha", 1), error);
  return gen_graph_write (graph, "MatMul",
      input == 0 ? (GenTensor *[]){ up, hidden } : (GenTensor *[]){ hidden, up }, 2, error);
}

/* A factor of each rank, where ranks are the rows of what comes of a matrix from the left. */
static GenTensor *
turn (GenGraph *graph, GenTensor *factor, GError **error)
{
  const gint64 column[] = { -1, 1 };

  return gen_graph_write (
      graph, "Reshape", (GenTensor *[]){ factor, gen_graph_ints (graph, column, 2) }, 2, error);
}

static GenTensor *
multiply (GenGraph *graph, GenTensor *hidden, GenTensor *factor, gboolean by_row, GError **error)
{
  if (by_row && factor->shape.rank == 1)
    factor = turn (graph, factor, error);
  return gen_graph_write (graph, "Mul", (GenTensor *[]){ hidden, factor }, 2, error);
}

/* Whoever read the node's result reads its sum with `added`. */
static gboolean
add_to_result (GenGraph *graph, GenNode *node, GenTensor *added, GError **error)
{
  GenTensor *result = gen_node_output (node, 0), *alone;

  if (added == NULL)
    return FALSE;
  alone = gen_graph_add_value (graph, NULL);
  alone->type = result->type;
  alone->shape = result->shape;
  alone->producer = node;
  node->outputs->pdata[0] = alone;
  return gen_graph_add_node (graph, "", NULL, "Add", GEN_OPSET, (GenTensor *[]){ alone, added }, 2,
             &result, 1, error) != NULL;
}

static gboolean
insert_at (GenGraph *graph, const GenAdaptedLayer *layer, GenNode *node, guint input,
    GenTensor *down, GenTensor *up, GenTensor *const *factors, guint n, GError **error)
{
  GenTensor *hidden = write_down (graph, layer, node, input, down, error);

  for (guint i = 0; i < n && hidden != NULL; i++)
    hidden = multiply (graph, hidden, factors[i], is (node, "MatMul") && input == 0, error);
  return hidden != NULL && add_to_result (graph, node,
                               write_up (graph, layer, node, input, hidden, up, error), error);
}

/* `x` as `rows` rows; as many as there are where that is -1. */
static GenTensor *
write_rows (GenGraph *graph, GenTensor *x, gint64 rows, gint64 columns, GError **error)
{
  const gint64 extents[] = { rows, columns };

  return gen_graph_write (
      graph, "Reshape", (GenTensor *[]){ x, gen_graph_ints (graph, extents, 2) }, 2, error);
}

/* Whoever reads the weights reads their sum with the difference. */
static gboolean
insert_whole (GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *down, GenTensor *up,
    GenTensor *const *factors, guint n, GError **error)
{
  GenTensor *weight = layer->weight, *sum = write_rows (graph, up, layer->rows, -1, error);
  const GenShape *shape = &weight->shape;
  const guint n_nodes = graph->nodes->len;

  for (guint i = 0; i < n && sum != NULL; i++)
    sum = gen_graph_write (graph, "Mul",
        (GenTensor *[]){ sum, write_rows (graph, factors[i], 1, -1, error) }, 2, error);
  down = write_rows (graph, down, -1, layer->columns, error);
  sum = gen_graph_write (graph, "MatMul", (GenTensor *[]){ sum, down }, 2, error);
  sum = gen_graph_write (graph, "Reshape",
      (GenTensor *[]){ sum, gen_graph_ints (graph, shape->dims, (gsize)shape->rank) }, 2, error);
  sum = gen_graph_write (graph, "Add", (GenTensor *[]){ weight, sum }, 2, error);
  for (guint i = 0; sum != NULL && i < n_nodes; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == weight)
        node->inputs->pdata[k] = sum;
  }
  return sum != NULL;
}

gboolean
gen_adapted_layer_insert (GenGraph *graph, const GenAdaptedLayer *layer, GenTensor *down,
    GenTensor *up, GenTensor *const *factors, guint n, GError **error)
{
  const guint n_nodes = graph->nodes->len;

  if (layer->whole)
    return insert_whole (graph, layer, down, up, factors, n, error);
  for (guint i = 0; i < n_nodes; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == layer->weight &&
          !insert_at (graph, layer, node, k, down, up, factors, n, error))
        return FALSE;
  }
  return TRUE;
}
