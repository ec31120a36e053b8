/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What steps of random graphs need beside the tensor that goes through them: numbers drawn,
 * operands constant, given, computed or made before, and shapes beside another. */
#include "random-graph-steps.h"

#include <math.h>
#include <string.h>

guint
random_below (Maker *m, guint n)
{
  return g_rand_int_range (m->random, 0, n);
}

/* Once in `n`. */
gboolean
random_once_in (Maker *m, guint n)
{
  return random_below (m, n) == 0;
}

gint64
random_one_of (Maker *m, const gint64 *values, guint n)
{
  return values[random_below (m, n)];
}
gboolean
random_fits (const Maker *m, const GenShape *shape)
{
  return gen_shape_elements (shape) <= m->most;
}

/* --- operands --- */

GenTensor *
random_checked (GenTensor *made, GError *error)
{
  g_assert_no_error (error);
  g_assert_nonnull (made);
  return made;
}

GenTensor *
random_call (Maker *m, const char *op, GenTensor *a, GenTensor *b)
{
  return OP (m, op, ((GenTensor *[]){ a, b }), b != NULL ? 2 : 1, NULL);
}

GenTensor *
random_ints (Maker *m, const gint64 *values, gsize n)
{
  return gen_graph_ints (m->graph, values, n);
}

/* A float32 tensor as one of the graph's type: what is given and shown is float32. */
GenTensor *
random_typed (Maker *m, GenTensor *x)
{
  return m->type != GEN_TYPE_FLOAT32 ? OP (m, "Cast", &x, 1, "to", GEN_INT, (int)m->type, NULL) : x;
}

GenTensor *
random_constant_between (Maker *m, GenShape shape, double low, double high)
{
  gsize n = gen_shape_elements (&shape);
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = g_rand_double_range (m->random, low, high);
  return random_typed (m, gen_graph_add_constant (m->graph, NULL, GEN_TYPE_FLOAT32, &shape,
                              g_bytes_new_take (values, n * sizeof (float))));
}

/* A number of 0 to 2 dimensions. */
GenTensor *
random_number (Maker *m, double value)
{
  GenShape shape = { .rank = random_once_in (m, 4) ? 1 + random_below (m, 2) : 0,
    .dims = { 1, 1 } };

  return random_typed (m, gen_graph_full (m->graph, &shape, value));
}

/* A number that a formula has, or, now and then, another one: then it is none. */
GenTensor *
random_nearly (Maker *m, double value)
{
  return random_number (m, random_once_in (m, 12) ? value * 0.75 : value);
}

GenTensor *
random_given (Maker *m, GenShape shape)
{
  return random_typed (m, gen_graph_add_input (m->graph, NULL, GEN_TYPE_FLOAT32, &shape));
}

static GenTensor *
computed (Maker *m, GenShape shape)
{
  return random_call (m, "Tanh", random_given (m, shape), NULL);
}

/* What stands beside the tensor in a step. */
GenTensor *
random_operand (Maker *m, GenShape shape)
{
  switch (random_below (m, 6)) {
  case 0:
    return random_given (m, shape);
  case 1:
    return computed (m, shape);
  default:
    return random_constant_between (m, shape, -1, 1);
  }
}

/* Of a heavy operator with sums of `n` products. */
GenTensor *
random_weights (Maker *m, GenShape shape, gint64 n)
{
  double scale = 1.5 / sqrt (MAX (n, 1));

  if (!random_once_in (m, 6))
    return random_constant_between (m, shape, -scale, scale);
  return random_call (
      m, "Mul", random_given (m, shape), random_typed (m, gen_graph_float (m->graph, scale)));
}

/* The shape, or one that is broadcast to it. */
GenShape
random_beside (Maker *m, const GenShape *shape)
{
  GenShape side = { .rank = 0 };
  int rank = shape->rank;

  switch (random_below (m, 6)) {
  case 0: /* columns */
    if (rank == 0)
      return side;
    side = (GenShape){ .rank = 1 + random_below (m, rank) };
    for (int i = 0; i < side.rank; i++)
      side.dims[i] = i == side.rank - 1 ? shape->dims[rank - 1] : 1;
    return side;
  case 1: /* channels */
  case 2:
    if (rank < 2)
      return *shape;
    side = (GenShape){ .rank = rank - random_below (m, 2) };
    for (int i = 0; i < side.rank; i++)
      side.dims[i] = i - side.rank == 1 - rank ? shape->dims[1] : 1;
    return side;
  case 3:
    return *shape;
  default: /* anything */
    side = (GenShape){ .rank = random_below (m, rank + 1) };
    for (int i = 0; i < side.rank; i++)
      side.dims[i] = random_once_in (m, 2) ? 1 : shape->dims[rank - side.rank + i];
    return side;
  }
}

/* A tensor from before of that shape, or NULL. */
GenTensor *
random_earlier (Maker *m, const GenShape *shape)
{
  guint from = m->made->len > 0 ? random_below (m, m->made->len) : 0;

  for (guint i = 0; i < m->made->len; i++) {
    GenTensor *tensor = g_ptr_array_index (m->made, (from + i) % m->made->len);

    if (gen_shape_equal (&tensor->shape, shape))
      return tensor;
  }
  return NULL;
}

GenTensor *
random_either_side (Maker *m, const char *op, GenTensor *a, GenTensor *b)
{
  return random_once_in (m, 2) ? random_call (m, op, a, b) : random_call (m, op, b, a);
}

GenTensor *
random_reshape (Maker *m, GenTensor *x, GenShape shape)
{
  return random_call (m, "Reshape", x, random_ints (m, shape.dims, shape.rank));
}

GenTensor *
random_transpose (Maker *m, GenTensor *x, const gint64 *order)
{
  return OP (m, "Transpose", &x, 1, "perm", GEN_INTS, x->shape.rank, order, NULL);
}

/* `x` through an operator as it was in `opset`; attributes and inference are left to the caller. */
GenNode *
random_add_old (Maker *m, const char *op, int opset, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  GenTensor *y = gen_graph_add_value (m->graph, NULL);
  GenNode *node = gen_graph_add_node (m->graph, NULL, NULL, op, opset, &x, 1, &y, 1, &error);

  g_assert_no_error (error);
  return node;
}

GenTensor *
random_inferred (GenNode *node)
{
  g_assert_true (node->op->infer (node, NULL));
  return gen_node_output (node, 0);
}
