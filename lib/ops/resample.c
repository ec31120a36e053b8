/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling by tables: for each result along an axis, up to four positions and weights. Nearest,
 * linear and cubic differ in their tables alone, and so do ONNX's seven ways to say where a
 * result lies; the gradient reads the same tables backwards. */
#include "resample.h"

#include <math.h>
#include <string.h>

#include "../simd.h"

typedef struct {
  gint64 in, out;
  int n; /* taps of each result */
  int *positions;
  float *weights;
} Axis;

typedef struct {
  Axis axes[GEN_RESAMPLE_AXES];
  gsize outer, inner, in_pixels, out_pixels;
} Resample;

gboolean
gen_resample_scales (const GenNode *node, const GenTensor *scales, const GenTensor *sizes,
    const GenShape *in, GenShape *out, double *factors, GError **error)
{
  int n_axes, n = 0;
  const gint64 *axes = gen_node_ints (node, "axes", &n_axes);
  const float *values = gen_tensor_constant (scales);
  gboolean by_scales = scales != NULL && gen_shape_elements (&scales->shape) > 0;
  gint64 extents[GEN_MAX_RANK];

  *out = *in;
  for (int i = 0; i < in->rank; i++)
    factors[i] = 1;
  n = by_scales ? gen_shape_elements (&scales->shape) : 0;
  if (by_scales ? values == NULL || scales->type != GEN_TYPE_FLOAT32
                : !gen_tensor_ints (sizes, extents, GEN_MAX_RANK, &n))
    return gen_node_error (node, error, "its scales or sizes must be known before it runs");
  if (n != (axes != NULL ? n_axes : in->rank))
    return gen_node_error (node, error, "it has %d scales or sizes", n);
  for (int i = 0; i < n; i++) {
    int axis = axes != NULL ? gen_axis (axes[i], in->rank) : i;
    double extent;

    if (axis < 0)
      return gen_node_error (node, error, "attribute axes names an axis that is not there");
    extent = by_scales ? floor (in->dims[axis] * (double)values[i]) : (double)extents[i];
    if (!(extent >= 1 && extent < 1e9))
      return gen_node_error (node, error, "an extent of %g is not allowed", extent);
    out->dims[axis] = (gint64)extent;
    factors[axis] = by_scales ? values[i] : extent / MAX (in->dims[axis], 1);
  }
  return TRUE;
}

/* Where result `at` lies in the input. */
static double
origin (const char *mode, gint64 at, const Axis *axis, double factor)
{
  if (strcmp (mode, "asymmetric") == 0)
    return at / factor;
  if (strcmp (mode, "align_corners") == 0)
    return axis->out == 1 ? 0 : (double)at * (axis->in - 1) / (axis->out - 1);
  if (strcmp (mode, "pytorch_half_pixel") == 0 && axis->out == 1)
    return 0;
  if (strcmp (mode, "tf_half_pixel_for_nn") == 0)
    return (at + 0.5) / factor;
  if (strcmp (mode, "half_pixel_symmetric") == 0)
    return axis->in / 2.0 * (1 - axis->out / (factor * axis->in)) + (at + 0.5) / factor - 0.5;
  return (at + 0.5) / factor - 0.5;
}

static double
nearest (const char *rounding, double x)
{
  if (strcmp (rounding, "floor") == 0)
    return floor (x);
  if (strcmp (rounding, "ceil") == 0)
    return ceil (x);
  return strcmp (rounding, "round_prefer_ceil") == 0 ? floor (x + 0.5) : ceil (x - 0.5);
}

/* Keys' kernel at distance `d`. */
static double
cubic (double d, double a)
{
  d = fabs (d);
  return d <= 1  ? ((a + 2) * d - (a + 3)) * d * d + 1
         : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
                 : 0;
}

static void
init_axis (Axis *axis, const GenNode *node, gint64 in, gint64 out, double factor)
{
  const char *mode = gen_node_string (node, "mode", "nearest");
  gboolean old = node->op->domain == NULL && node->opset < 11;
  const char *where =
      gen_node_string (node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const char *rounding =
      gen_node_string (node, "nearest_mode", old ? "floor" : "round_prefer_floor");
  double a = gen_node_float (node, "cubic_coeff_a", -0.75f);
  gboolean excludes = gen_node_int (node, "exclude_outside", 0) != 0;

  *axis = (Axis){ in, out };
  axis->n = out == in && factor == 1 ? 1 : *mode == 'n' ? 1 : *mode == 'l' ? 2 : 4;
  axis->positions = g_new (int, out * axis->n);
  axis->weights = g_new (float, out * axis->n);
  for (gint64 o = 0; o < out; o++) {
    double x = origin (where, o, axis, factor), from = floor (x), total = 0;

    if (axis->n == 1)
      from = *mode == 'n' ? nearest (rounding, x) : x;
    for (int k = 0; k < axis->n; k++) {
      double position = axis->n == 4 ? from - 1 + k : from + k;
      double weight = axis->n == 1   ? 1
                      : axis->n == 2 ? 1 - fabs (x - position)
                                     : cubic (x - position, a);

      if (excludes && axis->n == 4 && (position < 0 || position >= in))
        weight = 0;
      total += weight;
      axis->positions[o * axis->n + k] = (int)CLAMP (position, 0, in - 1);
      axis->weights[o * axis->n + k] = weight;
    }
    for (int k = 0; k < axis->n; k++)
      axis->weights[o * axis->n + k] /= total;
  }
}

GEN_CLONES static void
add (float *out, const float *x, float factor, gsize n)
{
  for (gsize i = 0; i < n; i++)
    out[i] += factor * x[i];
}

/* One picture: out += tables (in), or its transpose. */
static void
resample (const Resample *r, const float *x, float *y, gboolean backwards, gsize first, gsize end)
{
  const Axis *a = r->axes;

  for (gsize pixel = first; pixel < end; pixel++) {
    gint64 o2 = pixel % a[2].out, o1 = pixel / a[2].out % a[1].out;
    gint64 o0 = pixel / a[2].out / a[1].out;

    for (int k0 = 0; k0 < a[0].n; k0++)
      for (int k1 = 0; k1 < a[1].n; k1++)
        for (int k2 = 0; k2 < a[2].n; k2++) {
          gint64 i0 = o0 * a[0].n + k0, i1 = o1 * a[1].n + k1, i2 = o2 * a[2].n + k2;
          gsize position = ((gsize)a[0].positions[i0] * a[1].in + a[1].positions[i1]) * a[2].in +
                           a[2].positions[i2];
          float weight = a[0].weights[i0] * a[1].weights[i1] * a[2].weights[i2];

          if (backwards)
            add (y + position * r->inner, x + pixel * r->inner, weight, r->inner);
          else
            add (y + pixel * r->inner, x + position * r->inner, weight, r->inner);
        }
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Resample *r = kernel->state;
  gsize first, end;

  gen_kernel_share (r->outer * r->out_pixels, 1, part, parts, &first, &end);
  memset (
      (float *)kernel->outputs[0] + first * r->inner, 0, (end - first) * r->inner * sizeof (float));
  while (first < end) {
    gsize outer = first / r->out_pixels, from = first % r->out_pixels;
    gsize to = MIN (r->out_pixels, from + end - first);

    resample (r, (const float *)kernel->inputs[0] + outer * r->in_pixels * r->inner,
        (float *)kernel->outputs[0] + outer * r->out_pixels * r->inner, FALSE, from, to);
    first += to - from;
  }
}

static void
run_backwards (const GenKernel *kernel, int part, int parts)
{
  const Resample *r = kernel->state;
  gsize first, end;

  gen_kernel_share (r->outer, 1, part, parts, &first, &end);
  for (gsize outer = first; outer < end; outer++) {
    float *dx = (float *)kernel->outputs[0] + outer * r->in_pixels * r->inner;

    memset (dx, 0, r->in_pixels * r->inner * sizeof *dx);
    resample (r, (const float *)kernel->inputs[0] + outer * r->out_pixels * r->inner, dx, TRUE, 0,
        r->out_pixels);
  }
}

static void
resample_free (gpointer data)
{
  Resample *r = data;

  for (int i = 0; i < GEN_RESAMPLE_AXES; i++) {
    g_free (r->axes[i].positions);
    g_free (r->axes[i].weights);
  }
  g_free (r);
}

gboolean
gen_resample_cpu (GenKernel *kernel, const GenShape *in, const GenShape *out, const double *factors,
    gboolean backwards, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  gboolean channels_last = x->layout == GEN_LAYOUT_CHANNELS_LAST;
  int leading = channels_last ? 2 : MAX (0, in->rank - GEN_RESAMPLE_AXES), parts;
  Resample *r;

  if (x->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  for (int i = 0; i < leading; i++)
    if (in->dims[i] != out->dims[i])
      return gen_node_error (node, error, "axis %d cannot be resized", i);
  if (gen_shape_elements (in) == 0 || gen_shape_elements (out) == 0)
    return gen_node_error (node, error, "its tensors must not be empty");
  r = g_new0 (Resample, 1);
  kernel->state = r;
  kernel->free_state = resample_free;
  r->outer = channels_last ? in->dims[0] : gen_shape_product (in, 0, leading);
  r->inner = channels_last ? in->dims[1] : 1;
  r->in_pixels = r->out_pixels = 1;
  for (int i = 0; i < GEN_RESAMPLE_AXES; i++) {
    int axis = in->rank - GEN_RESAMPLE_AXES + i;
    gboolean there = axis >= leading;

    init_axis (&r->axes[i], node, there ? in->dims[axis] : 1, there ? out->dims[axis] : 1,
        there ? factors[axis] : 1);
    r->in_pixels *= r->axes[i].in;
    r->out_pixels *= r->axes[i].out;
  }
  parts = gen_kernel_parts (kernel, r->outer * r->out_pixels * r->inner, 2);
  gen_kernel_add_step (kernel, backwards ? run_backwards : run,
      backwards ? (int)MIN ((gsize)parts, r->outer) : parts);
  return TRUE;
}
