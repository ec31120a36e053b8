/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of random graphs: products of matrices and convolutions of every kind. */
#include "random-graph-steps.h"

#include <math.h>
#include <string.h>

gint64
random_width (Maker *m)
{
  return m->most == MOST_OF_LARGE ? ONE_OF (m, 32, 64, 96) : ONE_OF (m, 1, 2, 3, 5, 8, 16, 17, 33);
}

/* alpha op(A) op(B) + beta C. */
static GenTensor *
gemm (Maker *m, GenTensor *x)
{
  int transpose_a = random_once_in (m, 3), transpose_b = random_once_in (m, 2),
      kind = random_below (m, 8), n_inputs = 2;
  gint64 rows = x->shape.dims[transpose_a], k = x->shape.dims[!transpose_a], n = random_width (m);
  GenTensor *inputs[3] = { x };
  static const GenShape none;
  const GenShape shapes[] = { none, GEN_SHAPE (1), GEN_SHAPE (n), GEN_SHAPE (1, n),
    GEN_SHAPE (rows, 1), GEN_SHAPE (rows, n), GEN_SHAPE (n) };

  if (!random_fits (m, &GEN_SHAPE (rows, n)))
    return NULL;
  inputs[1] = random_weights (m, transpose_b ? GEN_SHAPE (n, k) : GEN_SHAPE (k, n), k);
  if (kind < (int)G_N_ELEMENTS (shapes))
    inputs[n_inputs++] = random_operand (m, shapes[kind]);
  if (random_once_in (m, 2))
    return OP (m, "Gemm", inputs, n_inputs, "transA", GEN_INT, transpose_a, "transB", GEN_INT,
        transpose_b, NULL);
  return OP (m, "Gemm", inputs, n_inputs, "transA", GEN_INT, transpose_a, "transB", GEN_INT,
      transpose_b, "alpha", GEN_FLOAT, random_once_in (m, 2) ? 1 : 0.5, "beta", GEN_FLOAT,
      random_once_in (m, 2) ? 1 : -1.5, NULL);
}

/* By a matrix, by a batch of them, by a vector; from either side. */
GenTensor *
random_product (Maker *m, GenTensor *x)
{
  int rank = x->shape.rank, kind = random_below (m, 8);
  gint64 k, n = random_width (m);
  GenShape shape = x->shape;

  if (rank < 1)
    return NULL;
  k = shape.dims[rank - 1];
  if (rank == 2 && kind < 2)
    return gemm (m, x);
  if (kind == 2)
    return random_call (m, "MatMul", x, random_weights (m, GEN_SHAPE (k), k));
  if (gen_shape_elements (&shape) / k * n > m->most)
    return NULL;
  if (kind == 3 && rank >= 2) {
    k = shape.dims[rank - 2];
    if (gen_shape_elements (&shape) / k * n > m->most)
      return NULL;
    return random_call (m, "MatMul", random_weights (m, GEN_SHAPE (n, k), k), x);
  }
  if (kind == 4 && rank >= 3) {
    for (int i = 0; i < rank - 2; i++)
      shape.dims[i] = random_once_in (m, 3) ? 1 : shape.dims[i];
    shape.dims[rank - 2] = k;
    shape.dims[rank - 1] = n;
    return random_call (m, "MatMul", x, random_weights (m, shape, k));
  }
  if (kind == 5 && rank < 3 && gen_shape_elements (&shape) / k * n * 2 <= m->most)
    return random_call (m, "MatMul", x, random_weights (m, GEN_SHAPE (2, k, n), k));
  return random_call (m, "MatMul", x, random_weights (m, GEN_SHAPE (k, n), k));
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
  gboolean large = m->most == MOST_OF_LARGE, pads = random_once_in (m, 2),
           dilated = random_once_in (m, 5);
  gboolean same = large || random_once_in (m, 2);
  int axes = shape->rank - 2;

  *w = (Window){ .automatic = !transposed && random_once_in (m, 6) ? automatic[random_below (m, 3)]
                                                                   : "NOTSET" };
  for (int i = 0; i < axes; i++) {
    gint64 reach;

    w->kernel[i] = transposed ? 1 + random_below (m, 4) : ONE_OF (m, 1, 3, 3, 2);
    w->strides[i] = transposed || random_once_in (m, large ? 6 : 3) ? 1 + random_below (m, 2) : 1;
    w->dilations[i] = dilated && strcmp (w->automatic, "NOTSET") == 0 ? 1 + random_below (m, 2) : 1;
    if (i > 0 && same) {
      w->kernel[i] = w->kernel[0];
      w->strides[i] = w->strides[0];
    }
    reach = w->dilations[i] * (w->kernel[i] - 1);
    if (strcmp (w->automatic, "NOTSET") == 0) {
      w->pads[i] = pads ? MIN (reach, 1 + random_below (m, 2)) : 0;
      w->pads[axes + i] = pads && !random_once_in (m, 4) ? w->pads[i] : 0;
    }
    if (transposed) {
      w->extra[i] = w->strides[i] > 1 ? random_below (m, w->strides[i]) : 0;
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
    pads[i] = i % rank >= 2 ? random_below (m, 2) : 0;
  return random_call (m, "Pad", x, random_ints (m, pads, 2 * rank));
}

GenTensor *
random_convolution (Maker *m, GenTensor *x)
{
  const GenShape *shape = &x->shape;
  int axes = shape->rank - 2;
  gint64 channels = shape->rank > 1 ? shape->dims[1] : 0, out, groups = 1, n;
  GenShape kernel = { .rank = shape->rank };
  GenTensor *inputs[3] = { NULL };
  Window w;

  if (axes < 1 || axes > 3)
    return NULL;
  if (random_once_in (m, 5)) {
    x = border (m, x);
    shape = &x->shape;
  }
  if (!choose_window (m, &w, shape, FALSE))
    return NULL;
  inputs[0] = x;
  out = m->most == MOST_OF_LARGE ? ONE_OF (m, 16, 32, 64) : ONE_OF (m, 1, 3, 4, 6, 8, 16);
  if (random_once_in (m, 4)) { /* by channels */
    groups = channels;
    out = channels * (1 + random_once_in (m, 3));
  } else if (random_once_in (m, 4) && channels % 2 == 0) {
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
  inputs[1] = random_weights (m, kernel, n);
  if (!random_once_in (m, 3))
    inputs[2] = random_operand (m, GEN_SHAPE (out));
  if (strcmp (w.automatic, "NOTSET") != 0)
    return OP (m, "Conv", inputs, inputs[2] != NULL ? 3 : 2, "auto_pad", GEN_STRING, w.automatic,
        "strides", GEN_INTS, axes, w.strides, "group", GEN_INT, (int)groups, NULL);
  return OP (m, "Conv", inputs, inputs[2] != NULL ? 3 : 2, "pads", GEN_INTS, 2 * axes, w.pads,
      "strides", GEN_INTS, axes, w.strides, "dilations", GEN_INTS, axes, w.dilations, "group",
      GEN_INT, (int)groups, NULL);
}

GenTensor *
random_transposed_convolution (Maker *m, GenTensor *x)
{
  const GenShape *shape = &x->shape;
  int axes = shape->rank - 2;
  gint64 channels = shape->rank > 1 ? shape->dims[1] : 0, out = ONE_OF (m, 1, 3, 4, 6), groups = 1;
  GenTensor *inputs[3] = { x };
  GenShape kernel = { .rank = shape->rank };
  Window w;

  if (axes < 1 || axes > 3 || !choose_window (m, &w, shape, TRUE))
    return NULL;
  if (random_once_in (m, 5)) {
    groups = channels;
    out = 1;
  } else if (random_once_in (m, 4) && channels % 2 == 0) {
    groups = 2;
  }
  kernel.dims[0] = channels;
  kernel.dims[1] = out;
  for (int i = 0; i < axes; i++)
    kernel.dims[2 + i] = w.kernel[i];
  if ((gen_shape_elements (shape) / channels * out * groups << axes) > 2 * m->most)
    return NULL;
  inputs[1] = random_weights (m, kernel, channels / groups * 2);
  if (!random_once_in (m, 3))
    inputs[2] = random_operand (m, GEN_SHAPE (out * groups));
  return OP (m, "ConvTranspose", inputs, inputs[2] != NULL ? 3 : 2, "pads", GEN_INTS, 2 * axes,
      w.pads, "strides", GEN_INTS, axes, w.strides, "dilations", GEN_INTS, axes, w.dilations,
      "output_padding", GEN_INTS, axes, w.extra, "group", GEN_INT, (int)groups, NULL);
}
