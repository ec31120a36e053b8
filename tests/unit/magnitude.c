/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A rule for each operator: the magnitude of its result by those of its operands, and by their
 * values where its slope depends on these. */
#include "magnitude.h"

#include <math.h>
#include <string.h>

typedef struct {
  GenGraph *graph;
  GenNode *node;
  GenTensor *y;
  GenTensor *inputs[GEN_MAX_RANK]; /* magnitudes; what is no float as it is */
  guint n;
  GError **error;
} Rule;

static GenTensor *
binary (const Rule *r, const char *op, GenTensor *a, GenTensor *b)
{
  return a != NULL && b != NULL ? gen_binary (r->graph, op, a, b, r->error) : NULL;
}

static GenTensor *
unary (const Rule *r, const char *op, GenTensor *x)
{
  return x != NULL ? gen_unary (r->graph, op, x, r->error) : NULL;
}

static GenTensor *
number (const Rule *r, double value)
{
  return gen_graph_float (r->graph, value);
}

static GenTensor *
wide (GenGraph *graph, GenTensor *x, GError **error)
{
  if (x == NULL || x->type == GEN_TYPE_FLOAT32)
    return x;
  return gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
}

/* The node's input, or its result, as it is, and how large it is. */
static GenTensor *
value (const Rule *r, guint k)
{
  return wide (r->graph, gen_node_input (r->node, k), r->error);
}

static GenTensor *
size_of_result (const Rule *r)
{
  return unary (r, "Abs", wide (r->graph, r->y, r->error));
}

static GenTensor *
reduce (const Rule *r, const char *op, GenTensor *x, const gint64 *axes, int n)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (
      r->graph, op, &x, 1, 1, r->error, "axes", GEN_INTS, n, axes, "keepdims", GEN_INT, 1, NULL);
}

/* --- rules --- */

/* The node once more, on magnitudes: sums of products, and what moves elements about. */
static GenTensor *
again (const Rule *r)
{
  const GenNode *node = r->node;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, node->outputs->len);
  GenTensor *found = NULL;
  GenNode *copy;

  for (guint k = 0; k < node->outputs->len; k++)
    outputs[k] = gen_graph_add_value (r->graph, NULL);
  copy = gen_graph_add_node (r->graph, NULL, NULL, node->op->name, node->opset, r->inputs, r->n,
      outputs, node->outputs->len, r->error);
  if (copy == NULL)
    return NULL;
  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *from = g_ptr_array_index (node->attributes, i);

    if (from->type == GEN_ATTRIBUTE_FLOAT)
      gen_node_set_float (copy, from->name, fabsf (from->f));
    if (from->type == GEN_ATTRIBUTE_INT)
      gen_node_set_int (copy, from->name, from->i);
    if (from->type == GEN_ATTRIBUTE_STRING)
      gen_node_set_string (copy, from->name, from->s);
    if (from->type == GEN_ATTRIBUTE_INTS)
      gen_node_set_ints (copy, from->name, (gint64 *)from->ints->data, from->ints->len);
  }
  if (!copy->op->infer (copy, r->error))
    return NULL;
  for (guint k = 0; k < node->outputs->len; k++)
    if (gen_node_output (node, k) == r->y)
      found = outputs[k];
  return found;
}

static GenTensor *
first (const Rule *r)
{
  return r->inputs[0];
}

static GenTensor *
sum (const Rule *r)
{
  return binary (r, "Add", r->inputs[0], r->inputs[1]);
}

/* a / b: a's share over b, and b's, by the slope a / b². */
static GenTensor *
quotient (const Rule *r)
{
  GenTensor *b = value (r, 1);

  return binary (r, "Div", binary (r, "Mul", r->inputs[0], r->inputs[1]), binary (r, "Mul", b, b));
}

/* Functions whose slope is nowhere above 1.5, of the operand or of a bound. */
static GenTensor *
gentle (const Rule *r)
{
  GenTensor *m = binary (r, "Mul", r->inputs[0], number (r, 1.5));

  for (guint k = 1; k < r->n; k++)
    if (r->inputs[k] != NULL)
      m = binary (r, "Add", m, r->inputs[k]);
  return binary (r, "Add", m, size_of_result (r));
}

static GenTensor *
by_slopes (const Rule *r)
{
  return binary (r, "Mul", r->inputs[0], binary (r, "Add", r->inputs[1], number (r, 1)));
}

static GenTensor *
square (const Rule *r)
{
  return binary (r, "Mul", r->inputs[0], r->inputs[0]);
}

static GenTensor *
root (const Rule *r)
{
  return binary (r, "Div", r->inputs[0], size_of_result (r));
}

static GenTensor *
reciprocal (const Rule *r)
{
  GenTensor *y = size_of_result (r);

  return binary (r, "Mul", r->inputs[0], binary (r, "Mul", y, y));
}

static GenTensor *
exponential (const Rule *r)
{
  return binary (r, "Mul", size_of_result (r), binary (r, "Add", r->inputs[0], number (r, 1)));
}

static GenTensor *
softmax (const Rule *r)
{
  int rank = r->y->shape.rank, n = 0;
  int axis = gen_axis (gen_node_int (r->node, "axis", -1), rank);
  gint64 axes[GEN_MAX_RANK];
  GenTensor *most;

  do /* up to opset 12 all axes from that one on */
    axes[n++] = axis++;
  while (r->node->opset < 13 && axis < rank);
  most = reduce (r, "ReduceMax", r->inputs[0], axes, n);

  return binary (r, "Mul", size_of_result (r),
      binary (r, "Add", binary (r, "Mul", most, number (r, 2)), number (r, 1)));
}

/* (x + mean) scale / deviation + bias, of magnitudes. */
static GenTensor *
batch_normalization (const Rule *r)
{
  Rule with = *r;

  with.inputs[3] = unary (r, "Neg", r->inputs[3]);
  return with.inputs[3] != NULL ? again (&with) : NULL;
}

/* `parameter`, of the channels, beside a tensor of `rank`. */
static GenTensor *
by_channels (const Rule *r, GenTensor *parameter, int rank)
{
  GenShape shape = { .rank = rank };

  for (int i = 0; i < rank; i++)
    shape.dims[i] = i == 1 ? parameter->shape.dims[0] : 1;
  return binary (r, "Reshape", parameter, gen_graph_ints (r->graph, shape.dims, rank));
}

/* Normalised along the axes from `first` on: what is added up for mean and deviation may be as
 * large as the largest, and counts through the scale and through the deviation's slope. */
static GenTensor *
normalized (const Rule *r, int from, gboolean centred, GenTensor *scale, GenTensor *bias)
{
  gint64 axes[GEN_MAX_RANK];
  GenTensor *x = value (r, 0), *m = r->inputs[0], *y = size_of_result (r), *deviation, *largest;
  int n = 0;

  for (int i = from; i < x->shape.rank; i++)
    axes[n++] = i;
  if (centred)
    x = binary (r, "Sub", x, reduce (r, "ReduceMean", x, axes, n));
  deviation = reduce (r, "ReduceMean", binary (r, "Mul", x, x), axes, n);
  deviation = unary (r, "Sqrt",
      binary (r, "Add", deviation, number (r, gen_node_float (r->node, "epsilon", 1e-5f))));
  largest = reduce (r, "ReduceMax", m, axes, n);
  m = binary (r, "Div", binary (r, "Add", m, largest), deviation);
  scale = binary (r, "Add", scale, y);
  if (bias != NULL)
    scale = binary (r, "Add", scale, bias);
  m = binary (r, "Add", binary (r, "Mul", m, scale), y);
  return bias != NULL ? binary (r, "Add", m, bias) : m;
}

static GenTensor *
instance_normalization (const Rule *r)
{
  int rank = r->y->shape.rank;

  return normalized (
      r, 2, TRUE, by_channels (r, r->inputs[1], rank), by_channels (r, r->inputs[2], rank));
}

static GenTensor *
along_last (const Rule *r)
{
  int axis = gen_axis (gen_node_int (r->node, "axis", -1), r->y->shape.rank);

  return normalized (r, axis, strcmp (r->node->op->name, "LayerNormalization") == 0, r->inputs[1],
      r->n > 2 ? r->inputs[2] : NULL);
}

/* Bytes: one bound for all. */
static GenTensor *
largest (const Rule *r)
{
  return gen_graph_op (
      r->graph, "ReduceMax", r->inputs, 1, 1, r->error, "keepdims", GEN_INT, 0, NULL);
}

static const struct {
  GenTensor *(*rule) (const Rule *);
  const char *operators; /* between spaces */
} rules[] = {
  { again, " MatMul Gemm Conv ConvTranspose Mul ReduceSum ReduceMean ReduceMax AveragePool MaxPool "
           "GlobalAveragePool Reshape Transpose Pad Slice Split Concat Resize Squeeze Unsqueeze "
           "Flatten Expand " },
  { first, " Cast Identity Neg Abs " },
  { sum, " Add Sub " },
  { quotient, " Div " },
  { gentle,
      " Relu LeakyRelu Sigmoid Tanh Clip HardSigmoid HardSwish Elu Gelu Erf Softplus Max Min " },
  { by_slopes, " PRelu " },
  { square, " Pow " },
  { root, " Sqrt " },
  { reciprocal, " Reciprocal " },
  { exponential, " Exp " },
  { softmax, " Softmax " },
  { batch_normalization, " BatchNormalization " },
  { instance_normalization, " InstanceNormalization " },
  { along_last, " LayerNormalization RMSNormalization " },
  { largest, " PackPicture " },
};

static gboolean
is_float (const GenTensor *tensor)
{
  return tensor->type == GEN_TYPE_FLOAT32 || tensor->type == GEN_TYPE_FLOAT16 ||
         tensor->type == GEN_TYPE_BFLOAT16;
}

static GenTensor *
apply (GenGraph *graph, GenTensor *tensor, GHashTable *made, GError **error)
{
  GenNode *node = tensor->producer;
  g_autofree char *name = g_strdup_printf (" %s ", node->op->name);
  Rule r = { graph, node, tensor, { NULL }, node->inputs->len, error };

  g_return_val_if_fail (r.n <= G_N_ELEMENTS (r.inputs), NULL);
  for (guint k = 0; k < r.n; k++) {
    r.inputs[k] = gen_node_input (node, k);
    if (r.inputs[k] == NULL || !is_float (r.inputs[k]))
      continue;
    r.inputs[k] = magnitude_of (graph, r.inputs[k], made, error);
    if (r.inputs[k] == NULL)
      return NULL;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    if (strstr (rules[i].operators, name) != NULL)
      return rules[i].rule (&r);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR,
      "there is no rule for the magnitude of what %s makes", node->op->name);
  return NULL;
}

/* What states carry from run to run carries its magnitude with it. */
static GenTensor *
of_state (GenGraph *graph, GenTensor *state, GHashTable *made, GError **error)
{
  gsize n = gen_shape_elements (&state->shape);
  const float *from = g_bytes_get_data (state->data, NULL);
  float *sizes = g_new (float, n);
  GenTensor *m, *next;

  for (gsize i = 0; i < n; i++)
    sizes[i] = fabsf (from[i]);
  m = gen_graph_add_state (
      graph, NULL, GEN_TYPE_FLOAT32, &state->shape, g_bytes_new_take (sizes, n * sizeof *sizes));
  g_hash_table_insert (made, state, m);
  next = magnitude_of (graph, state->next, made, error);
  if (next == NULL)
    return NULL;
  gen_graph_assign (graph, m, next);
  return m;
}

GenTensor *
magnitude_of (GenGraph *graph, GenTensor *tensor, GHashTable *made, GError **error)
{
  GenTensor *m = g_hash_table_lookup (made, tensor);

  if (m != NULL)
    return m;
  if (tensor->role == GEN_ROLE_STATE)
    return of_state (graph, tensor, made, error);
  if (tensor->role == GEN_ROLE_VALUE)
    m = apply (graph, tensor, made, error);
  else if ((m = wide (graph, tensor, error)) != NULL)
    m = gen_unary (graph, "Abs", m, error);
  if (m != NULL)
    g_hash_table_insert (made, tensor, m);
  return m;
}
