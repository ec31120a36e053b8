/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer of integers reads bytes, so what it reads is bytes; and what that is made of in turn,
 * where an engine has integers for the operator that makes it:
 *   what moves elements, which then share one range;
 *   sums and products of two tensors that layers make;
 *   functions of one number, which become tables.
 * A layer takes over what follows it, a bias and an activation that can be computed before results
 * are rounded: there are no bytes between. All else stays floats, and reads what bytes stand for.
 */
#include "scheme.h"

#include <string.h>

struct _GenScheme {
  const GenQuantizeSettings *settings;
  const GenGraph *shapes;
  GenReaders *readers;
  GArray *layers;      /* GenShrinkLayer */
  GHashTable *chosen;  /* nodes of those */
  GPtrArray *tensors;  /* GenTensor, bytes */
  GHashTable *wanted;  /* the same */
  GHashTable *able;    /* those that can be bytes where somebody wants them to be */
  GHashTable *parents; /* of a tensor another one of its group */
};

/* --- groups --- */

const GenTensor *
gen_scheme_group (const GenScheme *scheme, const GenTensor *tensor)
{
  const GenTensor *parent;

  while ((parent = g_hash_table_lookup (scheme->parents, tensor)) != NULL)
    tensor = parent;
  return tensor;
}

static void
unite (GenScheme *scheme, const GenTensor *a, const GenTensor *b)
{
  const GenTensor *one = gen_scheme_group (scheme, a), *other = gen_scheme_group (scheme, b);

  if (one != other)
    g_hash_table_insert (scheme->parents, (gpointer)one, (gpointer)other);
}

/* --- what nodes are --- */

static gboolean
is_value (const GenTensor *tensor)
{
  return tensor != NULL && tensor->role != GEN_ROLE_CONSTANT;
}

/* Whether results of the node are elements of what flows in, as ONNX Runtime takes them for such,
 * too. */
static gboolean
moves (const GenNode *node)
{
  static const char *const names[] = { "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose",
    "Concat", "Slice", "Split", "MaxPool", "DepthToSpace", "SpaceToDepth", "Gather" };

  if (node->op->results != GEN_RESULTS_MOVED || node->outputs->len != 1)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (gen_shrink_is (node, names[i]))
      return TRUE;
  return FALSE;
}

static guint
count_moved (const GenNode *node)
{
  return gen_shrink_is (node, "Concat") ? node->inputs->len : 1;
}

static gboolean
is_one_of (const GenNode *node, const char *const *names, guint n)
{
  for (guint i = 0; i < n; i++)
    if (gen_shrink_is (node, names[i]))
      return TRUE;
  return FALSE;
}

/* What a layer computes before it rounds. */
static gboolean
is_taken_over (const GenNode *node)
{
  static const char *const names[] = { "Relu", "LeakyRelu", "Clip" };

  return is_one_of (node, names, G_N_ELEMENTS (names));
}

/* A function of its first input, element by element. */
static gboolean
is_function (const GenNode *node)
{
  static const char *const names[] = { "Tanh", "Sigmoid", "Elu", "Selu", "Celu", "HardSigmoid",
    "HardSwish", "Gelu", "Mish", "Softplus", "Softsign" };

  return is_taken_over (node) || is_one_of (node, names, G_N_ELEMENTS (names));
}

static gboolean
has_one_reader (const GenScheme *scheme, const GenTensor *tensor)
{
  return gen_readers_only (scheme->readers, tensor) != NULL;
}

static const GenShape *
shape_of (const GenScheme *scheme, const GenTensor *tensor)
{
  const GenTensor *known =
      scheme->shapes != NULL ? gen_graph_find (scheme->shapes, tensor->name) : NULL;

  return known != NULL ? &known->shape : &tensor->shape;
}

/* An Add or Mul of two tensors of one shape, none of them constant. */
static gboolean
is_sum (const GenScheme *scheme, const GenNode *node)
{
  const GenTensor *a, *b;

  if (!gen_shrink_is (node, "Add") && !gen_shrink_is (node, "Mul"))
    return FALSE;
  a = gen_node_input (node, 0);
  b = gen_node_input (node, 1);
  return is_value (a) && is_value (b) && a != b && gen_shape_is_known (shape_of (scheme, a)) &&
         gen_shape_equal (shape_of (scheme, a), shape_of (scheme, b));
}

/* The operand of an Add that is not constant, where the other one is, and of one axis; NULL else.
 */
static GenTensor *
find_biased (const GenNode *node)
{
  if (!gen_shrink_is (node, "Add"))
    return NULL;
  for (guint i = 0; i < 2; i++) {
    const GenTensor *bias = gen_node_input (node, i);
    GenTensor *other = gen_node_input (node, 1 - i);

    if (!is_value (bias) && is_value (other) && bias->shape.rank <= 1)
      return other;
  }
  return NULL;
}

/* The quantised layer whose result, with what it takes over, is `tensor`; NULL where that is
 * something else. */
static GenNode *
find_made_by (const GenScheme *scheme, const GenTensor *tensor)
{
  GenNode *node = tensor->producer;
  GenTensor *before;

  if (node != NULL && is_taken_over (node) && has_one_reader (scheme, gen_node_input (node, 0)))
    node = gen_node_input (node, 0)->producer;
  if (node != NULL && (before = find_biased (node)) != NULL && has_one_reader (scheme, before))
    node = before->producer;
  return node != NULL && g_hash_table_contains (scheme->chosen, node) ? node : NULL;
}

/* Whether what `node` makes can be bytes without anything being rounded that a layer does not round
 * anyway, by what is known of its inputs. */
static gboolean
can_make_bytes (const GenScheme *scheme, const GenNode *node)
{
  const guint n = moves (node) ? count_moved (node) : is_sum (scheme, node) ? 2 : 1;

  if (find_made_by (scheme, gen_node_output (node, 0)) != NULL)
    return TRUE;
  if (!moves (node) && !is_function (node) && !is_sum (scheme, node))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!g_hash_table_contains (scheme->able, gen_node_input (node, i)))
      return FALSE;
  return TRUE;
}

/* In the graph's order, so that what a node reads is known before it. */
static void
find_able (GenScheme *scheme, const GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (gen_node_output (node, 0) != NULL && can_make_bytes (scheme, node))
      g_hash_table_add (scheme->able, gen_node_output (node, 0));
  }
}

static gboolean
can_be_bytes (const GenScheme *scheme, const GenTensor *tensor)
{
  return g_hash_table_contains (scheme->able, tensor);
}

/* --- what is bytes --- */

static void
want (GenScheme *scheme, GenTensor *tensor)
{
  if (g_hash_table_add (scheme->wanted, tensor))
    g_ptr_array_add (scheme->tensors, tensor);
}

static void
want_moved (GenScheme *scheme, GenTensor *tensor)
{
  const GenNode *node = tensor->producer;

  for (guint i = 0; i < count_moved (node); i++)
    if (!is_value (gen_node_input (node, i)))
      return;
  for (guint i = 0; i < count_moved (node); i++) {
    want (scheme, gen_node_input (node, i));
    unite (scheme, gen_node_input (node, i), tensor);
  }
}

/* The sum that `node` is, or that a Relu behind it is of; NULL where there is none. */
static const GenNode *
find_sum (const GenScheme *scheme, const GenNode *node)
{
  if (gen_shrink_is (node, "Relu") && has_one_reader (scheme, gen_node_input (node, 0)))
    node = gen_node_input (node, 0)->producer;
  return node != NULL && is_sum (scheme, node) ? node : NULL;
}

/* `tensor` is bytes: so is what it is made of, where that is of use. */
static void
follow (GenScheme *scheme, GenTensor *tensor)
{
  const GenNode *node = tensor->producer, *sum;

  if (node == NULL || find_made_by (scheme, tensor) != NULL)
    return;
  if (moves (node)) {
    want_moved (scheme, tensor);
    return;
  }
  sum = find_sum (scheme, node);
  if (sum != NULL) {
    if (can_be_bytes (scheme, gen_node_input (sum, 0)) &&
        can_be_bytes (scheme, gen_node_input (sum, 1))) {
      want (scheme, gen_node_input (sum, 0));
      want (scheme, gen_node_input (sum, 1));
    }
    return;
  }
  if (is_function (node) && is_value (gen_node_input (node, 0)) &&
      can_be_bytes (scheme, gen_node_input (node, 0)))
    want (scheme, gen_node_input (node, 0));
}

/* --- layers --- */

/* A bias that is no constant cannot be integers, and those of another shape are for no layer. */
static gboolean
suits (const GenShrinkLayer *layer)
{
  const GenTensor *bias = layer->bias;

  return bias == NULL || (bias->role == GEN_ROLE_CONSTANT && bias->type == GEN_TYPE_FLOAT32 &&
                             bias->shape.rank == 1);
}

GenScheme *
gen_scheme_new (GenGraph *graph, const GenQuantizeSettings *settings, const GenGraph *shapes)
{
  GenScheme *scheme = g_new0 (GenScheme, 1);

  scheme->settings = settings;
  scheme->shapes = shapes;
  scheme->readers = gen_readers_new (graph);
  scheme->layers = g_array_new (FALSE, FALSE, sizeof (GenShrinkLayer));
  scheme->chosen = g_hash_table_new (NULL, NULL);
  scheme->tensors = g_ptr_array_new ();
  scheme->wanted = g_hash_table_new (NULL, NULL);
  scheme->able = g_hash_table_new (NULL, NULL);
  scheme->parents = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < graph->nodes->len; i++) {
    GenShrinkLayer layer;

    if (!gen_shrink_find_layer (g_ptr_array_index (graph->nodes, i), &layer) || !suits (&layer) ||
        gen_shrink_keeps (settings, layer.node))
      continue;
    g_array_append_val (scheme->layers, layer);
    g_hash_table_add (scheme->chosen, layer.node);
  }
  for (guint i = 0; i < scheme->layers->len; i++) {
    GenTensor *x = gen_node_input (g_array_index (scheme->layers, GenShrinkLayer, i).node, 0);

    want (scheme, x);
    g_hash_table_add (scheme->able, x);
  }
  find_able (scheme, graph);
  for (guint i = 0; i < scheme->tensors->len; i++)
    follow (scheme, g_ptr_array_index (scheme->tensors, i));
  return scheme;
}

void
gen_scheme_free (GenScheme *scheme)
{
  if (scheme == NULL)
    return;
  gen_readers_free (scheme->readers);
  g_array_unref (scheme->layers);
  g_hash_table_unref (scheme->chosen);
  g_ptr_array_unref (scheme->tensors);
  g_hash_table_unref (scheme->wanted);
  g_hash_table_unref (scheme->able);
  g_hash_table_unref (scheme->parents);
  g_free (scheme);
}

const GArray *
gen_scheme_layers (const GenScheme *scheme)
{
  return scheme->layers;
}

const GPtrArray *
gen_scheme_tensors (const GenScheme *scheme)
{
  return scheme->tensors;
}
