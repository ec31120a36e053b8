/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What Softmax and LogSoftmax share: rows along an axis, shifted by their largest element so that
 * no exponential overflows. */
#include "softmax.h"
#include "../simd.h"
#include "build.h"
#include "mathematics.h"

typedef struct {
  GenSoftmaxExtents e;
  gboolean logarithm;
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

/* Sums and maxima go by vectors, as wide as any machine's: a single one would wait for itself. */
#define LANES 16
typedef float Lanes __attribute__ ((vector_size (4 * LANES), aligned (4)));
typedef gint32 Bits __attribute__ ((vector_size (4 * LANES), aligned (4)));

GEN_CLONES (float, largest, (const float *x, gint64 n), (x, n))
{
  float most = x[0];
  gint64 whole = n - n % LANES;

  if (whole > 0) {
    Lanes lanes = *(const Lanes *)x;

    for (gint64 i = LANES; i < whole; i += LANES) {
      const Lanes next = *(const Lanes *)(x + i);
      const Bits larger = next > lanes;

      lanes = (Lanes)((larger & (Bits)next) | (~larger & (Bits)lanes));
    }
    for (int k = 0; k < LANES; k++)
      most = lanes[k] > most ? lanes[k] : most;
  }
  for (gint64 i = whole; i < n; i++)
    most = x[i] > most ? x[i] : most;
  return most;
}

/* out = e^(x - most); returns the sum. */
GEN_CLONES (
    float, exponentials, (const float *x, float *out, float most, gint64 n), (x, out, most, n))
{
  Lanes lanes = { 0 };
  float total = 0;
  gint64 whole = n - n % LANES;

#pragma GCC ivdep
  for (gint64 i = 0; i < n; i++)
    out[i] = gen_exp (x[i] - most);
  for (gint64 i = 0; i < whole; i += LANES)
    lanes += *(const Lanes *)(out + i);
  for (int k = 0; k < LANES; k++)
    total += lanes[k];
  for (gint64 i = whole; i < n; i++)
    total += out[i];
  return total;
}

GEN_CLONES (void, normalise, (const float *x, float *out, gint64 n, gboolean logarithm),
    (x, out, n, logarithm))
{
  float most = largest (x, n), total = exponentials (x, out, most, n);

  if (logarithm) {
    total = most + gen_log (total);
    for (gint64 i = 0; i < n; i++)
      out[i] = x[i] - total;
  } else {
    total = 1 / total;
    for (gint64 i = 0; i < n; i++)
      out[i] *= total;
  }
}

static void
normalise_strided (const float *x, float *out, gint64 n, gint64 stride, gboolean logarithm)
{
  float most = x[0], total = 0;

  for (gint64 i = 1; i < n; i++)
    most = MAX (most, x[i * stride]);
  for (gint64 i = 0; i < n; i++) {
    out[i * stride] = gen_exp (x[i * stride] - most);
    total += out[i * stride];
  }
  for (gint64 i = 0; i < n; i++)
    out[i * stride] = logarithm ? x[i * stride] - most - gen_log (total) : out[i * stride] / total;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Softmax *s = kernel->state;
  const float *x = kernel->inputs[0];
  float *out = kernel->outputs[0];
  gsize first, end;

  gen_kernel_share (s->e.outer * s->e.inner, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    gsize at = row / s->e.inner * s->e.n * s->e.inner + row % s->e.inner;

    if (s->e.inner == 1)
      normalise (x + at, out + at, s->e.n, s->logarithm);
    else
      normalise_strided (x + at, out + at, s->e.n, s->e.inner, s->logarithm);
  }
}

gboolean
gen_softmax_cpu (GenKernel *kernel, gboolean logarithm, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  GenSoftmaxExtents extents;
  Softmax *s;

  if (!gen_softmax_extents (kernel->node, &extents, error))
    return FALSE;
  s = g_new (Softmax, 1);
  kernel->state = s;
  kernel->free_state = g_free;
  *s = (Softmax){ extents, logarithm };
  if (gen_shape_elements (&x->shape) > 0)
    gen_kernel_add_step (
        kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 1.5));
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
