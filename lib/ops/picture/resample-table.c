/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What results of resampling are made of, along one axis. Nearest, linear and cubic, their smoothed
 * forms, and ONNX's ways to say where a result lies differ in these tables alone. */
#include "resample.h"

#include <math.h>
#include <string.h>

#include "../number.h"

/* The factor that all axes share where the aspect ratio is kept; 0 where it is not. */
static double
common_factor (const char *policy, const GenShape *in, const gint64 *sizes, const int *axes, int n)
{
  gboolean larger = strcmp (policy, "not_smaller") == 0;
  double factor = larger ? 0 : INFINITY;

  if (strcmp (policy, "stretch") == 0)
    return 0;
  for (int i = 0; i < n; i++) {
    double one = (double)sizes[i] / (double)MAX (in->dims[axes[i]], 1);

    factor = larger ? MAX (factor, one) : MIN (factor, one);
  }
  return factor;
}

static gboolean
read_region (GenResampling *r, const GenNode *node, const GenTensor *region, const int *axes, int n,
    GError **error)
{
  const void *data = gen_tensor_constant (region);

  for (int i = 0; i < r->in.rank; i++) {
    r->starts[i] = 0;
    r->ends[i] = 1;
  }
  if (strcmp (gen_node_string (node, "coordinate_transformation_mode", ""), "tf_crop_and_resize") !=
      0)
    return TRUE;
  if (data == NULL || gen_shape_elements (&region->shape) != 2 * n ||
      !gen_number_has (region->type))
    return gen_node_error (
        node, error, "its roi must be constant, with a start and an end for each of %d axes", n);
  for (int i = 0; i < n; i++) {
    r->starts[axes[i]] = gen_number_get (region->type, data, i);
    r->ends[axes[i]] = gen_number_get (region->type, data, n + i);
  }
  return TRUE;
}

/* The axes that scales, sizes and the region are about. */
static gboolean
read_axes (const GenNode *node, int rank, int axes[GEN_MAX_RANK], int *n, GError **error)
{
  const gint64 *given = gen_node_ints (node, "axes", n);

  if (given == NULL)
    *n = rank;
  if (*n > rank)
    return gen_node_error (node, error, "it has %d axes for %d dimensions", *n, rank);
  for (int i = 0; i < *n; i++) {
    axes[i] = given != NULL ? gen_axis (given[i], rank) : i;
    if (axes[i] < 0)
      return gen_node_error (node, error, "attribute axes names an axis that is not there");
  }
  return TRUE;
}

gboolean
gen_resampling_init (GenResampling *r, const GenNode *node, const GenShape *in,
    const GenResampleInputs *inputs, GError **error)
{
  const float *scales = gen_tensor_constant (inputs->scales);
  int n_scales = 0, axes[GEN_MAX_RANK], n_axes, n = 0;
  const float *attribute = gen_node_floats (node, "scales", &n_scales);
  gboolean by_scales = inputs->scales != NULL && gen_shape_elements (&inputs->scales->shape) > 0;
  gint64 sizes[GEN_MAX_RANK];
  double common = 0;

  *r = (GenResampling){ .in = *in, .out = *in };
  if (!read_axes (node, in->rank, axes, &n_axes, error))
    return FALSE;
  if (attribute != NULL) {
    scales = attribute;
    n = n_scales;
    by_scales = TRUE;
  } else if (by_scales) {
    if (scales == NULL || inputs->scales->type != GEN_TYPE_FLOAT32)
      return gen_node_error (node, error, "its scales must be constant and float32");
    n = (int)MIN (gen_shape_elements (&inputs->scales->shape), G_MAXINT);
  } else if (!gen_tensor_ints (inputs->sizes, sizes, GEN_MAX_RANK, &n)) {
    return gen_node_error (node, error, "its scales or sizes must be known before it runs");
  }
  if (n != n_axes)
    return gen_node_error (node, error, "it has %d scales or sizes for %d axes", n, n_axes);
  if (!by_scales)
    common = common_factor (
        gen_node_string (node, "keep_aspect_ratio_policy", "stretch"), in, sizes, axes, n);
  for (int i = 0; i < in->rank; i++)
    r->factors[i] = 1;
  for (int i = 0; i < n; i++) {
    double extent = (double)in->dims[axes[i]], factor = by_scales ? scales[i] : common;
    double result = by_scales ? floor (extent * factor) : floor (extent * common + 0.5);

    if (!by_scales && common == 0) {
      result = (double)sizes[i];
      factor = result / MAX (extent, 1);
    }
    if (!(result >= 1 && result < 1e9))
      return gen_node_error (node, error,
          "an extent of %g times %g is %g, and should be from 1 to 1e9", extent, factor, result);
    r->out.dims[axes[i]] = (gint64)result;
    r->factors[axes[i]] = factor;
  }
  return read_region (r, node, inputs->region, axes, n, error);
}

typedef struct {
  const char *mode, *where, *rounding;
  double a; /* of the cubic kernel */
  gboolean excludes, smooths;
} Method;

static Method
method_of (const GenNode *node)
{
  gboolean old = node->op->domain == NULL && node->opset < 11;

  return (Method){ gen_node_string (node, "mode", "nearest"),
    gen_node_string (node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
    gen_node_string (node, "nearest_mode", old ? "floor" : "round_prefer_floor"),
    gen_node_float (node, "cubic_coeff_a", -0.75f), gen_node_int (node, "exclude_outside", 0) != 0,
    gen_node_int (node, "antialias", 0) != 0 };
}

/* Where result `at` lies in the operand. */
static double
origin (const char *where, double at, const GenResampling *r, int axis)
{
  double in = (double)r->in.dims[axis], out = (double)r->out.dims[axis];
  double factor = r->factors[axis], start = r->starts[axis], end = r->ends[axis];

  if (strcmp (where, "asymmetric") == 0)
    return at / factor;
  if (strcmp (where, "align_corners") == 0)
    return out == 1 ? 0 : at * (in - 1) / (out - 1);
  if (strcmp (where, "tf_crop_and_resize") == 0)
    return out > 1 ? start * (in - 1) + at * (end - start) * (in - 1) / (out - 1)
                   : 0.5 * (start + end) * (in - 1);
  if (strcmp (where, "pytorch_half_pixel") == 0 && out == 1)
    return 0;
  if (strcmp (where, "tf_half_pixel_for_nn") == 0)
    return (at + 0.5) / factor;
  if (strcmp (where, "half_pixel_symmetric") == 0)
    return in / 2 * (1 - out / (factor * in)) + (at + 0.5) / factor - 0.5;
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

/* The kernel at distance `d`: linear's triangle, or Keys' cubic. */
static double
kernel_at (const Method *method, double d)
{
  double a = method->a;

  d = fabs (d);
  if (*method->mode == 'l')
    return MAX (1 - d, 0);
  return d <= 1  ? ((a + 2) * d - (a + 3)) * d * d + 1
         : d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
                 : 0;
}

/* How far taps are from a result; `narrow` below 1 widens the kernel. */
static gint64
reach_of (const Method *method, double narrow)
{
  return (gint64)ceil ((*method->mode == 'l' ? 1 : 2) / narrow);
}

/* The entries of a result at `x`, of which the table has room for `most`; what lies beyond the
 * operand is its border's. */
static gint64
add_entries (GenResampleTable *t, const Method *method, double x, double narrow, gint64 at)
{
  gint64 reach = reach_of (method, narrow), first = at;
  double total = 0;

  if (*method->mode == 'n') {
    t->positions[at] = (gint64)CLAMP (nearest (method->rounding, x), 0, (double)t->in - 1);
    t->weights[at] = 1;
    return at + 1;
  }
  for (gint64 k = -reach; k <= reach; k++) {
    double position = floor (x) + (double)k;
    double weight = kernel_at (method, (x - position) * narrow);

    if (weight == 0 || (method->excludes && (position < 0 || position >= (double)t->in)))
      continue;
    t->positions[at] = (gint64)CLAMP (position, 0, (double)t->in - 1);
    t->weights[at++] = (float)weight;
    total += weight;
  }
  for (gint64 i = first; i < at; i++)
    t->weights[i] = (float)(t->weights[i] / total);
  return at;
}

void
gen_resample_table_init (GenResampleTable *t, const GenNode *node, const GenResampling *r, int axis)
{
  Method method = method_of (node);
  double narrow = method.smooths ? MIN (r->factors[axis], 1) : 1;
  gint64 most = *method.mode == 'n' ? 1 : 2 * reach_of (&method, narrow) + 1, at = 0;
  gboolean crops = strcmp (method.where, "tf_crop_and_resize") == 0;

  *t = (GenResampleTable){ .in = r->in.dims[axis], .out = r->out.dims[axis] };
  t->starts = g_new (gint64, t->out + 1);
  t->positions = g_new (gint64, t->out * most);
  t->weights = g_new (float, t->out *most);
  t->outside = crops ? g_new0 (guint8, t->out) : NULL;
  t->takes = *method.mode == 'n' && !crops;
  for (gint64 i = 0; i < t->out; i++) {
    double x = origin (method.where, (double)i, r, axis);

    t->starts[i] = at;
    if (crops && !(x >= 0 && x <= (double)t->in - 1))
      t->outside[i] = 1;
    else
      at = add_entries (t, &method, x, narrow, at);
  }
  t->starts[t->out] = at;
  /* What lies within as a whole need not be looked at again. */
  if (crops && memchr (t->outside, 1, (gsize)t->out) == NULL)
    g_clear_pointer (&t->outside, g_free);
}

void
gen_resample_table_transpose (GenResampleTable *t)
{
  gint64 n = t->starts[t->out], *starts = g_new0 (gint64, t->in + 2);
  gint64 *positions = g_new (gint64, MAX (n, 1)), extent = t->in;
  float *weights = g_new (float, MAX (n, 1));

  /* starts[p + 1] is where the next entry of p goes, and ends up as where p + 1 begins. */
  for (gint64 i = 0; i < n; i++)
    starts[t->positions[i] + 2]++;
  for (gint64 p = 2; p < extent + 2; p++)
    starts[p] += starts[p - 1];
  for (gint64 o = 0; o < t->out; o++)
    for (gint64 i = t->starts[o]; i < t->starts[o + 1]; i++) {
      gint64 to = starts[t->positions[i] + 1]++;

      positions[to] = o;
      weights[to] = t->weights[i];
    }
  gen_resample_table_clear (t);
  *t = (GenResampleTable){ t->out, extent, starts, positions, weights, NULL, FALSE };
}

void
gen_resample_table_clear (GenResampleTable *t)
{
  g_free (t->starts);
  g_free (t->positions);
  g_free (t->weights);
  g_free (t->outside);
}
