/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of random graphs: whole blocks, attention written out and convolutions whose weights a
 * style scales. */
#include "random-graph-steps.h"

#include <math.h>
#include <string.h>

static GenTensor *
scaled (Maker *m, GenTensor *x, double scale)
{
  return random_once_in (m, 2) ? random_either_side (m, "Mul", x, random_number (m, scale))
                               : random_call (m, "Div", x, random_number (m, 1 / scale));
}

/* Attention written out, of one head or some, of the tensor alone or with keys of another. */
GenTensor *
random_attention (Maker *m, GenTensor *x)
{
  static const gint64 heads_first[] = { 0, 2, 1, 3 }, last[] = { 0, 1, 3, 2 },
                      last3[] = { 0, 2, 1 };
  GenShape shape = x->shape, mask;
  gint64 heads, depth = ONE_OF (m, 2, 4, 8), keys = ONE_OF (m, 5, 16, 17, 30), columns;
  int where = random_below (m, 4);
  gboolean turned = FALSE;
  GenTensor *q, *k, *v, *scores;

  if (shape.rank != 3 || shape.dims[0] > 4 || shape.dims[1] > 40)
    return NULL;
  heads = random_once_in (m, 2) ? 0 : 1 + random_below (m, 3); /* 0: no dimension of heads */
  columns = MAX (heads, 1) * depth;
  v = shape.dims[1] >= 16 && random_once_in (m, 2)
          ? x
          : random_given (m, GEN_SHAPE (shape.dims[0], keys, shape.dims[2]));
  keys = v->shape.dims[1];
  q = random_call (
      m, "MatMul", x, random_weights (m, GEN_SHAPE (shape.dims[2], columns), shape.dims[2]));
  k = random_call (
      m, "MatMul", v, random_weights (m, GEN_SHAPE (shape.dims[2], columns), shape.dims[2]));
  v = random_call (
      m, "MatMul", v, random_weights (m, GEN_SHAPE (shape.dims[2], columns), shape.dims[2]));
  if (heads > 0) {
    q = random_transpose (m, random_reshape (m, q, GEN_SHAPE (0, 0, heads, depth)), heads_first);
    v = random_transpose (m, random_reshape (m, v, GEN_SHAPE (0, 0, heads, depth)), heads_first);
    k = random_reshape (m, k, GEN_SHAPE (0, 0, heads, depth));
    turned = random_once_in (m, 2);
    k = random_transpose (m, k, turned ? (const gint64[]){ 0, 2, 3, 1 } : heads_first);
  }
  if (where == 1)
    q = scaled (m, q, 0.6);
  if (!turned)
    k = random_transpose (m, k, heads > 0 ? last : last3);
  if (where <= 1)
    k = scaled (m, k, 0.5);
  scores = random_call (m, "MatMul", q, k);
  if (where == 2)
    scores = scaled (m, scores, 0.4);
  mask = scores->shape;
  for (int i = 0; i < mask.rank; i++)
    mask.dims[i] = random_once_in (m, 3) ? 1 : mask.dims[i];
  if (random_once_in (m, 2))
    scores = random_either_side (m, "Add", scores, random_operand (m, mask));
  if (random_once_in (m, 10))
    g_ptr_array_add (m->made, scores);
  scores = OP (m, "Softmax", &scores, 1, "axis", GEN_INT, -1, NULL);
  x = random_call (m, "MatMul", scores, v);
  if (heads > 0 && !random_once_in (m, 4))
    x = random_reshape (m, random_transpose (m, x, heads_first), GEN_SHAPE (0, 0, -1));
  return x;
}

/* A convolution whose weights a style scales, as StyleGAN2 has it. */
GenTensor *
random_modulated_convolution (Maker *m, GenTensor *x)
{
  gint64 channels = x->shape.rank == 4 ? x->shape.dims[1] : 0, out = ONE_OF (m, 3, 4, 8);
  gint64 size = ONE_OF (m, 1, 3);
  gboolean transposed = random_once_in (m, 3), flat = random_once_in (m, 2);
  GenTensor *w, *style, *sum;

  if (channels < 1 || gen_shape_elements (&x->shape) / channels * out > m->most ||
      x->shape.dims[2] < size || x->shape.dims[3] < size)
    return NULL;
  w = random_constant_between (m,
      flat ? GEN_SHAPE (out, channels, size, size) : GEN_SHAPE (1, out, channels, size, size), -0.5,
      0.5);
  style =
      random_operand (m, flat ? GEN_SHAPE (1, channels, 1, 1) : GEN_SHAPE (1, 1, channels, 1, 1));
  w = random_either_side (m, "Mul", w, style);
  if (random_once_in (m, 6)) /* twice */
    w = random_either_side (m, "Mul", w, style);
  if (random_once_in (m, 2)) {
    static const gint64 axes[] = { 1, 2, 3, 4 };

    sum = random_once_in (m, 2) ? random_call (m, "Mul", w, w)
                                : random_call (m, "Pow", w, random_number (m, 2));
    sum = random_call (m, "ReduceSum", sum, random_ints (m, axes + !flat, 3));
    sum = random_call (m, "Sqrt",
        random_call (m, "Add", sum, random_typed (m, gen_graph_float (m->graph, 1e-2))), NULL);
    w = random_either_side (m, "Mul", w, random_call (m, "Reciprocal", sum, NULL));
  }
  if (!flat)
    w = random_reshape (m, w, GEN_SHAPE (out, channels, size, size));
  if (transposed)
    w = random_transpose (m, w, (const gint64[]){ 1, 0, 2, 3 });
  return OP (m, transposed ? "ConvTranspose" : "Conv", ((GenTensor *[]){ x, w }), 2, "strides",
      GEN_INTS, 2, (transposed ? (const gint64[]){ 2, 2 } : (const gint64[]){ 1, 1 }), NULL);
}
