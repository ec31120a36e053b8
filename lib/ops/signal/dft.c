/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DFT: the discrete Fourier transform along an axis of a real or complex tensor, whose last
 * dimension holds the one or two parts. What is short of dft_length is padded with zeros. The axis
 * is an attribute up to opset 19 and an input from 20 on. */
#include "dft.h"

#include <string.h>

#include "../../device/half.h"
#include "../build.h"
#include "fourier.h"

typedef struct {
  GenDft dft;
  GenFourier *fourier;
  gsize part_size; /* numbers */
  gboolean wide;   /* elements of float64 */
} Transform;

gboolean
gen_dft_init (GenDft *t, const GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *length = gen_node_input (node, 1);
  const GenTensor *axis_input = gen_node_input (node, 2);
  gint64 axis = node->opset < 20 ? gen_node_int (node, "axis", 1) : -2, n;
  int count = 1, rank = x->shape.rank;

  if (axis_input != NULL && (!gen_tensor_ints (axis_input, &axis, 1, &count) || count != 1))
    return gen_node_error (node, error, "its axis must be one constant number");
  t->axis = gen_axis (axis, rank);
  if (t->axis < 0 || t->axis == rank - 1)
    return gen_node_error (
        node, error, "axis %" G_GINT64_FORMAT " is not one of %d before the last", axis, rank);
  n = x->shape.dims[t->axis];
  t->parts_in = x->shape.dims[rank - 1];
  t->inverse = gen_node_int (node, "inverse", 0) != 0;
  t->onesided = gen_node_int (node, "onesided", 0) != 0;
  if (t->parts_in != 1 && t->parts_in != 2)
    return gen_node_error (node, error, "its last dimension should be 1 (real) or 2 (complex)");
  if (t->onesided && (t->parts_in == 2) != t->inverse)
    return gen_node_error (
        node, error, "one side is of the transform of a real operand, or an inverse's operand");
  t->in = n;
  if (t->onesided && t->inverse)
    n = 2 * (n - 1);
  if (length != NULL && (!gen_tensor_ints (length, &n, 1, &count) || count != 1))
    return gen_node_error (node, error, "its dft_length must be one constant number");
  if (n < 1 || n > GEN_FOURIER_MAX)
    return gen_node_error (
        node, error, "a length of %" G_GINT64_FORMAT " cannot be transformed", n);
  t->n = n;
  t->out = t->onesided && !t->inverse ? n / 2 + 1 : n;
  t->parts_out = t->onesided && t->inverse ? 1 : 2;
  t->outer = gen_shape_product (&x->shape, 0, t->axis);
  t->inner = gen_shape_product (&x->shape, t->axis + 1, rank - 1);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenShape shape = x->shape;
  GenDft t;

  if (!gen_dft_init (&t, node, error))
    return FALSE;
  shape.dims[t.axis] = t.out;
  shape.dims[shape.rank - 1] = t.parts_out;
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

static inline double
get (gboolean wide, const void *x, gsize i)
{
  return wide ? ((const double *)x)[i] : ((const float *)x)[i];
}

static inline void
put (gboolean wide, void *y, gsize i, double value)
{
  if (wide)
    ((double *)y)[i] = value;
  else
    ((float *)y)[i] = value;
}

/* The operand of one transform, from element `at` on; elements lie `inner` apart. */
static void
load (const GenDft *t, gboolean wide, const void *x, gsize at, double *re, double *im)
{
  gsize n = MIN (t->in, t->n), step = t->inner * t->parts_in;

  if (t->onesided && t->inverse)
    n = MIN (n, t->n / 2 + 1);
  for (gsize i = 0; i < n; i++) {
    re[i] = get (wide, x, at + i * step);
    im[i] = t->parts_in == 2 ? get (wide, x, at + i * step + 1) : 0;
  }
  memset (re + n, 0, (t->n - n) * sizeof *re);
  memset (im + n, 0, (t->n - n) * sizeof *im);
  if (!t->onesided || !t->inverse)
    return;
  /* The other side mirrors this one; what mirrors itself is real. */
  im[0] = 0;
  if (t->n % 2 == 0)
    im[t->n / 2] = 0;
  for (gsize i = 1; 2 * i < t->n; i++) {
    re[t->n - i] = re[i];
    im[t->n - i] = -im[i];
  }
}

static void
store (const GenDft *t, gboolean wide, const double *re, const double *im, void *y, gsize at)
{
  gsize step = t->inner * t->parts_out;
  double factor = t->inverse ? 1.0 / t->n : 1;

  for (gsize i = 0; i < t->out; i++) {
    put (wide, y, at + i * step, re[i] * factor);
    if (t->parts_out == 2)
      put (wide, y, at + i * step + 1, im[i] * factor);
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Transform *transform = kernel->state;
  const GenDft *t = &transform->dft;
  double *re = (double *)kernel->scratch + part * transform->part_size, *im = re + t->n;
  gsize first, end;

  gen_kernel_share (t->outer * t->inner, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gsize o = i / t->inner, k = i % t->inner;

    load (t, transform->wide, kernel->inputs[0], (o * t->in * t->inner + k) * t->parts_in, re, im);
    /* Exchanged parts make the inverse. */
    if (t->inverse)
      gen_fourier_run (transform->fourier, im, re, im + t->n);
    else
      gen_fourier_run (transform->fourier, re, im, im + t->n);
    store (
        t, transform->wide, re, im, kernel->outputs[0], (o * t->out * t->inner + k) * t->parts_out);
  }
}

static void
transform_free (gpointer data)
{
  gen_fourier_free (((Transform *)data)->fourier);
  g_free (data);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  Transform *transform = g_new0 (Transform, 1);
  GenDft *t = &transform->dft;
  int parts;

  kernel->state = transform;
  kernel->free_state = transform_free;
  if (type != GEN_TYPE_FLOAT32 && type != GEN_TYPE_FLOAT64)
    return gen_node_error (kernel->node, error, "only float32 and float64 are supported");
  transform->wide = type == GEN_TYPE_FLOAT64;
  if (!gen_dft_init (t, kernel->node, error))
    return FALSE;
  transform->fourier = gen_fourier_new (t->n);
  transform->part_size =
      (2 * t->n + gen_fourier_scratch_size (transform->fourier) + 15) & ~(gsize)15;
  parts = gen_kernel_parts (kernel, t->outer * t->inner, 10.0 * t->n);
  parts = CLAMP (t->outer * t->inner, 1, (gsize)parts);
  kernel->scratch_size = parts * transform->part_size * sizeof (double);
  gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}

/* --- gradient --- */

static GenTensor *
build_transform (GenGraph *graph, GenTensor *x, const GenDft *t, gboolean inverse,
    gboolean onesided, GError **error)
{
  gint64 n = t->n;

  if (x == NULL)
    return NULL;
  return gen_graph_op (graph, "DFT", (GenTensor *[]){ x, gen_graph_ints (graph, &n, 1) }, 2, 1,
      error, "axis", GEN_INT, t->axis, "inverse", GEN_INT, inverse, "onesided", GEN_INT, onesided,
      NULL);
}

/* How often each of the kept values of an inverse of one side counts: 1 for what mirrors itself,
 * else 2; over n. */
static GenTensor *
mirror_weights (GenGraph *graph, const GenDft *t, int rank)
{
  GenShape shape = { .rank = rank };
  gsize kept = t->n / 2 + 1;
  float *weights = g_new (float, kept);

  for (int i = 0; i < rank; i++)
    shape.dims[i] = i == t->axis ? (gint64)kept : 1;
  for (gsize i = 0; i < kept; i++)
    weights[i] = (i == 0 || 2 * i == t->n ? 1.0 : 2.0) / t->n;
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (weights, kept * sizeof (float)));
}

/* `x` along the axis, cut or padded with zeros to `extent`. */
static GenTensor *
fit (GenGraph *graph, GenTensor *x, int axis, gint64 extent, GError **error)
{
  gint64 pads[2 * GEN_MAX_RANK] = { 0 }, zero = 0, on = axis;

  if (x == NULL || x->shape.dims[axis] == extent)
    return x;
  if (x->shape.dims[axis] > extent)
    return gen_graph_op (graph, "Slice",
        (GenTensor *[]){ x, gen_graph_ints (graph, &zero, 1), gen_graph_ints (graph, &extent, 1),
            gen_graph_ints (graph, &on, 1) },
        4, 1, error, NULL);
  pads[x->shape.rank + axis] = extent - x->shape.dims[axis];
  return gen_binary (graph, "Pad", x, gen_graph_ints (graph, pads, 2 * x->shape.rank), error);
}

/* The transform is linear, so its gradient is the transform by the conjugate of its matrix. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenTensor *x = gen_node_input (g->node, 0);
  GenTensor *dx = g->outputs[0];
  GenDft t;

  if (!gen_dft_init (&t, g->node, error))
    return FALSE;
  if (t.onesided && t.inverse) {
    dx = build_transform (g->graph, dx, &t, FALSE, TRUE, error);
    dx = gen_binary (g->graph, "Mul", dx, mirror_weights (g->graph, &t, x->shape.rank), error);
  } else {
    dx = build_transform (g->graph, dx, &t, !t.inverse, FALSE, error);
    dx = gen_build_times (g->graph, dx, t.inverse ? 1.0 / t.n : t.n, error);
  }
  dx = fit (g->graph, dx, t.axis, t.in, error);
  g->inputs[0] = fit (g->graph, dx, x->shape.rank - 1, t.parts_in, error);
  return g->inputs[0] != NULL;
}

static GenDataType
computes_in (const GenNode *node, GenDataType type)
{
  return gen_type_computed (type);
}

const GenOperator gen_operator_dft = {
  .name = "DFT",
  .summary = "Discrete Fourier transform along an axis",
  .since = 17,
  .min_inputs = 1,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .widens = 0x1,
  .computes_in = computes_in,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
