/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formulas that exporters write out, and that an operator computes in one pass: Gelu, Silu, and
 * normalisations. Each function here looks at a node that may be the last of a formula. */
#include <math.h>
#include <string.h>

#include "graph-private.h"

/* The node that makes `tensor`, if it is of that operator. */
static GenNode *
made_by (const GenTensor *tensor, const char *op)
{
  GenNode *node = tensor != NULL ? tensor->producer : NULL;

  if (node == NULL || node->op->domain != NULL || strcmp (node->op->name, op) != 0 ||
      !gen_node_is_plain (node))
    return NULL;
  return node;
}

/* Likewise, and nobody else reads the tensor. */
static GenNode *
made_for_one (const GenReaders *readers, const GenTensor *tensor, const char *op)
{
  return gen_readers_count (readers, tensor) == 1 ? made_by (tensor, op) : NULL;
}

static gboolean
is_number (const GenTensor *tensor, double wanted)
{
  const float *value;

  if (tensor == NULL || tensor->type != GEN_TYPE_FLOAT32 ||
      gen_shape_elements (&tensor->shape) != 1)
    return FALSE;
  value = gen_tensor_constant (tensor);
  return value != NULL && fabs (*value - wanted) <= 1e-5 * fabs (wanted);
}

/* The operand of `node`, of two, beside the one that is `number`; NULL where none is. It must have
 * the result's shape. */
static GenTensor *
beside_number (const GenNode *node, double number)
{
  for (guint i = 0; node != NULL && i < 2; i++)
    if (is_number (gen_node_input (node, i), number) &&
        gen_shape_equal (&gen_node_input (node, 1 - i)->shape, &gen_node_output (node, 0)->shape))
      return gen_node_input (node, 1 - i);
  return NULL;
}

/* `node` becomes `op` of `x` alone. */
static void
become (GenReaders *readers, GenNode *node, const char *domain, const char *op, GenTensor *x)
{
  g_autoptr (GPtrArray) old = g_ptr_array_copy (node->inputs, NULL, NULL);

  node->op = gen_operator_find (domain, op, 21);
  node->opset = 21;
  gen_readers_drop (readers, node);
  gen_readers_set_input (readers, node, 0, x);
  for (guint i = 0; i < old->len; i++)
    gen_readers_sweep (readers, g_ptr_array_index (old, i));
}

/* --- activations --- */

/* x sigmoid (x) */
static gboolean
find_silu (GenReaders *readers, GenNode *node)
{
  for (guint i = 0; i < 2; i++) {
    GenTensor *x = gen_node_input (node, 1 - i);
    GenNode *sigmoid = made_for_one (readers, gen_node_input (node, i), "Sigmoid");

    if (sigmoid == NULL || gen_node_input (sigmoid, 0) != x || x->type != GEN_TYPE_FLOAT32)
      continue;
    become (readers, node, "generative", "Silu", x);
    return TRUE;
  }
  return FALSE;
}

/* x of 1 + erf (x / sqrt (2)), the result of an Add. */
static GenTensor *
read_normal (const GenReaders *readers, const GenTensor *sum)
{
  GenTensor *erf = beside_number (made_for_one (readers, sum, "Add"), 1), *ratio;
  GenNode *node = made_for_one (readers, erf, "Erf"), *over, *times;

  if (node == NULL)
    return NULL;
  ratio = gen_node_input (node, 0);
  over = made_for_one (readers, ratio, "Div");
  times = made_for_one (readers, ratio, "Mul");
  if (over != NULL && is_number (gen_node_input (over, 1), M_SQRT2) &&
      gen_shape_equal (&gen_node_input (over, 0)->shape, &ratio->shape))
    return gen_node_input (over, 0);
  return beside_number (times, M_SQRT1_2);
}

/* Whether `tensor` is half of `x`. */
static gboolean
is_half (const GenReaders *readers, const GenTensor *tensor, const GenTensor *x)
{
  return beside_number (made_for_one (readers, tensor, "Mul"), 0.5) == x;
}

/* 0.5 x (1 + erf (x / sqrt (2))), its factors in any order. */
static gboolean
find_gelu (GenReaders *readers, GenNode *node)
{
  GenTensor *rest = beside_number (node, 0.5);
  GenNode *product = rest != NULL ? made_for_one (readers, rest, "Mul") : node;

  for (guint i = 0; product != NULL && i < 2; i++) {
    GenTensor *normal = gen_node_input (product, i), *other = gen_node_input (product, 1 - i);
    GenTensor *x;

    if (rest == NULL && (x = beside_number (made_for_one (readers, normal, "Mul"), 0.5)) != NULL)
      normal = x; /* x times half of the rest */
    x = read_normal (readers, normal);
    if (x == NULL || x->type != GEN_TYPE_FLOAT32)
      continue;
    if (other != x && !(rest == NULL && is_half (readers, other, x)))
      continue;
    if (rest == NULL && other == x && normal == gen_node_input (product, i))
      continue; /* nothing is halved */
    if (rest == NULL && other != x && normal != gen_node_input (product, i))
      continue; /* halved twice */
    become (readers, node, NULL, "Gelu", x);
    return TRUE;
  }
  return FALSE;
}

/* --- normalisations --- */

/* `tensor` as one float32 value for each of `channels`, NULL where it is no such constant. `rank`
 * is that of what it is broadcast to, whose dimension 1 has the channels. */
static const float *
channel_values (const GenTensor *tensor, int rank, gint64 channels)
{
  int own = 1 - rank + (tensor != NULL ? tensor->shape.rank : 0);

  if (tensor == NULL || tensor->type != GEN_TYPE_FLOAT32 || own < 0 ||
      tensor->shape.dims[own] != channels || gen_shape_elements (&tensor->shape) != channels)
    return NULL;
  return gen_tensor_constant (tensor);
}

/* If a node of that operator is all that reads `node`'s result, and its other operand has a value
 * for each channel: that node, and the values. */
static GenNode *
next_by_channel (const GenReaders *readers, GenNode *node, const char *op, const float **values)
{
  GenTensor *result = gen_node_output (node, 0);
  GenNode *next = gen_readers_only (readers, result);

  if (next == NULL || next->op->domain != NULL || strcmp (next->op->name, op) != 0 ||
      !gen_node_is_plain (next) ||
      !gen_shape_equal (&gen_node_output (next, 0)->shape, &result->shape))
    return NULL;
  *values = channel_values (gen_node_input (next, gen_node_input (next, 0) == result ? 1 : 0),
      result->shape.rank, result->shape.dims[1]);
  return *values != NULL ? next : NULL;
}

static GenTensor *
add_vector (GenGraph *graph, float *values, gint64 n)
{
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (n), g_bytes_new_take (values, n * sizeof (float)));
}

/* InstanceNormalization of groups that a Reshape has made channels, a Reshape back, and a scale and
 * a bias for each channel: GroupNormalization. */
static gboolean
find_group_normalization (GenReaders *readers, GenNode *node)
{
  GenNode *before = made_for_one (readers, gen_node_input (node, 0), "Reshape"), *last, *next;
  GenTensor *x = before != NULL ? gen_node_input (before, 0) : NULL, *grouped;
  const float *own[2] = { gen_tensor_constant (gen_node_input (node, 1)),
    gen_tensor_constant (gen_node_input (node, 2)) };
  const float *scale = NULL, *bias = NULL;
  gint64 channels, groups;
  float *scales, *biases;

  last = gen_readers_only (readers, gen_node_output (node, 0));
  if (x == NULL || last == NULL || last->op->domain != NULL ||
      strcmp (last->op->name, "Reshape") != 0 || own[0] == NULL || own[1] == NULL)
    return FALSE;
  grouped = gen_node_input (node, 0);
  if (x->type != GEN_TYPE_FLOAT32 || x->shape.rank < 3 ||
      !gen_shape_equal (&gen_node_output (last, 0)->shape, &x->shape) ||
      grouped->shape.dims[0] != x->shape.dims[0])
    return FALSE;
  channels = x->shape.dims[1];
  groups = grouped->shape.dims[1];
  if (groups < 1 || channels % groups != 0)
    return FALSE;
  next = next_by_channel (readers, last, "Mul", &scale);
  last = next != NULL ? next : last;
  next = next_by_channel (readers, last, "Add", &bias);
  last = next != NULL ? next : last;

  scales = g_new (float, channels);
  biases = g_new (float, channels);
  for (gint64 c = 0; c < channels; c++) {
    gint64 g = c / (channels / groups);

    scales[c] = own[0][g] * (scale != NULL ? scale[c] : 1);
    biases[c] = own[1][g] * (scale != NULL ? scale[c] : 1) + (bias != NULL ? bias[c] : 0);
  }
  /* What is between the first node and the last is read by nobody else. */
  do {
    next = gen_readers_only (readers, gen_node_output (node, 0));
    gen_node_take_output (readers, node, next);
  } while (next != last);
  become (readers, node, NULL, "GroupNormalization", x);
  gen_readers_set_input (readers, node, 1, add_vector (node->graph, scales, channels));
  gen_readers_set_input (readers, node, 2, add_vector (node->graph, biases, channels));
  gen_node_set_int (node, "num_groups", groups);
  return TRUE;
}

gboolean
gen_graph_fuse_pattern (GenReaders *readers, GenNode *node)
{
  if (node->op->domain != NULL || !gen_node_is_plain (node))
    return FALSE;
  if (strcmp (node->op->name, "Mul") == 0)
    return find_silu (readers, node) || find_gelu (readers, node);
  if (strcmp (node->op->name, "InstanceNormalization") == 0)
    return find_group_normalization (readers, node);
  return FALSE;
}
