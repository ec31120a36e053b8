/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Softmax and LogSoftmax share: rows along an axis, shifted by their largest element so that
 * no exponential overflows. */
#include "softmax.h"

#include <string.h>

#include "../build.h"
#include "softmax-unit.h"

typedef struct {
  GenSoftmaxExtents e;
  gboolean logarithm;
  const GenSoftmaxUnit *unit;
  int vectors; /* of columns at a time */
} Softmax;

/* The dimensions [first, end) that are normalised together. */
static gboolean
find_axes (const GenNode *node, int *first, int *end, GError **error)
{
  int rank = gen_node_input (node, 0)->shape.rank;
  gint64 axis = gen_node_int (node, "axis", node->opset < 13 ? 1 : -1);

  if (rank == 0 || (node->opset < 13 && axis == rank)) {
    *first = *end = rank;
    return TRUE;
  }
  *first = gen_axis (axis, rank);
  *end = node->opset < 13 ? rank : *first + 1;
  if (*first < 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d", axis, rank);
  return TRUE;
}

gboolean
gen_softmax_extents (const GenNode *node, GenSoftmaxExtents *extents, GError **error)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  int first, end;

  if (!find_axes (node, &first, &end, error))
    return FALSE;
  extents->outer = gen_shape_product (shape, 0, first);
  extents->n = gen_shape_product (shape, first, end);
  extents->inner = gen_shape_product (shape, end, shape->rank);
  return TRUE;
}

gboolean
gen_softmax_infer (GenNode *node, GError **error)
{
  int first, end;

  return find_axes (node, &first, &end, error) && gen_infer_same (node, error);
}

GenDataType
gen_softmax_computes_in (const GenNode *node, GenDataType type)
{
  return type == GEN_TYPE_FLOAT64 ? type : GEN_TYPE_FLOAT32;
}

/* e^x over its sum, of x less its largest element. */
gboolean
gen_softmax_lower (GenNode *node, gboolean logarithm, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *powers, *sum;
  gint64 axes[GEN_MAX_RANK];
  int first, end;

  if (x->type != GEN_TYPE_FLOAT64)
    return TRUE;
  if (!find_axes (node, &first, &end, error))
    return FALSE;
  /* One element alone: as good as an axis of 1. */
  if (first == end) {
    x = gen_binary (graph, "Sub", x, x, error);
    results[0] = logarithm ? x : gen_unary (graph, "Exp", x, error);
    return results[0] != NULL;
  }
  for (int i = first; i < end; i++)
    axes[i - first] = i;
  x = gen_binary (
      graph, "Sub", x, gen_build_reduce (graph, "ReduceMax", x, axes, end - first, error), error);
  powers = gen_unary (graph, "Exp", x, error);
  sum = gen_build_reduce (graph, "ReduceSum", powers, axes, end - first, error);
  results[0] = logarithm ? gen_binary (graph, "Sub", x, gen_unary (graph, "Log", sum, error), error)
                         : gen_binary (graph, "Div", powers, sum, error);
  return results[0] != NULL;
}

/* --- the kernel --- */

/* Rows of fewer elements go side by side, as columns do. */
#define SHORT 32
/* Columns of as many vectors at a time, where they have room near the core. */
#define VECTORS 4
#define NEAR 16384

/* The vectors of so many columns. */
static int
find_vectors (const Softmax *s, gint64 columns)
{
  return (columns + s->unit->lanes - 1) / s->unit->lanes;
}

/* Columns are copied to where they stand close together, whatever is between their elements. */
static void
run_columns (const GenKernel *kernel, int part, int parts)
{
  const Softmax *s = kernel->state;
  const gint64 n = s->e.n, inner = s->e.inner, most = s->vectors * s->unit->lanes;
  const gint64 blocks = (inner + most - 1) / most;
  float *work = (float *)kernel->scratch + part * n * most;
  gsize first, end;

  gen_kernel_share (s->e.outer * blocks, 1, part, parts, &first, &end);
  for (gsize block = first; block < end; block++) {
    const gint64 column = block % blocks * most, columns = MIN (inner - column, most);
    const gint64 vectors = find_vectors (s, columns), width = vectors * s->unit->lanes;
    const gsize at = block / blocks * n * inner + column;
    const float *x = (const float *)kernel->inputs[0] + at;
    float *out = (float *)kernel->outputs[0] + at;

    for (gint64 i = 0; i < n; i++)
      memcpy (work + i * width, x + i * inner, columns * sizeof *work);
    s->unit->columns (work, n, vectors, s->logarithm);
    for (gint64 i = 0; i < n; i++)
      memcpy (out + i * inner, work + i * width, columns * sizeof *work);
  }
}

static void
run_short_rows (const GenKernel *kernel, int part, int parts)
{
  const Softmax *s = kernel->state;
  const gint64 n = s->e.n, most = s->vectors * s->unit->lanes;
  float *work = (float *)kernel->scratch + part * n * most;
  gsize first, end;

  gen_kernel_share (s->e.outer, most, part, parts, &first, &end);
  for (gsize row = first; row < end; row += most) {
    const gint64 rows = MIN (end - row, (gsize)most), vectors = find_vectors (s, rows);
    const float *x = (const float *)kernel->inputs[0] + row * n;

    s->unit->transpose (x, n, rows, n, work, vectors * s->unit->lanes);
    s->unit->columns (work, n, vectors, s->logarithm);
    s->unit->transpose (
        work, vectors * s->unit->lanes, n, rows, (float *)kernel->outputs[0] + row * n, n);
  }
}

static void
run_rows (const GenKernel *kernel, int part, int parts)
{
  const Softmax *s = kernel->state;
  gsize first, end;

  gen_kernel_share (s->e.outer, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++)
    s->unit->row ((const float *)kernel->inputs[0] + row * s->e.n,
        (float *)kernel->outputs[0] + row * s->e.n, s->e.n, s->logarithm);
}

gboolean
gen_softmax_cpu (GenKernel *kernel, gboolean logarithm, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  GenSoftmaxExtents e;
  Softmax *s;
  int parts;

  if (!gen_softmax_extents (kernel->node, &e, error))
    return FALSE;
  s = g_new (Softmax, 1);
  kernel->state = s;
  kernel->free_state = g_free;
  *s = (Softmax){ e, logarithm, gen_softmax_unit () };
  if (gen_shape_elements (&x->shape) == 0)
    return TRUE;
  parts = gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.5);
  s->vectors = CLAMP (NEAR / (e.n * s->unit->lanes), 1, VECTORS);
  if (e.inner > 1 || e.n <= SHORT)
    kernel->scratch_size = parts * e.n * s->vectors * s->unit->lanes * sizeof (float);
  gen_kernel_add_step (kernel,
      e.inner > 1    ? run_columns
      : e.n <= SHORT ? run_short_rows
                     : run_rows,
      parts);
  return TRUE;
}

GenTensor *
gen_softmax_sum (GenGradient *g, GenTensor *tensor, GError **error)
{
  gint64 axes[GEN_MAX_RANK];
  int first, end;

  if (tensor == NULL || !find_axes (g->node, &first, &end, error))
    return NULL;
  if (first == end)
    return tensor;
  for (int i = first; i < end; i++)
    axes[i - first] = i;
  return gen_binary (
      g->graph, "ReduceSum", tensor, gen_graph_ints (g->graph, axes, end - first), error);
}
