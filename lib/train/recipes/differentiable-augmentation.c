/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "differentiable-augmentation.h"

#include "../degradations/hole.h"

/* How far a picture moves at most, and half the extents of a hole, as shares of its extents. */
#define MOST_MOVED 0.125
#define HALF_HOLE 0.25f

enum {
  RECOLOURED,
  BRIGHTNESS,
  SATURATION,
  CONTRAST,
  MOVED,
  MOVED_DOWN,
  MOVED_RIGHT,
  CUT,
  CUT_ROW,
  CUT_COLUMN,
};
G_STATIC_ASSERT (CUT_COLUMN + 1 == GEN_AUGMENTATION_DRAWS);

static GenTensor *
times (GenGraph *graph, GenTensor *x, double factor, GError **error)
{
  return gen_binary (graph, "Mul", x, gen_graph_float (graph, (float)factor), error);
}

static GenTensor *
plus (GenGraph *graph, GenTensor *x, double term, GError **error)
{
  return gen_binary (graph, "Add", x, gen_graph_float (graph, (float)term), error);
}

/* 1 where a is below b, else 0. */
static GenTensor *
is_below (GenGraph *graph, GenTensor *a, GenTensor *b, GError **error)
{
  GenTensor *below = gen_binary (graph, "Less", a, b, error);

  return below == NULL ? NULL
                       : gen_graph_op (graph, "Cast", &below, 1, 1, error, "to", GEN_INT,
                             (int)GEN_TYPE_FLOAT32, NULL);
}

/* `draws` one by one, [batch, 1, 1, 1] each. */
static gboolean
split (GenGraph *graph, GenTensor *draws, GenTensor **each, GError **error)
{
  const gint64 extents[] = { -1, GEN_AUGMENTATION_DRAWS, 1, 1 };
  GenTensor *x = gen_binary (graph, "Reshape", draws, gen_graph_ints (graph, extents, 4), error);

  if (x == NULL)
    return FALSE;
  each[0] =
      gen_graph_op (graph, "Split", &x, 1, GEN_AUGMENTATION_DRAWS, error, "axis", GEN_INT, 1, NULL);
  for (guint i = 1; each[0] != NULL && i < GEN_AUGMENTATION_DRAWS; i++)
    each[i] = gen_node_output (each[0]->producer, i);
  return each[0] != NULL;
}

/* What lies around the mean over `n` axes from the second one on becomes so many times as large. */
static GenTensor *
stretch (GenGraph *graph, GenTensor *x, int n, GenTensor *factor, GError **error)
{
  GenTensor *mean;

  if (x == NULL)
    return NULL;
  mean = gen_graph_op (
      graph, "ReduceMean", &x, 1, 1, error, "axes", GEN_INTS, n, (gint64[]){ 1, 2, 3 }, NULL);
  x = gen_binary (graph, "Sub", x, mean, error);
  return gen_binary (graph, "Add", gen_binary (graph, "Mul", x, factor, error), mean, error);
}

/* 1 and what `draw` is from `middle`, times `reach`; 1 where the gate is closed. */
static GenTensor *
factor (GenGraph *graph, GenTensor *draw, double reach, GenTensor *gate, GError **error)
{
  GenTensor *by = times (graph, plus (graph, draw, -0.5, error), reach, error);

  return plus (graph, gen_binary (graph, "Mul", by, gate, error), 1, error);
}

/* Brighter or darker by a quarter of the range, from grey to twice as colourful, and with half to
 * three halves of the contrast. */
static GenTensor *
recolour (GenGraph *graph, GenTensor *x, GenTensor *const *draws, GenTensor *gate, double span,
    GError **error)
{
  GenTensor *light = times (graph, plus (graph, draws[BRIGHTNESS], -0.5, error), span / 2, error);

  x = gen_binary (graph, "Add", x, gen_binary (graph, "Mul", light, gate, error), error);
  if (x != NULL && x->shape.dims[1] > 1)
    x = stretch (graph, x, 1, factor (graph, draws[SATURATION], 2, gate, error), error);
  return stretch (graph, x, 3, factor (graph, draws[CONTRAST], 1, gate, error), error);
}

/* By how many elements of `extent`, a whole number. */
static GenTensor *
find_shift (GenGraph *graph, GenTensor *draw, GenTensor *gate, gint64 extent, GError **error)
{
  const double most = (double)(gint64)((double)extent * MOST_MOVED + 0.5);
  GenTensor *shift = times (graph, draw, 2 * most + 1, error);

  shift = shift == NULL ? NULL : gen_unary (graph, "Floor", shift, error);
  shift = gen_binary (graph, "Min", shift, gen_graph_float (graph, (float)(2 * most)), error);
  return gen_binary (graph, "Mul", plus (graph, shift, -most, error), gate, error);
}

/* The matrix [batch, 1, extent, extent] by which rows, in front, or columns, behind, move. */
static GenTensor *
move_matrix (GenGraph *graph, GenTensor *shift, gint64 extent, gboolean columns, GError **error)
{
  float *distances = g_new (float, extent *extent);
  GenTensor *apart;

  for (gint64 i = 0; i < extent * extent; i++)
    distances[i] = (float)((i / extent - i % extent) * (columns ? -1 : 1));
  apart = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, extent, extent),
      g_bytes_new_take (distances, (gsize)(extent * extent) * sizeof *distances));
  apart = gen_binary (graph, "Sub", apart, shift, error);
  apart = apart == NULL ? NULL : gen_unary (graph, "Abs", apart, error);
  return is_below (graph, apart, gen_graph_float (graph, 0.5f), error);
}

static GenTensor *
move (GenGraph *graph, GenTensor *x, GenTensor *const *draws, GenTensor *gate, GError **error)
{
  gint64 height, width;

  if (x == NULL)
    return NULL;
  height = x->shape.dims[2];
  width = x->shape.dims[3];
  x = gen_binary (graph, "MatMul",
      move_matrix (
          graph, find_shift (graph, draws[MOVED_DOWN], gate, height, error), height, FALSE, error),
      x, error);
  return gen_binary (graph, "MatMul", x,
      move_matrix (
          graph, find_shift (graph, draws[MOVED_RIGHT], gate, width, error), width, TRUE, error),
      error);
}

/* 1 within the hole along an axis, whose middle is anywhere. */
static GenTensor *
is_within (GenGraph *graph, const GenTensor *x, int axis, GenTensor *middle, GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", gen_hole_places (graph, x, axis), middle, error);

  apart = apart == NULL ? NULL : gen_unary (graph, "Abs", apart, error);
  return is_below (graph, apart, gen_graph_float (graph, HALF_HOLE), error);
}

static GenTensor *
cut (GenGraph *graph, GenTensor *x, GenTensor *const *draws, GenTensor *gate, GError **error)
{
  GenTensor *hole;

  if (x == NULL)
    return NULL;
  hole = gen_binary (graph, "Mul", is_within (graph, x, 2, draws[CUT_ROW], error),
      is_within (graph, x, 3, draws[CUT_COLUMN], error), error);
  hole = gen_binary (graph, "Mul", hole, gate, error);
  return gen_binary (
      graph, "Mul", x, gen_binary (graph, "Sub", gen_graph_float (graph, 1), hole, error), error);
}

GenTensor *
gen_differentiable_augment (GenGraph *graph, GenTensor *x, GenTensor *draws, GenTensor *probability,
    float low, float high, GError **error)
{
  const double middle = (low + high) / 2;
  GenTensor *each[GEN_AUGMENTATION_DRAWS];

  if (!split (graph, draws, each, error))
    return NULL;
  /* What stands for nothing is 0 in between. */
  x = plus (graph, x, -middle, error);
  x = recolour (graph, x, each, is_below (graph, each[RECOLOURED], probability, error),
      (double)high - low, error);
  x = move (graph, x, each, is_below (graph, each[MOVED], probability, error), error);
  x = cut (graph, x, each, is_below (graph, each[CUT], probability, error), error);
  return plus (graph, x, middle, error);
}
