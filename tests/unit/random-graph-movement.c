/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of random graphs: what moves elements, cuts, joins and pools them. */
#include "random-graph-steps.h"

#include <math.h>
#include <string.h>

static GenTensor *
other_shape (Maker *m, GenTensor *x)
{
  GenShape shape = x->shape;
  int at;

  switch (random_below (m, 5)) {
  case 0:
    return random_reshape (m, x, shape);
  case 1:
    return shape.rank < 2
               ? NULL
               : OP (m, "Flatten", &x, 1, "axis", GEN_INT, (int)random_below (m, 3), NULL);
  case 2: /* two dimensions become one */
    if (shape.rank < 2)
      return NULL;
    at = random_below (m, shape.rank - 1);
    shape.dims[at] *= shape.dims[at + 1];
    shape.rank--;
    memmove (shape.dims + at + 1, shape.dims + at + 2, (shape.rank - at - 1) * sizeof (gint64));
    return random_reshape (m, x, shape);
  case 3: /* one becomes two */
    if (shape.rank < 1 || shape.rank > 4)
      return NULL;
    at = random_below (m, shape.rank);
    if (shape.dims[at] % 2 != 0)
      return NULL;
    memmove (shape.dims + at + 1, shape.dims + at, (shape.rank - at) * sizeof (gint64));
    shape.rank++;
    shape.dims[at] = random_once_in (m, 2) ? 2 : shape.dims[at] / 2;
    shape.dims[at + 1] /= shape.dims[at];
    return random_reshape (m, x, shape);
  default:
    if (shape.rank > 4)
      return NULL;
    at = random_below (m, shape.rank + 1);
    return random_call (m, "Unsqueeze", x, random_ints (m, &(gint64){ at }, 1));
  }
}

static GenTensor *
other_order (Maker *m, GenTensor *x)
{
  gint64 order[GEN_MAX_RANK];
  int rank = x->shape.rank, kind = random_below (m, 3);

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
      int k = random_below (m, i + 1);
      gint64 kept = order[i];

      order[i] = order[k];
      order[k] = kept;
    }
  return random_transpose (m, x, order);
}

/* Rows of channels normalised where channels are innermost. */
static GenTensor *
between_orders (Maker *m, GenTensor *x)
{
  static const gint64 behind[] = { 0, 2, 3, 1 }, back[] = { 0, 3, 1, 2 };

  if (x->shape.rank != 4)
    return NULL;
  x = random_transpose (m, x, behind);
  x = random_once_in (m, 2) ? OP (m, "Softmax", &x, 1, "axis", GEN_INT, -1, NULL)
                            : random_activation (m, x);
  return x != NULL ? random_transpose (m, x, back) : NULL;
}

static GenTensor *
pad (Maker *m, GenTensor *x)
{
  static const char *const modes[] = { "constant", "constant", "constant", "edge", "reflect" };
  const char *mode = modes[random_below (m, G_N_ELEMENTS (modes))];
  gint64 pads[2 * GEN_MAX_RANK] = { 0 };
  int rank = x->shape.rank;
  gboolean pixels = random_once_in (m, 2);
  GenTensor *inputs[3] = { x };

  if (rank < 1)
    return NULL;
  for (int i = pixels && rank > 2 ? 2 : 0; i < rank; i++)
    for (int end = 0; end < 2; end++)
      pads[end * rank + i] = x->shape.dims[i] > 2 ? random_below (m, 3) : 0;
  if (strcmp (mode, "constant") == 0 && random_once_in (m, 8) && x->shape.dims[rank - 1] > 2)
    pads[rank - 1] = -1;
  inputs[1] = random_ints (m, pads, 2 * rank);
  if (strcmp (mode, "constant") == 0 && random_once_in (m, 2))
    inputs[2] = random_typed (m, gen_graph_float (m->graph, random_once_in (m, 2) ? 0 : 0.5));
  return OP (m, "Pad", inputs, inputs[2] != NULL ? 3 : 2, "mode", GEN_STRING, mode, NULL);
}

static GenTensor *
concatenation (Maker *m, GenTensor *x)
{
  GenTensor *other = random_earlier (m, &x->shape);
  int rank = x->shape.rank;

  if (rank < 1 || 2 * gen_shape_elements (&x->shape) > m->most)
    return NULL;
  if (other == NULL || random_once_in (m, 3))
    other = random_call (m, "Relu", x, NULL);
  return OP (m, "Concat", ((GenTensor *[]){ x, other }), 2, "axis", GEN_INT,
      (int)(rank > 1 && random_once_in (m, 2) ? 1 : random_below (m, rank)), NULL);
}

static GenTensor *
slice (Maker *m, GenTensor *x, gint64 axis, gint64 from, gint64 end, gint64 step)
{
  GenTensor *inputs[] = { x, random_ints (m, &from, 1), random_ints (m, &end, 1),
    random_ints (m, &axis, 1), random_ints (m, &step, 1) };

  return OP (m, "Slice", inputs, 5, NULL);
}

/* In two halves, of which one opens the other, or to a part. */
static GenTensor *
parts (Maker *m, GenTensor *x)
{
  int rank = x->shape.rank, axis = rank > 0 ? random_below (m, rank) : 0;
  gint64 n = rank > 0 ? x->shape.dims[axis] : 0;
  GenTensor *a, *b;

  if (n < 2)
    return NULL;
  if (random_once_in (m, 3))
    return random_once_in (m, 3)
               ? slice (m, x, axis, -1, -n - 1, -1)
               : slice (m, x, axis, random_below (m, n - 1), n, 1 + random_below (m, 2));
  if (n % 2 != 0)
    return slice (m, x, axis, 0, n - 1, 1);
  if (random_once_in (m, 2)) {
    g_autoptr (GError) error = NULL;

    a = gen_graph_op (m->graph, "Split", &x, 1, 2, &error, "axis", GEN_INT, axis, NULL);
    a = random_checked (a, error);
    b = gen_node_output (a->producer, 1);
  } else {
    a = slice (m, x, axis, 0, n / 2, 1);
    b = slice (m, x, axis, n / 2, n, 1);
  }
  g_ptr_array_add (m->made, b);
  if (random_once_in (m, 3))
    return a;
  return random_either_side (m, "Mul", random_once_in (m, 2) ? a : random_call (m, "Tanh", a, NULL),
      random_call (m, "Sigmoid", b, NULL));
}

static GenTensor *
resize (Maker *m, GenTensor *x)
{
  gboolean linear = x->shape.rank == 4 && random_once_in (m, 2);
  GenShape shape = x->shape;
  GenTensor *inputs[4] = { x };

  if (shape.rank < 3)
    return NULL;
  for (int i = 2; i < shape.rank; i++)
    shape.dims[i] = random_once_in (m, 4) ? (shape.dims[i] + 1) / 2 : 2 * shape.dims[i];
  if (!random_fits (m, &shape))
    return NULL;
  inputs[3] = random_ints (m, shape.dims, shape.rank);
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
  if (random_once_in (m, 3))
    return random_call (m, "GlobalAveragePool", x, NULL);
  for (int i = 0; i < axes; i++)
    kernel[i] = MIN (2, x->shape.dims[2 + i]);
  return OP (m, random_once_in (m, 2) ? "MaxPool" : "AveragePool", &x, 1, "kernel_shape", GEN_INTS,
      axes, kernel, "strides", GEN_INTS, axes, kernel, NULL);
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
  return random_either_side (m, "Mul", x, random_call (m, "Sigmoid", mean, NULL));
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
  x = random_call (m, "Mul", random_either_side (m, "Add", x, state), random_number (m, 0.5));
  gen_graph_assign (m->graph, state, x);
  if (random_once_in (m, 3)) /* the value before is read once more */
    return random_either_side (m, "Mul", random_call (m, "Tanh", x, NULL), state);
  return random_once_in (m, 2) ? x : random_call (m, "Relu", x, NULL);
}

GenTensor *
random_movement (Maker *m, GenTensor *x)
{
  GenTensor *(*const kinds[]) (Maker *, GenTensor *) = { other_shape, other_shape, other_order,
    between_orders, pad, concatenation, parts, parts, resize, pool, gate, remembered };

  return kinds[random_below (m, G_N_ELEMENTS (kinds))](m, x);
}
