/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs at random: a tensor goes through some steps, each an operator, or a formula as exporters
 * write it out. What a step needs beside it is constant, given, computed, or one of the tensors
 * before it. */
#include "random_graph.h"

#include <math.h>
#include <string.h>

/* Steps that would make more are not taken. */
#define MOST_ELEMENTS 6000
#define MOST_OF_LARGE 120000

typedef struct {
  GenGraph *graph;
  GRand *random;
  GenDataType type;
  gint64 most;     /* elements of a tensor */
  GPtrArray *made; /* GenTensor: what further steps may read */
  GPtrArray *shown;
} Maker;

static guint
below (Maker *m, guint n)
{
  return g_rand_int_range (m->random, 0, n);
}

/* Once in `n`. */
static gboolean
once_in (Maker *m, guint n)
{
  return below (m, n) == 0;
}

static gint64
one_of (Maker *m, const gint64 *values, guint n)
{
  return values[below (m, n)];
}
#define ONE_OF(m, ...)                                                                             \
  one_of (m, (const gint64[]){ __VA_ARGS__ }, sizeof ((const gint64[]){ __VA_ARGS__ }) / 8)

static gboolean
fits (const Maker *m, const GenShape *shape)
{
  return gen_shape_elements (shape) <= m->most;
}

/* --- operands --- */

static GenTensor *
checked (GenTensor *made, GError *error)
{
  g_assert_no_error (error);
  g_assert_nonnull (made);
  return made;
}

#define OP(m, name, inputs, n, ...)                                                                \
  ({                                                                                               \
    GError *error_ = NULL;                                                                         \
    GenTensor *made_ = gen_graph_op ((m)->graph, name, inputs, n, 1, &error_, __VA_ARGS__);        \
    checked (made_, error_);                                                                       \
  })

static GenTensor *
call (Maker *m, const char *op, GenTensor *a, GenTensor *b)
{
  return OP (m, op, ((GenTensor *[]){ a, b }), b != NULL ? 2 : 1, NULL);
}

static GenTensor *
ints (Maker *m, const gint64 *values, gsize n)
{
  return gen_graph_ints (m->graph, values, n);
}

/* A float32 tensor as one of the graph's type: what is given and shown is float32. */
static GenTensor *
typed (Maker *m, GenTensor *x)
{
  return m->type != GEN_TYPE_FLOAT32 ? OP (m, "Cast", &x, 1, "to", GEN_INT, (int)m->type, NULL) : x;
}

static GenTensor *
constant_between (Maker *m, GenShape shape, double low, double high)
{
  gsize n = gen_shape_elements (&shape);
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = g_rand_double_range (m->random, low, high);
  return typed (m, gen_graph_add_constant (m->graph, NULL, GEN_TYPE_FLOAT32, &shape,
                       g_bytes_new_take (values, n * sizeof (float))));
}

/* A number of 0 to 2 dimensions. */
static GenTensor *
number (Maker *m, double value)
{
  GenShape shape = { .rank = once_in (m, 4) ? 1 + below (m, 2) : 0, .dims = { 1, 1 } };

  return typed (m, gen_graph_full (m->graph, &shape, value));
}

/* A number that a formula has, or, now and then, another one: then it is none. */
static GenTensor *
nearly (Maker *m, double value)
{
  return number (m, once_in (m, 12) ? value * 0.75 : value);
}

static GenTensor *
given (Maker *m, GenShape shape)
{
  return typed (m, gen_graph_add_input (m->graph, NULL, GEN_TYPE_FLOAT32, &shape));
}

static GenTensor *
computed (Maker *m, GenShape shape)
{
  return call (m, "Tanh", given (m, shape), NULL);
}

/* What stands beside the tensor in a step. */
static GenTensor *
operand (Maker *m, GenShape shape)
{
  switch (below (m, 6)) {
  case 0:
    return given (m, shape);
  case 1:
    return computed (m, shape);
  default:
    return constant_between (m, shape, -1, 1);
  }
}

/* Of a heavy operator with sums of `n` products. */
static GenTensor *
weights (Maker *m, GenShape shape, gint64 n)
{
  double scale = 1.5 / sqrt (MAX (n, 1));

  if (!once_in (m, 6))
    return constant_between (m, shape, -scale, scale);
  return call (m, "Mul", given (m, shape), typed (m, gen_graph_float (m->graph, scale)));
}

/* The shape, or one that is broadcast to it. */
static GenShape
beside (Maker *m, const GenShape *shape)
{
  GenShape side = { .rank = 0 };
  int rank = shape->rank;

  switch (below (m, 6)) {
  case 0: /* columns */
    if (rank == 0)
      return side;
    side = (GenShape){ .rank = 1 + below (m, rank) };
    for (int i = 0; i < side.rank; i++)
      side.dims[i] = i == side.rank - 1 ? shape->dims[rank - 1] : 1;
    return side;
  case 1: /* channels */
  case 2:
    if (rank < 2)
      return *shape;
    side = (GenShape){ .rank = rank - below (m, 2) };
    for (int i = 0; i < side.rank; i++)
      side.dims[i] = i - side.rank == 1 - rank ? shape->dims[1] : 1;
    return side;
  case 3:
    return *shape;
  default: /* anything */
    side = (GenShape){ .rank = below (m, rank + 1) };
    for (int i = 0; i < side.rank; i++)
      side.dims[i] = once_in (m, 2) ? 1 : shape->dims[rank - side.rank + i];
    return side;
  }
}

/* A tensor from before of that shape, or NULL. */
static GenTensor *
earlier (Maker *m, const GenShape *shape)
{
  guint from = m->made->len > 0 ? below (m, m->made->len) : 0;

  for (guint i = 0; i < m->made->len; i++) {
    GenTensor *tensor = g_ptr_array_index (m->made, (from + i) % m->made->len);

    if (gen_shape_equal (&tensor->shape, shape))
      return tensor;
  }
  return NULL;
}

static GenTensor *
either_side (Maker *m, const char *op, GenTensor *a, GenTensor *b)
{
  return once_in (m, 2) ? call (m, op, a, b) : call (m, op, b, a);
}

static GenTensor *
reshape (Maker *m, GenTensor *x, GenShape shape)
{
  return call (m, "Reshape", x, ints (m, shape.dims, shape.rank));
}

static GenTensor *
transpose (Maker *m, GenTensor *x, const gint64 *order)
{
  return OP (m, "Transpose", &x, 1, "perm", GEN_INTS, x->shape.rank, order, NULL);
}

/* `x` through an operator as it was in `opset`; attributes and inference are left to the caller. */
static GenNode *
add_old (Maker *m, const char *op, int opset, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_value (m->graph, NULL);
  GenNode *node = gen_graph_add_node (m->graph, NULL, NULL, op, opset, &x, 1, &y, 1, &error);

  g_assert_no_error (error);
  return node;
}

static GenTensor *
inferred (GenNode *node)
{
  g_assert_true (node->op->infer (node, NULL));
  return gen_node_output (node, 0);
}

/* --- heavy operators --- */

static gint64
width (Maker *m)
{
  return m->most == MOST_OF_LARGE ? ONE_OF (m, 32, 64, 96) : ONE_OF (m, 1, 2, 3, 5, 8, 16, 17, 33);
}

/* alpha op(A) op(B) + beta C. */
static GenTensor *
gemm (Maker *m, GenTensor *x)
{
  int transpose_a = once_in (m, 3), transpose_b = once_in (m, 2), kind = below (m, 8), n_inputs = 2;
  gint64 rows = x->shape.dims[transpose_a], k = x->shape.dims[!transpose_a], n = width (m);
  GenTensor *inputs[3] = { x };
  static const GenShape none;
  const GenShape shapes[] = { none, GEN_SHAPE (1), GEN_SHAPE (n), GEN_SHAPE (1, n),
    GEN_SHAPE (rows, 1), GEN_SHAPE (rows, n), GEN_SHAPE (n) };

  if (!fits (m, &GEN_SHAPE (rows, n)))
    return NULL;
  inputs[1] = weights (m, transpose_b ? GEN_SHAPE (n, k) : GEN_SHAPE (k, n), k);
  if (kind < (int)G_N_ELEMENTS (shapes))
    inputs[n_inputs++] = operand (m, shapes[kind]);
  if (once_in (m, 2))
    return OP (m, "Gemm", inputs, n_inputs, "transA", GEN_INT, transpose_a, "transB", GEN_INT,
        transpose_b, NULL);
  return OP (m, "Gemm", inputs, n_inputs, "transA", GEN_INT, transpose_a, "transB", GEN_INT,
      transpose_b, "alpha", GEN_FLOAT, once_in (m, 2) ? 1 : 0.5, "beta", GEN_FLOAT,
      once_in (m, 2) ? 1 : -1.5, NULL);
}

/* By a matrix, by a batch of them, by a vector; from either side. */
static GenTensor *
product (Maker *m, GenTensor *x)
{
  int rank = x->shape.rank, kind = below (m, 8);
  gint64 k, n = width (m);
  GenShape shape = x->shape;

  if (rank < 1)
    return NULL;
  k = shape.dims[rank - 1];
  if (rank == 2 && kind < 2)
    return gemm (m, x);
  if (kind == 2)
    return call (m, "MatMul", x, weights (m, GEN_SHAPE (k), k));
  if (gen_shape_elements (&shape) / k * n > m->most)
    return NULL;
  if (kind == 3 && rank >= 2) {
    k = shape.dims[rank - 2];
    if (gen_shape_elements (&shape) / k * n > m->most)
      return NULL;
    return call (m, "MatMul", weights (m, GEN_SHAPE (n, k), k), x);
  }
  if (kind == 4 && rank >= 3) {
    for (int i = 0; i < rank - 2; i++)
      shape.dims[i] = once_in (m, 3) ? 1 : shape.dims[i];
    shape.dims[rank - 2] = k;
    shape.dims[rank - 1] = n;
    return call (m, "MatMul", x, weights (m, shape, k));
  }
  if (kind == 5 && rank < 3 && gen_shape_elements (&shape) / k * n * 2 <= m->most)
    return call (m, "MatMul", x, weights (m, GEN_SHAPE (2, k, n), k));
  return call (m, "MatMul", x, weights (m, GEN_SHAPE (k, n), k));
}

/* What convolutions and pools ask for. */
typedef struct {
  gint64 kernel[3], strides[3], dilations[3], pads[6], extra[3];
  const char *automatic;
} Window;

static gboolean
choose_window (Maker *m, Window *w, const GenShape *shape, gboolean transposed)
{
  static const char *const automatic[] = { "SAME_UPPER", "SAME_LOWER", "VALID" };
  gboolean large = m->most == MOST_OF_LARGE, pads = once_in (m, 2), dilated = once_in (m, 5);
  gboolean same = large || once_in (m, 2);
  int axes = shape->rank - 2;

  *w = (Window){ .automatic = !transposed && once_in (m, 6) ? automatic[below (m, 3)] : "NOTSET" };
  for (int i = 0; i < axes; i++) {
    gint64 reach;

    w->kernel[i] = transposed ? 1 + below (m, 4) : ONE_OF (m, 1, 3, 3, 2);
    w->strides[i] = transposed || once_in (m, large ? 6 : 3) ? 1 + below (m, 2) : 1;
    w->dilations[i] = dilated && strcmp (w->automatic, "NOTSET") == 0 ? 1 + below (m, 2) : 1;
    if (i > 0 && same) {
      w->kernel[i] = w->kernel[0];
      w->strides[i] = w->strides[0];
    }
    reach = w->dilations[i] * (w->kernel[i] - 1);
    if (strcmp (w->automatic, "NOTSET") == 0) {
      w->pads[i] = pads ? MIN (reach, 1 + below (m, 2)) : 0;
      w->pads[axes + i] = pads && !once_in (m, 4) ? w->pads[i] : 0;
    }
    if (transposed) {
      w->extra[i] = w->strides[i] > 1 ? below (m, w->strides[i]) : 0;
      if ((shape->dims[2 + i] - 1) * w->strides[i] + reach + 1 + w->extra[i] <=
          w->pads[i] + w->pads[axes + i])
        return FALSE;
    } else if (shape->dims[2 + i] + w->pads[i] + w->pads[axes + i] <= reach) {
      return FALSE;
    }
  }
  return TRUE;
}

/* A border around the pixels, as exporters put it before a convolution. */
static GenTensor *
border (Maker *m, GenTensor *x)
{
  gint64 pads[2 * GEN_MAX_RANK] = { 0 };
  int rank = x->shape.rank;

  for (int i = 0; i < 2 * rank; i++)
    pads[i] = i % rank >= 2 ? below (m, 2) : 0;
  return call (m, "Pad", x, ints (m, pads, 2 * rank));
}

static GenTensor *
convolution (Maker *m, GenTensor *x)
{
  const GenShape *shape = &x->shape;
  int axes = shape->rank - 2;
  gint64 channels = shape->rank > 1 ? shape->dims[1] : 0, out, groups = 1, n;
  GenShape kernel = { .rank = shape->rank };
  GenTensor *inputs[3] = { NULL };
  Window w;

  if (axes < 1 || axes > 3)
    return NULL;
  if (once_in (m, 5)) {
    x = border (m, x);
    shape = &x->shape;
  }
  if (!choose_window (m, &w, shape, FALSE))
    return NULL;
  inputs[0] = x;
  out = m->most == MOST_OF_LARGE ? ONE_OF (m, 16, 32, 64) : ONE_OF (m, 1, 3, 4, 6, 8, 16);
  if (once_in (m, 4)) { /* by channels */
    groups = channels;
    out = channels * (1 + once_in (m, 3));
  } else if (once_in (m, 4) && channels % 2 == 0) {
    groups = 2;
    out = (out + 1) / 2 * 2;
  }
  kernel.dims[0] = out;
  kernel.dims[1] = channels / groups;
  for (int i = 0; i < axes; i++)
    kernel.dims[2 + i] = w.kernel[i];
  n = gen_shape_product (&kernel, 1, kernel.rank);
  if (gen_shape_elements (shape) / channels * out > 2 * m->most)
    return NULL;
  inputs[1] = weights (m, kernel, n);
  if (!once_in (m, 3))
    inputs[2] = operand (m, GEN_SHAPE (out));
  if (strcmp (w.automatic, "NOTSET") != 0)
    return OP (m, "Conv", inputs, inputs[2] != NULL ? 3 : 2, "auto_pad", GEN_STRING, w.automatic,
        "strides", GEN_INTS, axes, w.strides, "group", GEN_INT, (int)groups, NULL);
  return OP (m, "Conv", inputs, inputs[2] != NULL ? 3 : 2, "pads", GEN_INTS, 2 * axes, w.pads,
      "strides", GEN_INTS, axes, w.strides, "dilations", GEN_INTS, axes, w.dilations, "group",
      GEN_INT, (int)groups, NULL);
}

static GenTensor *
transposed_convolution (Maker *m, GenTensor *x)
{
  const GenShape *shape = &x->shape;
  int axes = shape->rank - 2;
  gint64 channels = shape->rank > 1 ? shape->dims[1] : 0, out = ONE_OF (m, 1, 3, 4, 6), groups = 1;
  GenTensor *inputs[3] = { x };
  GenShape kernel = { .rank = shape->rank };
  Window w;

  if (axes < 1 || axes > 3 || !choose_window (m, &w, shape, TRUE))
    return NULL;
  if (once_in (m, 5)) {
    groups = channels;
    out = 1;
  } else if (once_in (m, 4) && channels % 2 == 0) {
    groups = 2;
  }
  kernel.dims[0] = channels;
  kernel.dims[1] = out;
  for (int i = 0; i < axes; i++)
    kernel.dims[2 + i] = w.kernel[i];
  if ((gen_shape_elements (shape) / channels * out * groups << axes) > 2 * m->most)
    return NULL;
  inputs[1] = weights (m, kernel, channels / groups * 2);
  if (!once_in (m, 3))
    inputs[2] = operand (m, GEN_SHAPE (out * groups));
  return OP (m, "ConvTranspose", inputs, inputs[2] != NULL ? 3 : 2, "pads", GEN_INTS, 2 * axes,
      w.pads, "strides", GEN_INTS, axes, w.strides, "dilations", GEN_INTS, axes, w.dilations,
      "output_padding", GEN_INTS, axes, w.extra, "group", GEN_INT, (int)groups, NULL);
}

/* --- what follows them --- */

/* Something that is broadcast, or that the tensor is broadcast to. */
static GenTensor *
arithmetic (Maker *m, GenTensor *x)
{
  static const char *const operators[] = { "Add", "Add", "Add", "Sub", "Mul", "Div" };
  const char *op = operators[below (m, G_N_ELEMENTS (operators))];
  GenShape shape = beside (m, &x->shape);
  GenTensor *other;

  if (once_in (m, 8) && x->shape.rank < 4 && 2 * gen_shape_elements (&x->shape) <= m->most) {
    shape = (GenShape){ .rank = x->shape.rank + 1, .dims = { 2 } };
    memcpy (shape.dims + 1, x->shape.dims, x->shape.rank * sizeof (gint64));
  }
  if (strcmp (op, "Div") == 0) {
    other = constant_between (m, shape, 0.7, 2);
    if (once_in (m, 4))
      other = call (m, "Add", call (m, "Abs", given (m, shape), NULL), number (m, 1));
    return call (m, op, x, other);
  }
  return either_side (m, op, x, operand (m, shape));
}

static GenTensor *
residual (Maker *m, GenTensor *x)
{
  static const char *const operators[] = { "Add", "Add", "Add", "Sub", "Mul" };
  GenTensor *other = earlier (m, &x->shape);

  if (other == NULL || once_in (m, 4))
    other = operand (m, x->shape);
  return either_side (m, operators[below (m, G_N_ELEMENTS (operators))], x, other);
}

/* A second product, of something else, to be added: cells of recurrent nets. */
static GenTensor *
second_product (Maker *m, GenTensor *x)
{
  GenShape shape = x->shape;
  gint64 n, k = ONE_OF (m, 2, 5, 8);
  GenTensor *other;

  if (shape.rank < 1)
    return NULL;
  n = shape.dims[shape.rank - 1];
  shape.dims[shape.rank - 1] = k;
  other = call (m, "MatMul", given (m, shape), weights (m, GEN_SHAPE (k, n), k));
  if (once_in (m, 3))
    other = call (m, "Add", other, operand (m, GEN_SHAPE (n)));
  return either_side (m, "Add", x, other);
}

static GenTensor *
clip (Maker *m, GenTensor *x)
{
  GenTensor *inputs[3] = { x };
  int bounds = 1 + below (m, 3);

  if (once_in (m, 8)) {
    GenNode *old = add_old (m, "Clip", 6, x);

    if (bounds & 1)
      gen_node_set_float (old, "min", -0.5);
    if (bounds & 2)
      gen_node_set_float (old, "max", 0.75);
    return inferred (old);
  }
  for (int i = 0; i < 2; i++) {
    double bound = i == 0 ? -0.5 : 0.75;

    if ((bounds & 1 << i) == 0)
      continue;
    inputs[1 + i] = typed (m, gen_graph_float (m->graph, bound));
    if (once_in (m, 4))
      inputs[1 + i] =
          call (m, "Add", inputs[1 + i], call (m, "Abs", given (m, GEN_SHAPE_SCALAR), NULL));
  }
  return OP (m, "Clip", inputs, inputs[2] != NULL ? 3 : 2, NULL);
}

static GenTensor *
prelu (Maker *m, GenTensor *x)
{
  GenShape shape = beside (m, &x->shape);

  if (shape.rank > x->shape.rank)
    return NULL;
  return call (m, "PRelu", x, operand (m, shape));
}

/* 0.5 x (1 + erf (x / sqrt (2))) in the orders that exporters have, and nearly that. */
static GenTensor *
written_gelu (Maker *m, GenTensor *x)
{
  int order = below (m, 7);
  GenTensor *erf = once_in (m, 2) ? call (m, "Div", x, nearly (m, M_SQRT2))
                                  : either_side (m, "Mul", x, nearly (m, M_SQRT1_2));

  erf = either_side (m, "Add", call (m, "Erf", erf, NULL), nearly (m, 1));
  if (order < 2)
    return either_side (m, "Mul", call (m, "Mul", x, erf), nearly (m, 0.5));
  if (order < 4)
    return either_side (m, "Mul", either_side (m, "Mul", x, nearly (m, 0.5)), erf);
  if (order < 6)
    return either_side (m, "Mul", x, either_side (m, "Mul", erf, nearly (m, 0.5)));
  return either_side (m, "Mul", x, erf);
}

static GenTensor *
activation (Maker *m, GenTensor *x)
{
  static const char *const plain[] = { "Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "Elu",
    "Erf", "Abs", "Neg", "Softplus" };
  guint kind = below (m, 18);
  int rank = x->shape.rank;

  switch (kind) {
  case 0:
    return OP (m, "LeakyRelu", &x, 1, "alpha", GEN_FLOAT, 0.3, NULL);
  case 1:
  case 2:
    return clip (m, x);
  case 3:
  case 4:
    return prelu (m, x);
  case 5:
    return written_gelu (m, x);
  case 6: /* of newer models */
    return OP (m, "Gelu", &x, 1, "approximate", GEN_STRING, once_in (m, 2) ? "tanh" : "none", NULL);
  case 7:
    return either_side (m, "Mul", x, call (m, "Sigmoid", x, NULL));
  case 8: { /* HardSwish written out */
    GenTensor *y = either_side (m, "Add", x, number (m, 3));
    GenTensor *inputs[3] = { y, typed (m, gen_graph_float (m->graph, 0)),
      typed (m, gen_graph_float (m->graph, 6)) };

    return call (
        m, "Div", either_side (m, "Mul", x, OP (m, "Clip", inputs, 3, NULL)), number (m, 6));
  }
  case 9:
    if (rank < 1)
      return NULL;
    if (once_in (m, 6) && m->type == GEN_TYPE_FLOAT32) {
      GenNode *old = add_old (m, "Softmax", 11, x);

      gen_node_set_int (old, "axis", below (m, rank));
      return inferred (old);
    }
    return OP (m, "Softmax", &x, 1, "axis", GEN_INT, (int)below (m, rank), NULL);
  case 10: /* sqrt (x² + 1) */
    x = once_in (m, 2) ? call (m, "Mul", x, x) : call (m, "Pow", x, number (m, 2));
    return call (
        m, once_in (m, 2) ? "Sqrt" : "Reciprocal", call (m, "Add", x, number (m, 1)), NULL);
  case 11:
    return call (m, "Exp", call (m, "Tanh", x, NULL), NULL);
  case 12:
    return call (m, "Relu", x, NULL);
  default:
    return call (m, plain[below (m, G_N_ELEMENTS (plain))], x, NULL);
  }
}

/* --- normalisations --- */

static GenTensor *
batch_normalization (Maker *m, GenTensor *x)
{
  GenTensor *inputs[5] = { x };
  GenShape shape;

  if (x->shape.rank < 2)
    return NULL;
  shape = GEN_SHAPE (x->shape.dims[1]);
  for (int i = 1; i < 4; i++)
    inputs[i] = once_in (m, 8) ? operand (m, shape) : constant_between (m, shape, -1, 1);
  inputs[4] = constant_between (m, shape, 0.3, 2);
  return OP (m, "BatchNormalization", inputs, 5, "epsilon", GEN_FLOAT, 1e-3, NULL);
}

/* Instances, and groups written out with scale and bias for each channel. */
static GenTensor *
instance_normalization (Maker *m, GenTensor *x)
{
  GenShape shape = x->shape;
  gint64 channels = shape.rank > 1 ? shape.dims[1] : 0, groups = channels;
  GenTensor *y = x, *inputs[3];

  if (shape.rank < 3 || gen_shape_product (&shape, 2, shape.rank) < 2)
    return NULL;
  if (once_in (m, 2)) {
    groups = channels % 2 == 0 ? channels / 2 : 1;
    if (once_in (m, 6) && gen_shape_product (&shape, 1, shape.rank) % (channels + 2) == 0)
      groups = channels + 2; /* not of whole channels */
    else if (once_in (m, 6) && gen_shape_product (&shape, 1, shape.rank) % 4 == 0)
      groups = 4;
    y = reshape (m, y, GEN_SHAPE (shape.dims[0], groups, -1));
  }
  inputs[0] = y;
  for (int i = 1; i < 3; i++)
    inputs[i] = once_in (m, 8) ? operand (m, GEN_SHAPE (groups))
                               : constant_between (m, GEN_SHAPE (groups), -1, 1);
  y = OP (m, "InstanceNormalization", inputs, 3, "epsilon", GEN_FLOAT, 1e-2, NULL);
  if (!gen_shape_equal (&y->shape, &shape))
    y = reshape (m, y, shape);
  if (once_in (m, 2))
    y = either_side (m, "Mul", y, operand (m, beside (m, &shape)));
  if (once_in (m, 2))
    y = either_side (m, "Add", y, operand (m, beside (m, &shape)));
  return y;
}

/* Rows, as an operator and written out, centred or not. */
static GenTensor *
row_normalization (Maker *m, GenTensor *x)
{
  int rank = x->shape.rank, axis = rank - 1;
  gboolean centred = once_in (m, 2);
  GenShape shape = { .rank = 1 };
  GenTensor *inputs[3] = { x }, *y = x;

  if (rank < 1 || x->shape.dims[axis] < 2)
    return NULL;
  if (rank > 2 && once_in (m, 4))
    axis--;
  shape.rank = rank - axis;
  memcpy (shape.dims, x->shape.dims + axis, shape.rank * sizeof (gint64));
  inputs[1] = operand (m, shape);
  inputs[2] = operand (m, shape);
  if (once_in (m, 2))
    return centred ? OP (m, "LayerNormalization", inputs, 2 + once_in (m, 2), "axis", GEN_INT,
                         once_in (m, 2) ? axis : axis - rank, "epsilon", GEN_FLOAT, 1e-2, NULL)
                   : OP (m, "RMSNormalization", inputs, 2, "axis", GEN_INT, axis, "epsilon",
                         GEN_FLOAT, 1e-2, NULL);
  if (centred)
    y = call (
        m, "Sub", y, OP (m, "ReduceMean", &y, 1, "axes", GEN_INTS, 1, (gint64[]){ -1 }, NULL));
  x = once_in (m, 2) ? call (m, "Mul", y, y) : call (m, "Pow", y, number (m, 2));
  x = OP (m, "ReduceMean", &x, 1, "axes", GEN_INTS, 1, (gint64[]){ -1 }, NULL);
  x = call (m, "Sqrt", call (m, "Add", x, typed (m, gen_graph_float (m->graph, 1e-2))), NULL);
  y = once_in (m, 2) ? call (m, "Div", y, x)
                     : either_side (m, "Mul", y, call (m, "Reciprocal", x, NULL));
  y = either_side (m, "Mul", y, inputs[1]);
  return once_in (m, 2) ? y : either_side (m, "Add", y, inputs[2]);
}

static GenTensor *
normalization (Maker *m, GenTensor *x)
{
  GenTensor *(*const kinds[]) (
      Maker *, GenTensor *) = { batch_normalization, instance_normalization, row_normalization };

  x = kinds[below (m, 3)](m, x);
  return x != NULL && once_in (m, 2) ? activation (m, x) : x;
}

/* --- what moves elements --- */

static GenTensor *
other_shape (Maker *m, GenTensor *x)
{
  GenShape shape = x->shape;
  int at;

  switch (below (m, 5)) {
  case 0:
    return reshape (m, x, shape);
  case 1:
    return shape.rank < 2 ? NULL
                          : OP (m, "Flatten", &x, 1, "axis", GEN_INT, (int)below (m, 3), NULL);
  case 2: /* two dimensions become one */
    if (shape.rank < 2)
      return NULL;
    at = below (m, shape.rank - 1);
    shape.dims[at] *= shape.dims[at + 1];
    shape.rank--;
    memmove (shape.dims + at + 1, shape.dims + at + 2, (shape.rank - at - 1) * sizeof (gint64));
    return reshape (m, x, shape);
  case 3: /* one becomes two */
    if (shape.rank < 1 || shape.rank > 4)
      return NULL;
    at = below (m, shape.rank);
    if (shape.dims[at] % 2 != 0)
      return NULL;
    memmove (shape.dims + at + 1, shape.dims + at, (shape.rank - at) * sizeof (gint64));
    shape.rank++;
    shape.dims[at] = once_in (m, 2) ? 2 : shape.dims[at] / 2;
    shape.dims[at + 1] /= shape.dims[at];
    return reshape (m, x, shape);
  default:
    if (shape.rank > 4)
      return NULL;
    at = below (m, shape.rank + 1);
    return call (m, "Unsqueeze", x, ints (m, &(gint64){ at }, 1));
  }
}

static GenTensor *
other_order (Maker *m, GenTensor *x)
{
  gint64 order[GEN_MAX_RANK];
  int rank = x->shape.rank, kind = below (m, 3);

  if (rank < 2)
    return NULL;
  for (int i = 0; i < rank; i++)
    order[i] = i;
  if (kind == 0 && rank > 2) /* the channels behind the pixels */
    for (int i = 1; i < rank; i++)
      order[i] = i == rank - 1 ? 1 : i + 1;
  else if (kind == 1 && rank > 2) /* and back */
    for (int i = 1; i < rank; i++)
      order[i] = i == 1 ? rank - 1 : i - 1;
  else
    for (int i = rank - 1; i > 0; i--) {
      int k = below (m, i + 1);
      gint64 kept = order[i];

      order[i] = order[k];
      order[k] = kept;
    }
  return transpose (m, x, order);
}

/* Rows of channels normalised where channels are innermost. */
static GenTensor *
between_orders (Maker *m, GenTensor *x)
{
  static const gint64 behind[] = { 0, 2, 3, 1 }, back[] = { 0, 3, 1, 2 };

  if (x->shape.rank != 4)
    return NULL;
  x = transpose (m, x, behind);
  x = once_in (m, 2) ? OP (m, "Softmax", &x, 1, "axis", GEN_INT, -1, NULL) : activation (m, x);
  return x != NULL ? transpose (m, x, back) : NULL;
}

static GenTensor *
pad (Maker *m, GenTensor *x)
{
  static const char *const modes[] = { "constant", "constant", "constant", "edge", "reflect" };
  const char *mode = modes[below (m, G_N_ELEMENTS (modes))];
  gint64 pads[2 * GEN_MAX_RANK] = { 0 };
  int rank = x->shape.rank;
  gboolean pixels = once_in (m, 2);
  GenTensor *inputs[3] = { x };

  if (rank < 1)
    return NULL;
  for (int i = pixels && rank > 2 ? 2 : 0; i < rank; i++)
    for (int end = 0; end < 2; end++)
      pads[end * rank + i] = x->shape.dims[i] > 2 ? below (m, 3) : 0;
  if (strcmp (mode, "constant") == 0 && once_in (m, 8) && x->shape.dims[rank - 1] > 2)
    pads[rank - 1] = -1;
  inputs[1] = ints (m, pads, 2 * rank);
  if (strcmp (mode, "constant") == 0 && once_in (m, 2))
    inputs[2] = typed (m, gen_graph_float (m->graph, once_in (m, 2) ? 0 : 0.5));
  return OP (m, "Pad", inputs, inputs[2] != NULL ? 3 : 2, "mode", GEN_STRING, mode, NULL);
}

static GenTensor *
concatenation (Maker *m, GenTensor *x)
{
  GenTensor *other = earlier (m, &x->shape);
  int rank = x->shape.rank;

  if (rank < 1 || 2 * gen_shape_elements (&x->shape) > m->most)
    return NULL;
  if (other == NULL || once_in (m, 3))
    other = call (m, "Relu", x, NULL);
  return OP (m, "Concat", ((GenTensor *[]){ x, other }), 2, "axis", GEN_INT,
      (int)(rank > 1 && once_in (m, 2) ? 1 : below (m, rank)), NULL);
}

static GenTensor *
slice (Maker *m, GenTensor *x, gint64 axis, gint64 from, gint64 end, gint64 step)
{
  GenTensor *inputs[] = { x, ints (m, &from, 1), ints (m, &end, 1), ints (m, &axis, 1),
    ints (m, &step, 1) };

  return OP (m, "Slice", inputs, 5, NULL);
}

/* In two halves, of which one opens the other, or to a part. */
static GenTensor *
parts (Maker *m, GenTensor *x)
{
  int rank = x->shape.rank, axis = rank > 0 ? below (m, rank) : 0;
  gint64 n = rank > 0 ? x->shape.dims[axis] : 0;
  GenTensor *a, *b;

  if (n < 2)
    return NULL;
  if (once_in (m, 3))
    return once_in (m, 3) ? slice (m, x, axis, -1, -n - 1, -1)
                          : slice (m, x, axis, below (m, n - 1), n, 1 + below (m, 2));
  if (n % 2 != 0)
    return slice (m, x, axis, 0, n - 1, 1);
  if (once_in (m, 2)) {
    g_autoptr (GError) error = NULL;

    a = gen_graph_op (m->graph, "Split", &x, 1, 2, &error, "axis", GEN_INT, axis, NULL);
    a = checked (a, error);
    b = gen_node_output (a->producer, 1);
  } else {
    a = slice (m, x, axis, 0, n / 2, 1);
    b = slice (m, x, axis, n / 2, n, 1);
  }
  g_ptr_array_add (m->made, b);
  if (once_in (m, 3))
    return a;
  return either_side (
      m, "Mul", once_in (m, 2) ? a : call (m, "Tanh", a, NULL), call (m, "Sigmoid", b, NULL));
}

static GenTensor *
resize (Maker *m, GenTensor *x)
{
  gboolean linear = x->shape.rank == 4 && once_in (m, 2);
  GenShape shape = x->shape;
  GenTensor *inputs[4] = { x };

  if (shape.rank < 3)
    return NULL;
  for (int i = 2; i < shape.rank; i++)
    shape.dims[i] = once_in (m, 4) ? (shape.dims[i] + 1) / 2 : 2 * shape.dims[i];
  if (!fits (m, &shape))
    return NULL;
  inputs[3] = ints (m, shape.dims, shape.rank);
  return OP (m, "Resize", inputs, 4, "mode", GEN_STRING, linear ? "linear" : "nearest",
      "coordinate_transformation_mode", GEN_STRING, linear ? "half_pixel" : "asymmetric",
      "nearest_mode", GEN_STRING, "floor", NULL);
}

static GenTensor *
pool (Maker *m, GenTensor *x)
{
  int axes = x->shape.rank - 2;
  gint64 kernel[3];

  if (axes < 1 || axes > 3)
    return NULL;
  if (once_in (m, 3))
    return call (m, "GlobalAveragePool", x, NULL);
  for (int i = 0; i < axes; i++)
    kernel[i] = MIN (2, x->shape.dims[2 + i]);
  return OP (m, once_in (m, 2) ? "MaxPool" : "AveragePool", &x, 1, "kernel_shape", GEN_INTS, axes,
      kernel, "strides", GEN_INTS, axes, kernel, NULL);
}

/* Channels or columns by a gate of their means. */
static GenTensor *
gate (Maker *m, GenTensor *x)
{
  int rank = x->shape.rank;
  gint64 axes[GEN_MAX_RANK];
  GenTensor *mean;

  if (rank < 2)
    return NULL;
  for (int i = 0; i < rank; i++)
    axes[i] = i + 2;
  mean = rank > 2 ? OP (m, "ReduceMean", &x, 1, "axes", GEN_INTS, rank - 2, axes, NULL)
                  : OP (m, "ReduceMean", &x, 1, "axes", GEN_INTS, 1, (gint64[]){ 1 }, NULL);
  return either_side (m, "Mul", x, call (m, "Sigmoid", mean, NULL));
}

/* A mean over the runs of a plan, whose next value replaces it where nobody else reads it. */
static GenTensor *
remembered (Maker *m, GenTensor *x)
{
  gsize size = gen_tensor_size (x);
  GenTensor *state;

  if (x->type != GEN_TYPE_FLOAT32)
    return NULL;
  state = gen_graph_add_state (
      m->graph, NULL, x->type, &x->shape, g_bytes_new_take (g_malloc0 (size), size));
  x = call (m, "Mul", either_side (m, "Add", x, state), number (m, 0.5));
  gen_graph_assign (m->graph, state, x);
  if (once_in (m, 3)) /* the value before is read once more */
    return either_side (m, "Mul", call (m, "Tanh", x, NULL), state);
  return once_in (m, 2) ? x : call (m, "Relu", x, NULL);
}

static GenTensor *
movement (Maker *m, GenTensor *x)
{
  GenTensor *(*const kinds[]) (Maker *, GenTensor *) = { other_shape, other_shape, other_order,
    between_orders, pad, concatenation, parts, parts, resize, pool, gate, remembered };

  return kinds[below (m, G_N_ELEMENTS (kinds))](m, x);
}

/* --- whole blocks --- */

static GenTensor *
scaled (Maker *m, GenTensor *x, double scale)
{
  return once_in (m, 2) ? either_side (m, "Mul", x, number (m, scale))
                        : call (m, "Div", x, number (m, 1 / scale));
}

/* Attention written out, of one head or some, of the tensor alone or with keys of another. */
static GenTensor *
attention (Maker *m, GenTensor *x)
{
  static const gint64 heads_first[] = { 0, 2, 1, 3 }, last[] = { 0, 1, 3, 2 },
                      last3[] = { 0, 2, 1 };
  GenShape shape = x->shape, mask;
  gint64 heads, depth = ONE_OF (m, 2, 4, 8), keys = ONE_OF (m, 5, 16, 17, 30), columns;
  int where = below (m, 4);
  gboolean turned = FALSE;
  GenTensor *q, *k, *v, *scores;

  if (shape.rank != 3 || shape.dims[0] > 4 || shape.dims[1] > 40)
    return NULL;
  heads = once_in (m, 2) ? 0 : 1 + below (m, 3); /* 0: no dimension of heads */
  columns = MAX (heads, 1) * depth;
  v = shape.dims[1] >= 16 && once_in (m, 2)
          ? x
          : given (m, GEN_SHAPE (shape.dims[0], keys, shape.dims[2]));
  keys = v->shape.dims[1];
  q = call (m, "MatMul", x, weights (m, GEN_SHAPE (shape.dims[2], columns), shape.dims[2]));
  k = call (m, "MatMul", v, weights (m, GEN_SHAPE (shape.dims[2], columns), shape.dims[2]));
  v = call (m, "MatMul", v, weights (m, GEN_SHAPE (shape.dims[2], columns), shape.dims[2]));
  if (heads > 0) {
    q = transpose (m, reshape (m, q, GEN_SHAPE (0, 0, heads, depth)), heads_first);
    v = transpose (m, reshape (m, v, GEN_SHAPE (0, 0, heads, depth)), heads_first);
    k = reshape (m, k, GEN_SHAPE (0, 0, heads, depth));
    turned = once_in (m, 2);
    k = transpose (m, k, turned ? (const gint64[]){ 0, 2, 3, 1 } : heads_first);
  }
  if (where == 1)
    q = scaled (m, q, 0.6);
  if (!turned)
    k = transpose (m, k, heads > 0 ? last : last3);
  if (where <= 1)
    k = scaled (m, k, 0.5);
  scores = call (m, "MatMul", q, k);
  if (where == 2)
    scores = scaled (m, scores, 0.4);
  mask = scores->shape;
  for (int i = 0; i < mask.rank; i++)
    mask.dims[i] = once_in (m, 3) ? 1 : mask.dims[i];
  if (once_in (m, 2))
    scores = either_side (m, "Add", scores, operand (m, mask));
  if (once_in (m, 10))
    g_ptr_array_add (m->made, scores);
  scores = OP (m, "Softmax", &scores, 1, "axis", GEN_INT, -1, NULL);
  x = call (m, "MatMul", scores, v);
  if (heads > 0 && !once_in (m, 4))
    x = reshape (m, transpose (m, x, heads_first), GEN_SHAPE (0, 0, -1));
  return x;
}

/* A convolution whose weights a style scales, as StyleGAN2 has it. */
static GenTensor *
modulated_convolution (Maker *m, GenTensor *x)
{
  gint64 channels = x->shape.rank == 4 ? x->shape.dims[1] : 0, out = ONE_OF (m, 3, 4, 8);
  gint64 size = ONE_OF (m, 1, 3);
  gboolean transposed = once_in (m, 3), flat = once_in (m, 2);
  GenTensor *w, *style, *sum;

  if (channels < 1 || gen_shape_elements (&x->shape) / channels * out > m->most ||
      x->shape.dims[2] < size || x->shape.dims[3] < size)
    return NULL;
  w = constant_between (m,
      flat ? GEN_SHAPE (out, channels, size, size) : GEN_SHAPE (1, out, channels, size, size), -0.5,
      0.5);
  style = operand (m, flat ? GEN_SHAPE (1, channels, 1, 1) : GEN_SHAPE (1, 1, channels, 1, 1));
  w = either_side (m, "Mul", w, style);
  if (once_in (m, 6)) /* twice */
    w = either_side (m, "Mul", w, style);
  if (once_in (m, 2)) {
    static const gint64 axes[] = { 1, 2, 3, 4 };

    sum = once_in (m, 2) ? call (m, "Mul", w, w) : call (m, "Pow", w, number (m, 2));
    sum = call (m, "ReduceSum", sum, ints (m, axes + !flat, 3));
    sum = call (m, "Sqrt", call (m, "Add", sum, typed (m, gen_graph_float (m->graph, 1e-2))), NULL);
    w = either_side (m, "Mul", w, call (m, "Reciprocal", sum, NULL));
  }
  if (!flat)
    w = reshape (m, w, GEN_SHAPE (out, channels, size, size));
  if (transposed)
    w = transpose (m, w, (const gint64[]){ 1, 0, 2, 3 });
  return OP (m, transposed ? "ConvTranspose" : "Conv", ((GenTensor *[]){ x, w }), 2, "strides",
      GEN_INTS, 2, (transposed ? (const gint64[]){ 2, 2 } : (const gint64[]){ 1, 1 }), NULL);
}

/* --- graphs --- */

static GenTensor *
step (Maker *m, GenTensor *x)
{
  static GenTensor *(*const heavy[]) (Maker *, GenTensor *) = { product, product, convolution,
    convolution, convolution, transposed_convolution, attention, modulated_convolution };
  static GenTensor *(*const light[]) (Maker *, GenTensor *) = { arithmetic, arithmetic, arithmetic,
    residual, residual, activation, activation, activation, normalization, second_product, movement,
    movement };

  return once_in (m, 4) ? heavy[below (m, G_N_ELEMENTS (heavy))](m, x)
                        : light[below (m, G_N_ELEMENTS (light))](m, x);
}

/* Heavy operators stand at most graphs' beginning. */
static GenTensor *
begin (Maker *m)
{
  const gboolean large = m->most == MOST_OF_LARGE;
  gint64 n = large ? 1 : 1 + below (m, 2),
         channels = large ? ONE_OF (m, 32, 64) : ONE_OF (m, 1, 2, 3, 4, 6, 8, 16);
  GenTensor *x, *y = NULL;
  int picture = 0;

  switch (large ? 2 * below (m, 3) : below (m, 8)) {
  case 0:
  case 1:
    x = given (m, large ? GEN_SHAPE (70, 128) : GEN_SHAPE (ONE_OF (m, 1, 2, 3, 5, 17), width (m)));
    break;
  case 2:
    x = given (m, GEN_SHAPE (n, large ? 80 : ONE_OF (m, 1, 2, 5, 17, 20), width (m)));
    break;
  case 3:
    x = given (m, GEN_SHAPE (n, channels, ONE_OF (m, 4, 7, 16)));
    picture = 1;
    break;
  case 7:
    x = given (m, GEN_SHAPE (n, ONE_OF (m, 1, 2, 4), 3, ONE_OF (m, 3, 4), 4));
    picture = 1;
    break;
  default:
    x = given (m, large ? GEN_SHAPE (1, channels, 24, 24)
                        : GEN_SHAPE (n, channels, ONE_OF (m, 3, 5, 8), ONE_OF (m, 4, 7, 8)));
    picture = 1;
  }
  for (int i = 0; i < 3 && y == NULL; i++)
    y = picture ? convolution (m, x) : product (m, x);
  if (once_in (m, 6))
    return x;
  g_ptr_array_add (m->made, x);
  return y != NULL ? y : x;
}

/* The end of a generator: numbers become the bytes of frames. */
static GenTensor *
pack (Maker *m, GenTensor *x)
{
  gint64 channels = x->shape.rank == 4 ? x->shape.dims[1] : 0;
  GenTensor *bytes, *w;
  GenNode *node;

  if (m->type != GEN_TYPE_FLOAT32 || channels < 1 || x->shape.dims[2] < 1)
    return NULL;
  if (channels != 3 || once_in (m, 2)) {
    w = weights (m, GEN_SHAPE (3, channels, 1, 1), channels);
    x = OP (m, "Conv", ((GenTensor *[]){ x, w }), 2, NULL);
  }
  if (!once_in (m, 3))
    x = activation (m, x);
  if (once_in (m, 4))
    x = call (m, "Unsqueeze", call (m, "Flatten", x, NULL), ints (m, (gint64[]){ 2 }, 1));
  if (x->shape.rank != 4)
    return NULL;
  bytes = gen_graph_add_value (m->graph, NULL);
  node = gen_graph_add_node (
      m->graph, NULL, "generative", "PackPicture", GEN_OPSET, &x, 1, &bytes, 1, NULL);
  gen_node_set_ints (node, "order", (gint64[]){ 0, 1, 2 }, 3);
  gen_node_set_float (node, "range_min", -1);
  g_assert_true (node->op->infer (node, NULL));
  return bytes;
}

/* An output, once. */
static void
show (Maker *m, GenTensor *x)
{
  if (x->role != GEN_ROLE_VALUE || g_ptr_array_find (m->shown, x, NULL))
    return;
  g_ptr_array_add (m->shown, x);
  if (x->type == GEN_TYPE_FLOAT16 || x->type == GEN_TYPE_BFLOAT16)
    x = OP (m, "Cast", &x, 1, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  gen_graph_add_output (m->graph, x);
}

GenGraph *
random_graph_new (guint seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) made = g_ptr_array_new (), shown = g_ptr_array_new ();
  Maker m = { gen_graph_new ("random"), random, GEN_TYPE_FLOAT32, MOST_ELEMENTS, made, shown };
  GenTensor *x, *next;
  int steps;

  if (once_in (&m, 20))
    m.most = MOST_OF_LARGE;
  if (once_in (&m, 10))
    m.type = once_in (&m, 3) ? GEN_TYPE_BFLOAT16 : GEN_TYPE_FLOAT16;
  x = begin (&m);
  steps = 1 + below (&m, 8);
  for (int i = 0, tries = 0; i < steps && tries < 4 * steps; tries++) {
    next = step (&m, x);
    if (next == NULL || next->shape.rank > 5 || !fits (&m, &next->shape) ||
        gen_shape_elements (&next->shape) < 1)
      continue;
    g_ptr_array_add (made, x);
    x = next;
    i++;
    if (once_in (&m, 8))
      show (&m, x);
  }
  next = once_in (&m, 2) ? pack (&m, x) : NULL;
  show (&m, x);
  if (next != NULL)
    show (&m, next);
  if (m.graph->outputs->len == 0) /* nothing but what was given */
    show (&m, call (&m, "Relu", x, NULL));
  return m.graph;
}

/* --- as text --- */

static void
print_attribute (const GenAttribute *attribute, GString *text)
{
  g_string_append_printf (text, " %s=", attribute->name);
  if (attribute->type == GEN_ATTRIBUTE_INT)
    g_string_append_printf (text, "%" G_GINT64_FORMAT, attribute->i);
  else if (attribute->type == GEN_ATTRIBUTE_FLOAT)
    g_string_append_printf (text, "%g", attribute->f);
  else if (attribute->type == GEN_ATTRIBUTE_STRING)
    g_string_append (text, attribute->s);
  for (guint i = 0; attribute->type == GEN_ATTRIBUTE_INTS && i < attribute->ints->len; i++)
    g_string_append_printf (
        text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", g_array_index (attribute->ints, gint64, i));
}

static void
print_tensor (const GenTensor *tensor, GString *text)
{
  g_autofree char *shape = tensor != NULL ? gen_shape_to_string (&tensor->shape) : NULL;
  static const char *const roles[] = { "", "input ", "constant ", "state " };

  if (tensor == NULL) {
    g_string_append (text, "none");
    return;
  }
  g_string_append_printf (text, "%s%s %s", roles[tensor->role], tensor->name, shape);
  if (gen_tensor_constant (tensor) != NULL && tensor->type == GEN_TYPE_FLOAT32 &&
      gen_shape_elements (&tensor->shape) == 1)
    g_string_append_printf (text, "=%g", *(const float *)gen_tensor_constant (tensor));
}

char *
random_graph_to_string (const GenGraph *graph)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->outputs->len; k++) {
      g_string_append (text, k > 0 ? ", " : "");
      print_tensor (gen_node_output (node, k), text);
      if (g_ptr_array_find (graph->outputs, gen_node_output (node, k), NULL))
        g_string_append (text, " (output)");
    }
    g_string_append_printf (text, " = %s (", node->op->name);
    for (guint k = 0; k < node->inputs->len; k++) {
      g_string_append (text, k > 0 ? ", " : "");
      print_tensor (gen_node_input (node, k), text);
    }
    g_string_append (text, ")");
    for (guint k = 0; k < node->attributes->len; k++)
      print_attribute (g_ptr_array_index (node->attributes, k), text);
    g_string_append (text, "\n");
  }
  return g_string_free (text, FALSE);
}
