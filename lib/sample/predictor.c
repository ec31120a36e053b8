/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets that predict codes, one place at a time. All nodes that are made here are of an opset that
 * most programs know, and attention is written out, so that what is played is played everywhere. */
#include <generative/predictor.h>

#include <math.h>
#include <string.h>

#include "../graph/graph-private.h"

/* Below it nothing but the most probable code is drawn in any case. */
#define LEAST_TEMPERATURE 1e-3f

enum { CODES, POSITIONS, PLACE, FIRST_CACHE };
enum { Q, K, V, OPERANDS };

/* --- what it says of itself --- */

static const GenTensor *
input_of (const GenGraph *net, guint i)
{
  return g_ptr_array_index (net->inputs, i);
}

static gboolean
is_row (const GenTensor *tensor)
{
  return tensor->type == GEN_TYPE_INT64 && tensor->shape.rank == 2 && tensor->shape.dims[1] > 0;
}

gboolean
gen_predictor_read (const GenGraph *net, GenPredictor *predictor, GError **error)
{
  const char *classes = g_hash_table_lookup (net->metadata, "generative.classes");
  const GenTensor *scores = net->outputs->len > 0 ? g_ptr_array_index (net->outputs, 0) : NULL;
  const GenShape *shape = scores != NULL ? &scores->shape : NULL;

  *predictor = (GenPredictor){ 0 };
  if (net->inputs->len != 2 || !is_row (input_of (net, CODES)) ||
      !is_row (input_of (net, POSITIONS)) || shape == NULL || shape->rank != 3 ||
      shape->dims[1] != input_of (net, CODES)->shape.dims[1] || shape->dims[2] < 2) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "a predictor takes codes and positions, int64 [batch, length] both, and makes scores "
        "[batch, length, codes], whose length and number of codes are known");
    return FALSE;
  }
  predictor->length = shape->dims[1];
  predictor->codes = shape->dims[2];
  if (classes == NULL ||
      g_ascii_string_to_signed (classes, 10, 1, G_MAXINT32, &predictor->classes, NULL))
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "metadata generative.classes is \"%s\", which should be a number of classes", classes);
  return FALSE;
}

/* --- nodes --- */

static GenTensor *
unary (GenGraph *graph, const char *op, GenTensor *x, GError **error)
{
  return gen_graph_write (graph, op, &x, 1, error);
}

static GenTensor *
binary (GenGraph *graph, const char *op, GenTensor *a, GenTensor *b, GError **error)
{
  return gen_graph_write (graph, op, (GenTensor *[]){ a, b }, 2, error);
}

static GenTensor *
choose (GenGraph *graph, GenTensor *condition, GenTensor *a, GenTensor *b, GError **error)
{
  return gen_graph_write (graph, "Where", (GenTensor *[]){ condition, a, b }, 3, error);
}

/* The same with an attribute. */
static GenTensor *
with (GenTensor *made, const char *attribute, gint64 value)
{
  if (made != NULL)
    gen_node_set_int (made->producer, attribute, value);
  return made;
}

static GenTensor *
whole (GenGraph *graph, gint64 value)
{
  return gen_graph_ints (graph, &value, 1);
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, const gint64 *shape, gsize rank, GError **error)
{
  return binary (graph, "Reshape", x, gen_graph_ints (graph, shape, rank), error);
}

static GenTensor *
cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error)
{
  return with (unary (graph, "Cast", x, error), "to", type);
}

/* 0, 1, …, int64 of `shape`. */
static GenTensor *
count_up (GenGraph *graph, const GenShape *shape)
{
  const gint64 n = gen_shape_elements (shape);
  gint64 *values = g_new (gint64, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = i;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, shape, g_bytes_new_take (values, (gsize)n * sizeof *values));
}

/* --- attention of one place --- */

/* The net as it is rewritten. */
typedef struct {
  GenGraph *graph;
  const GenGraph *shapes; /* the whole net, inferred */
  gint64 length;
  GenTensor *place;                /* [1] */
  GenTensor *here, *column, *seen; /* of all places: 1 at this, also as a column, and whether
                                      it is this or before */
  GPtrArray *caches;               /* what becomes of them */
  guint n;                         /* nodes of Attention so far */
} Rewriting;

/* Of queries, keys or values: heads and how long each one's vector is. */
typedef struct {
  gint64 heads, depth;
} Heads;

static gboolean
is_attention (const GenNode *node)
{
  return node->op->domain == NULL && strcmp (node->op->name, "Attention") == 0;
}

static gboolean
refuse (const GenNode *node, GError **error, const char *reason)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "node '%s' (Attention) cannot go place by place: %s", node->name, reason);
  return FALSE;
}

static gboolean
check_attention (const GenNode *node, GError **error)
{
  if (gen_node_int (node, "is_causal", 0) == 0)
    return refuse (node, error, "its is_causal is not 1, so that places know what follows them");
  for (guint i = OPERANDS; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      return refuse (node, error, "it has a mask, or a past, of its own");
  for (guint i = 1; i < node->outputs->len; i++)
    if (gen_node_output (node, i) != NULL)
      return refuse (node, error, "it has further outputs");
  if (gen_node_float (node, "softcap", 0) != 0 ||
      gen_node_int (node, "left_window_size", -1) >= 0 ||
      gen_node_int (node, "q_num_heads", 0) != gen_node_int (node, "kv_num_heads", 0))
    return refuse (node, error,
        "only plain attention does, of as many heads of queries as of keys, without softcap and "
        "window");
  return TRUE;
}

static gboolean
read_heads (const Rewriting *r, const GenNode *node, guint i, Heads *heads, GError **error)
{
  const GenTensor *x = gen_graph_find (r->shapes, gen_node_input (node, i)->name);
  const GenShape *shape = &x->shape;

  if (shape->rank == 4 && shape->dims[2] == r->length) {
    *heads = (Heads){ shape->dims[1], shape->dims[3] };
    return TRUE;
  }
  if (shape->rank != 3 || shape->dims[1] != r->length)
    return refuse (node, error, "its operands are not [batch, length, …] as the codes are");
  heads->heads = MAX (gen_node_int (node, "kv_num_heads", 0), 1);
  heads->depth = shape->dims[2] / heads->heads;
  return TRUE;
}

/* Vectors of a place beside those before, which are `shape` with the batch. Where they go there are
 * zeros yet, and a sum is made in fewer passes than a choice. */
static GenTensor *
remember (Rewriting *r, const char *name, GenTensor *x, const gint64 *one, const GenShape *shape,
    GenTensor *here, GError **error)
{
  g_autofree char *full = g_strdup_printf ("%s%u", name, r->n);
  GenTensor *before = gen_graph_add_input (r->graph, full, GEN_TYPE_FLOAT32, shape);
  GenTensor *all = binary (r->graph, "Mul", reshape (r->graph, x, one, 4, error), here, error);

  all = binary (r->graph, "Add", all, before, error);
  g_ptr_array_add (r->caches, all);
  return all;
}

/* What the node makes of one place, and of the keys and values up to it. */
static GenTensor *
attend (Rewriting *r, const GenNode *node, GError **error)
{
  const float scale = gen_node_float (node, "scale", 0);
  const gboolean flat = gen_graph_find (r->shapes, gen_node_input (node, Q)->name)->shape.rank == 3;
  GenGraph *graph = r->graph;
  GenTensor *query, *keys, *values, *weights, *y;
  Heads key, value;

  if (!check_attention (node, error) || !read_heads (r, node, K, &key, error) ||
      !read_heads (r, node, V, &value, error))
    return NULL;
  query =
      reshape (graph, gen_node_input (node, Q), (gint64[]){ 0, key.heads, 1, key.depth }, 4, error);
  keys = remember (r, "keys", gen_node_input (node, K), (gint64[]){ 0, key.heads, key.depth, 1 },
      &GEN_SHAPE (-1, key.heads, key.depth, r->length), r->here, error);
  values =
      remember (r, "values", gen_node_input (node, V), (gint64[]){ 0, value.heads, 1, value.depth },
          &GEN_SHAPE (-1, value.heads, r->length, value.depth), r->column, error);
  query = binary (graph, "Mul", query,
      gen_graph_float (graph, scale != 0 ? scale : 1 / sqrtf ((float)key.depth)), error);
  weights = binary (graph, "MatMul", query, keys, error);
  weights = choose (graph, r->seen, weights, gen_graph_float (graph, -INFINITY), error);
  weights = unary (graph, "Softmax", weights, error);
  y = binary (graph, "MatMul", weights, values, error);
  return flat ? reshape (graph, y, (gint64[]){ 0, 1, value.heads * value.depth }, 3, error) : y;
}

/* --- the net of one place --- */

/* Operators that are the same from GEN_OPSET to the opset of Attention. */
static gboolean
is_older (const GenNode *node)
{
  static const char *const names[] = { "Add", "Div", "Dropout", "Erf", "Gather", "Identity",
    "LayerNormalization", "MatMul", "Mul", "Relu", "Sigmoid", "Softmax", "Sub", "Tanh", NULL };

  if (node->op->domain != NULL || node->opset <= GEN_OPSET)
    return FALSE;
  return g_strv_contains (names, node->op->name) ||
         (strcmp (node->op->name, "Split") == 0 && gen_node_input (node, 1) != NULL);
}

/* The whole net with shapes. (transfer full) */
static GenGraph *
infer_whole (const GenGraph *net, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (net);

  gen_graph_set_free_dimensions (copy, NULL, 1);
  return gen_graph_infer (copy, error) ? g_steal_pointer (&copy) : NULL;
}

static gboolean
rewrite (Rewriting *r, GError **error)
{
  const guint n = r->graph->nodes->len;

  for (guint i = 0; i < n; i++) {
    GenNode *node = g_ptr_array_index (r->graph->nodes, i);
    GenTensor *y;

    if (is_older (node))
      node->opset = GEN_OPSET;
    if (!is_attention (node))
      continue;
    y = attend (r, node, error);
    if (y == NULL)
      return FALSE;
    gen_graph_replace (r->graph, gen_node_output (node, 0), y);
    r->n++;
  }
  for (guint i = 0; i < r->caches->len; i++)
    gen_graph_add_output (r->graph, g_ptr_array_index (r->caches, i));
  gen_graph_sort (r->graph);
  gen_graph_remove_dead (r->graph);
  return TRUE;
}

static void
begin_place (Rewriting *r, GError **error)
{
  GenTensor *places = count_up (r->graph, &GEN_SHAPE (r->length));

  r->place = gen_graph_add_input (r->graph, "place", GEN_TYPE_INT64, &GEN_SHAPE (1));
  r->here =
      cast (r->graph, binary (r->graph, "Equal", places, r->place, error), GEN_TYPE_FLOAT32, error);
  r->column = reshape (r->graph, r->here, (gint64[]){ -1, 1 }, 2, error);
  r->seen = binary (r->graph, "LessOrEqual", places, r->place, error);
}

GenGraph *
gen_predictor_step (const GenGraph *net, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (net), shapes = NULL;
  g_autoptr (GPtrArray) caches = g_ptr_array_new ();
  Rewriting r = { .graph = graph, .caches = caches };
  GenPredictor predictor;

  if (!gen_predictor_read (net, &predictor, error) || (shapes = infer_whole (net, error)) == NULL)
    return NULL;
  r.shapes = shapes;
  r.length = predictor.length;
  g_ptr_array_set_size (graph->outputs, 1);
  for (guint i = 0; i < 2; i++)
    ((GenTensor *)g_ptr_array_index (graph->inputs, i))->shape = GEN_SHAPE (-1, 1);
  begin_place (&r, error);
  return rewrite (&r, error) ? g_steal_pointer (&graph) : NULL;
}

/* --- a draw --- */

/* The share of normal numbers that are less, [batch, 1] of [batch]. */
static GenTensor *
find_share (GenGraph *graph, GenTensor *number, GError **error)
{
  GenTensor *half = gen_graph_float (graph, 0.5f), *share;

  share = binary (graph, "Mul", number, gen_graph_float (graph, (float)G_SQRT2 / 2), error);
  share = binary (graph, "Mul", unary (graph, "Erf", share, error), half, error);
  share = binary (graph, "Add", share, half, error);
  return reshape (graph, share, (gint64[]){ -1, 1 }, 2, error);
}

/* How many codes may be drawn, [1]. */
static GenTensor *
find_limit (GenGraph *graph, GenTensor *top_k, gint64 codes, GError **error)
{
  GenTensor *all = whole (graph, codes), *none;

  none = binary (graph, "Less", top_k, whole (graph, 1), error);
  return binary (graph, "Min", choose (graph, none, all, top_k, error), all, error);
}

static GenTensor *
sum_up (GenGraph *graph, GenTensor *x, GError **error)
{
  return binary (graph, "ReduceSum", x, whole (graph, 1), error);
}

/* Probabilities of the codes, the largest first and those beyond the limit 0, and `*codes`, which
 * they are of. */
static GenTensor *
rank_codes (GenGraph *graph, GenTensor *scores, GenTensor *temperature, GenTensor *limit, gint64 n,
    GenTensor **codes, GError **error)
{
  GenTensor *outputs[2], *kept;

  temperature =
      binary (graph, "Max", temperature, gen_graph_float (graph, LEAST_TEMPERATURE), error);
  scores = binary (
      graph, "Div", reshape (graph, scores, (gint64[]){ -1, n }, 2, error), temperature, error);
  if (scores == NULL)
    return NULL;
  outputs[0] = gen_graph_add_value (graph, NULL);
  outputs[1] = *codes = gen_graph_add_value (graph, NULL);
  if (gen_graph_add_node (graph, "", NULL, "TopK", GEN_OPSET,
          (GenTensor *[]){ scores, whole (graph, n) }, 2, outputs, 2, error) == NULL)
    return NULL;
  kept = binary (graph, "Less", count_up (graph, &GEN_SHAPE (n)), limit, error);
  kept = cast (graph, kept, GEN_TYPE_FLOAT32, error);
  return binary (graph, "Mul", unary (graph, "Softmax", outputs[0], error), kept, error);
}

/* The code at the number's share of the probabilities, [batch, 1]. */
static GenTensor *
draw_code (GenGraph *graph, GenTensor *scores, GenTensor *number, GenTensor *temperature,
    GenTensor *top_k, gint64 n, GError **error)
{
  GenTensor *limit = find_limit (graph, top_k, n, error), *ranked, *codes = NULL, *bound, *rank;

  ranked = rank_codes (graph, scores, temperature, limit, n, &codes, error);
  bound = binary (
      graph, "Mul", find_share (graph, number, error), sum_up (graph, ranked, error), error);
  rank = binary (graph, "CumSum", ranked, whole (graph, 1), error);
  rank = binary (graph, "LessOrEqual", rank, bound, error);
  rank = sum_up (graph, cast (graph, rank, GEN_TYPE_INT64, error), error);
  /* A number of which none is greater has a share of 1. */
  rank = binary (graph, "Min", rank, binary (graph, "Sub", limit, whole (graph, 1), error), error);
  return with (binary (graph, "GatherElements", codes, rank, error), "axis", 1);
}

/* --- the loop --- */

/* What the loop runs, and what it is run on. */
typedef struct {
  GenGraph *graph, *body;
  const GenGraph *step;
  GPtrArray *given; /* to the loop's node */
  guint n_captured;
  GHashTable *weights; /* of the step's states: what they are in the body */
} Loop;

/* An input of the body, and what it is at first, or a slice of. */
static GenTensor *
add_input (Loop *loop, const char *name, GenDataType type, const GenShape *shape, GenTensor *given)
{
  g_ptr_array_add (loop->given, given);
  return gen_graph_add_input (loop->body, name, type, shape);
}

static GenTensor *
capture (Loop *loop, GenTensor *outside)
{
  loop->n_captured++;
  return add_input (loop, outside->name, outside->type, &outside->shape, outside);
}

/* Zeros like `cache`, for each of the batch of `noise`. */
static GenTensor *
make_cache (GenGraph *graph, const GenTensor *cache, GenTensor *noise, GError **error)
{
  GenTensor *batch = unary (graph, "Shape", noise, error), *shape;

  with (with (batch, "start", 0), "end", 1);
  shape = binary (graph, "Concat", batch,
      gen_graph_ints (graph, cache->shape.dims + 1, (gsize)cache->shape.rank - 1), error);
  return unary (graph, "ConstantOfShape", with (shape, "axis", 0), error);
}

static void
capture_weights (Loop *loop, const GenGraph *net, GHashTable *map)
{
  for (guint i = 0; i < net->tensors->len; i++) {
    GenTensor *weight = g_ptr_array_index (net->tensors, i);

    if (weight->role == GEN_ROLE_STATE)
      g_hash_table_insert (loop->weights, gen_graph_find (loop->step, weight->name),
          capture (loop, g_hash_table_lookup (map, weight)));
  }
}

static void
add_output (GenGraph *body, GenTensor *tensor, GenDataType type, const GenShape *shape)
{
  tensor->type = type;
  tensor->shape = *shape;
  gen_graph_add_output (body, tensor);
}

/* The body: the code of a place, of the one before and what is remembered. */
static gboolean
build_body (Loop *loop, const GenPredictor *predictor, const GenGraph *net,
    const GenPredictorDraw *draw, GHashTable *map, GError **error)
{
  const guint n = loop->step->inputs->len;
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, n), **outputs = g_new0 (GenTensor *, n);
  GenGraph *body = loop->body;
  GenTensor *number, *temperature, *top_k, *code, *listed;

  inputs[CODES] = add_input (loop, "before", GEN_TYPE_INT64, &GEN_SHAPE (-1, 1), draw->first);
  for (guint i = FIRST_CACHE; i < n; i++) {
    const GenTensor *cache = input_of (loop->step, i);
    GenTensor *first = make_cache (loop->graph, cache, draw->noise, error);

    if (first == NULL)
      return FALSE;
    inputs[i] = add_input (loop, cache->name, cache->type, &cache->shape, first);
  }
  number = add_input (loop, "number", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1), draw->noise);
  inputs[PLACE] = add_input (loop, "place", GEN_TYPE_INT64, &GEN_SHAPE (1),
      count_up (loop->graph, &GEN_SHAPE (predictor->length, 1)));
  temperature = capture (loop, draw->temperature);
  top_k = capture (loop, draw->top_k);
  capture_weights (loop, net, map);
  inputs[POSITIONS] =
      binary (body, "Expand", inputs[PLACE], unary (body, "Shape", inputs[CODES], error), error);
  gen_graph_bring (body, loop->step, NULL, inputs, outputs, loop->weights);
  code = draw_code (body, outputs[0], number, temperature, top_k, predictor->codes, error);
  listed = reshape (body, code, (gint64[]){ -1 }, 1, error);
  if (listed == NULL)
    return FALSE;
  add_output (body, code, GEN_TYPE_INT64, &GEN_SHAPE (-1, 1));
  for (guint i = FIRST_CACHE; i < n; i++)
    add_output (
        body, outputs[1 + i - FIRST_CACHE], GEN_TYPE_FLOAT32, &input_of (loop->step, i)->shape);
  add_output (body, listed, GEN_TYPE_INT64, &GEN_SHAPE (-1));
  return TRUE;
}

static GenTensor *
run_loop (Loop *loop, GError **error)
{
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, loop->body->outputs->len);
  const guint n = loop->body->outputs->len;
  GenAttribute *attribute;
  GenNode *node;

  /* Some programs want a name for what nobody reads. */
  for (guint i = 0; i < n; i++)
    outputs[i] = gen_graph_add_value (loop->graph, i < n - 1 ? NULL : "codes");
  node = gen_graph_add_node (loop->graph, "", NULL, "Scan", GEN_OPSET,
      (GenTensor *const *)loop->given->pdata, (int)loop->given->len, outputs, (int)n, error);
  if (node == NULL)
    return NULL;
  attribute = g_new0 (GenAttribute, 1);
  attribute->name = g_strdup ("body");
  attribute->type = GEN_ATTRIBUTE_GRAPH;
  attribute->graph = gen_graph_ref (loop->body);
  attribute->i = loop->n_captured;
  gen_node_take_attribute (node, attribute);
  gen_node_set_int (node, "num_scan_inputs", 2);
  gen_node_set_ints (node, "scan_input_axes", (gint64[]){ 1, 0 }, 2);
  gen_node_set_ints (node, "scan_output_axes", (gint64[]){ 1 }, 1);
  return outputs[n - 1];
}

GenTensor *
gen_predictor_sample (GenGraph *graph, const GenGraph *net, const GenPredictorDraw *draw,
    GHashTable *map, GError **error)
{
  g_autoptr (GenGraph) body = gen_graph_new ("place"), step = NULL;
  g_autoptr (GPtrArray) given = g_ptr_array_new ();
  g_autoptr (GHashTable) weights = g_hash_table_new (NULL, NULL);
  Loop loop = { .graph = graph, .body = body, .given = given, .weights = weights };
  GenPredictor predictor;

  if (draw->noise == NULL || draw->first == NULL || draw->temperature == NULL ||
      draw->top_k == NULL || !gen_predictor_read (net, &predictor, error) ||
      (step = gen_predictor_step (net, error)) == NULL)
    return NULL;
  loop.step = step;
  if (!build_body (&loop, &predictor, net, draw, map, error))
    return NULL;
  return run_loop (&loop, error);
}
