/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of random graphs: what follows products, arithmetic, activations and normalisations, as
 * operators and written out. */
#include "random-graph-steps.h"

#include <math.h>
#include <string.h>

/* Something that is broadcast, or that the tensor is broadcast to. */
GenTensor *
random_arithmetic (Maker *m, GenTensor *x)
{
  static const char *const operators[] = { "Add", "Add", "Add", "Sub", "Mul", "Div" };
  const char *op = operators[random_below (m, G_N_ELEMENTS (operators))];
  GenShape shape = random_beside (m, &x->shape);
  GenTensor *other;

  if (random_once_in (m, 8) && x->shape.rank < 4 && 2 * gen_shape_elements (&x->shape) <= m->most) {
    shape = (GenShape){ .rank = x->shape.rank + 1, .dims = { 2 } };
    memcpy (shape.dims + 1, x->shape.dims, x->shape.rank * sizeof (gint64));
  }
  if (strcmp (op, "Div") == 0) {
    other = random_constant_between (m, shape, 0.7, 2);
    if (random_once_in (m, 4))
      other = random_call (
          m, "Add", random_call (m, "Abs", random_given (m, shape), NULL), random_number (m, 1));
    return random_call (m, op, x, other);
  }
  return random_either_side (m, op, x, random_operand (m, shape));
}

GenTensor *
random_residual (Maker *m, GenTensor *x)
{
  static const char *const operators[] = { "Add", "Add", "Add", "Sub", "Mul" };
  GenTensor *other = random_earlier (m, &x->shape);

  if (other == NULL || random_once_in (m, 4))
    other = random_operand (m, x->shape);
  return random_either_side (m, operators[random_below (m, G_N_ELEMENTS (operators))], x, other);
}

/* A second product, of something else, to be added: cells of recurrent nets. */
GenTensor *
random_second_product (Maker *m, GenTensor *x)
{
  GenShape shape = x->shape;
  gint64 n, k = ONE_OF (m, 2, 5, 8);
  GenTensor *other;

  if (shape.rank < 1)
    return NULL;
  n = shape.dims[shape.rank - 1];
  shape.dims[shape.rank - 1] = k;
  other =
      random_call (m, "MatMul", random_given (m, shape), random_weights (m, GEN_SHAPE (k, n), k));
  if (random_once_in (m, 3))
    other = random_call (m, "Add", other, random_operand (m, GEN_SHAPE (n)));
  return random_either_side (m, "Add", x, other);
}

static GenTensor *
clip (Maker *m, GenTensor *x)
{
  GenTensor *inputs[3] = { x };
  int bounds = 1 + random_below (m, 3);

  if (random_once_in (m, 8)) {
    GenNode *old = random_add_old (m, "Clip", 6, x);

    if (bounds & 1)
      gen_node_set_float (old, "min", -0.5);
    if (bounds & 2)
      gen_node_set_float (old, "max", 0.75);
    return random_inferred (old);
  }
  for (int i = 0; i < 2; i++) {
    double bound = i == 0 ? -0.5 : 0.75;

    if ((bounds & 1 << i) == 0)
      continue;
    inputs[1 + i] = random_typed (m, gen_graph_float (m->graph, bound));
    if (random_once_in (m, 4))
      inputs[1 + i] = random_call (m, "Add", inputs[1 + i],
          random_call (m, "Abs", random_given (m, GEN_SHAPE_SCALAR), NULL));
  }
  return OP (m, "Clip", inputs, inputs[2] != NULL ? 3 : 2, NULL);
}

static GenTensor *
prelu (Maker *m, GenTensor *x)
{
  GenShape shape = random_beside (m, &x->shape);

  if (shape.rank > x->shape.rank)
    return NULL;
  return random_call (m, "PRelu", x, random_operand (m, shape));
}

/* 0.5 x (1 + erf (x / sqrt (2))) in the orders that exporters have, and nearly that. */
static GenTensor *
written_gelu (Maker *m, GenTensor *x)
{
  int order = random_below (m, 7);
  GenTensor *erf = random_once_in (m, 2)
                       ? random_call (m, "Div", x, random_nearly (m, M_SQRT2))
                       : random_either_side (m, "Mul", x, random_nearly (m, M_SQRT1_2));

  erf = random_either_side (m, "Add", random_call (m, "Erf", erf, NULL), random_nearly (m, 1));
  if (order < 2)
    return random_either_side (m, "Mul", random_call (m, "Mul", x, erf), random_nearly (m, 0.5));
  if (order < 4)
    return random_either_side (
        m, "Mul", random_either_side (m, "Mul", x, random_nearly (m, 0.5)), erf);
  if (order < 6)
    return random_either_side (
        m, "Mul", x, random_either_side (m, "Mul", erf, random_nearly (m, 0.5)));
  return random_either_side (m, "Mul", x, erf);
}

GenTensor *
random_activation (Maker *m, GenTensor *x)
{
  static const char *const plain[] = { "Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "Elu",
    "Erf", "Abs", "Neg", "Softplus" };
  guint kind = random_below (m, 18);
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
    return OP (
        m, "Gelu", &x, 1, "approximate", GEN_STRING, random_once_in (m, 2) ? "tanh" : "none", NULL);
  case 7:
    return random_either_side (m, "Mul", x, random_call (m, "Sigmoid", x, NULL));
  case 8: { /* HardSwish written out */
    GenTensor *y = random_either_side (m, "Add", x, random_number (m, 3));
    GenTensor *inputs[3] = { y, random_typed (m, gen_graph_float (m->graph, 0)),
      random_typed (m, gen_graph_float (m->graph, 6)) };

    return random_call (m, "Div", random_either_side (m, "Mul", x, OP (m, "Clip", inputs, 3, NULL)),
        random_number (m, 6));
  }
  case 9:
    if (rank < 1)
      return NULL;
    if (random_once_in (m, 6) && m->type == GEN_TYPE_FLOAT32) {
      GenNode *old = random_add_old (m, "Softmax", 11, x);

      gen_node_set_int (old, "axis", random_below (m, rank));
      return random_inferred (old);
    }
    return OP (m, "Softmax", &x, 1, "axis", GEN_INT, (int)random_below (m, rank), NULL);
  case 10: /* sqrt (x² + 1) */
    x = random_once_in (m, 2) ? random_call (m, "Mul", x, x)
                              : random_call (m, "Pow", x, random_number (m, 2));
    return random_call (m, random_once_in (m, 2) ? "Sqrt" : "Reciprocal",
        random_call (m, "Add", x, random_number (m, 1)), NULL);
  case 11:
    return random_call (m, "Exp", random_call (m, "Tanh", x, NULL), NULL);
  case 12:
    return random_call (m, "Relu", x, NULL);
  default:
    return random_call (m, plain[random_below (m, G_N_ELEMENTS (plain))], x, NULL);
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
    inputs[i] = random_once_in (m, 8) ? random_operand (m, shape)
                                      : random_constant_between (m, shape, -1, 1);
  inputs[4] = random_constant_between (m, shape, 0.3, 2);
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
  if (random_once_in (m, 2)) {
    groups = channels % 2 == 0 ? channels / 2 : 1;
    if (random_once_in (m, 6) && gen_shape_product (&shape, 1, shape.rank) % (channels + 2) == 0)
      groups = channels + 2; /* not of whole channels */
    else if (random_once_in (m, 6) && gen_shape_product (&shape, 1, shape.rank) % 4 == 0)
      groups = 4;
    y = random_reshape (m, y, GEN_SHAPE (shape.dims[0], groups, -1));
  }
  inputs[0] = y;
  for (int i = 1; i < 3; i++)
    inputs[i] = random_once_in (m, 8) ? random_operand (m, GEN_SHAPE (groups))
                                      : random_constant_between (m, GEN_SHAPE (groups), -1, 1);
  y = OP (m, "InstanceNormalization", inputs, 3, "epsilon", GEN_FLOAT, 1e-2, NULL);
  if (!gen_shape_equal (&y->shape, &shape))
    y = random_reshape (m, y, shape);
  if (random_once_in (m, 2))
    y = random_either_side (m, "Mul", y, random_operand (m, random_beside (m, &shape)));
  if (random_once_in (m, 2))
    y = random_either_side (m, "Add", y, random_operand (m, random_beside (m, &shape)));
  return y;
}

/* Rows, as an operator and written out, centred or not. */
static GenTensor *
row_normalization (Maker *m, GenTensor *x)
{
  int rank = x->shape.rank, axis = rank - 1;
  gboolean centred = random_once_in (m, 2);
  GenShape shape = { .rank = 1 };
  GenTensor *inputs[3] = { x }, *y = x;

  if (rank < 1 || x->shape.dims[axis] < 2)
    return NULL;
  if (rank > 2 && random_once_in (m, 4))
    axis--;
  shape.rank = rank - axis;
  memcpy (shape.dims, x->shape.dims + axis, shape.rank * sizeof (gint64));
  inputs[1] = random_operand (m, shape);
  inputs[2] = random_operand (m, shape);
  if (random_once_in (m, 2))
    return centred
               ? OP (m, "LayerNormalization", inputs, 2 + random_once_in (m, 2), "axis", GEN_INT,
                     random_once_in (m, 2) ? axis : axis - rank, "epsilon", GEN_FLOAT, 1e-2, NULL)
               : OP (m, "RMSNormalization", inputs, 2, "axis", GEN_INT, axis, "epsilon", GEN_FLOAT,
                     1e-2, NULL);
  if (centred)
    y = random_call (
        m, "Sub", y, OP (m, "ReduceMean", &y, 1, "axes", GEN_INTS, 1, (gint64[]){ -1 }, NULL));
  x = random_once_in (m, 2) ? random_call (m, "Mul", y, y)
                            : random_call (m, "Pow", y, random_number (m, 2));
  x = OP (m, "ReduceMean", &x, 1, "axes", GEN_INTS, 1, (gint64[]){ -1 }, NULL);
  x = random_call (m, "Sqrt",
      random_call (m, "Add", x, random_typed (m, gen_graph_float (m->graph, 1e-2))), NULL);
  y = random_once_in (m, 2)
          ? random_call (m, "Div", y, x)
          : random_either_side (m, "Mul", y, random_call (m, "Reciprocal", x, NULL));
  y = random_either_side (m, "Mul", y, inputs[1]);
  return random_once_in (m, 2) ? y : random_either_side (m, "Add", y, inputs[2]);
}

GenTensor *
random_normalization (Maker *m, GenTensor *x)
{
  GenTensor *(*const kinds[]) (
      Maker *, GenTensor *) = { batch_normalization, instance_normalization, row_normalization };

  x = kinds[random_below (m, 3)](m, x);
  return x != NULL && random_once_in (m, 2) ? random_activation (m, x) : x;
}
