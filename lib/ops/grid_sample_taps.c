/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pixels that a sample is made of: positions and weights along each axis, multiplied out. A
 * coordinate beyond the picture is first clamped or reflected, then each tap is. */
#include "grid_sample.h"

#include <math.h>
#include <string.h>

/* Keys' cubic with PyTorch's coefficient. */
#define CUBIC_A -0.75f

/* Taps along one axis; a position of -1 counts for nothing. */
typedef struct {
  gint64 positions[4];
  float weights[4], slopes[4];
} AxisTaps;

gboolean
gen_sampler_init (GenSampler *s, const GenNode *node, guint picture, guint grid, GError **error)
{
  const GenTensor *x = gen_node_input (node, picture), *g = gen_node_input (node, grid);
  const char *mode = gen_node_string (node, "mode", "linear");
  const char *padding = gen_node_string (node, "padding_mode", "zeros");
  int axes = x->shape.rank - 2;

  if (x->type != GEN_TYPE_FLOAT32 || g->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  if (axes < 1 || axes > GEN_SAMPLE_AXES || g->shape.rank != x->shape.rank ||
      g->shape.dims[0] != x->shape.dims[0] || g->shape.dims[g->shape.rank - 1] != axes)
    return gen_node_error (node, error,
        "it takes a picture [batch, channels, 1 to 3 extents…] and a grid [batch, extents…, %d]",
        axes);
  *s = (GenSampler){ .axes = axes,
    .batch = x->shape.dims[0],
    .channels = x->shape.dims[1],
    .corners = gen_node_int (node, "align_corners", 0) != 0,
    .in_pixels = gen_shape_product (&x->shape, 2, x->shape.rank),
    .out_pixels = gen_shape_product (&g->shape, 1, g->shape.rank - 1) };
  memcpy (s->extents, x->shape.dims + 2, axes * sizeof *s->extents);
  if (s->in_pixels == 0 || s->in_pixels > G_MAXINT32)
    return gen_node_error (node, error, "its picture is empty or too large");
  if (strcmp (mode, "nearest") != 0 && !g_str_has_suffix (mode, "linear") &&
      !g_str_has_suffix (mode, "cubic"))
    return gen_node_error (node, error, "mode '%s' is not one of linear, nearest and cubic", mode);
  if (strcmp (padding, "zeros") != 0 && strcmp (padding, "border") != 0 &&
      strcmp (padding, "reflection") != 0)
    return gen_node_error (
        node, error, "padding_mode '%s' is not one of zeros, border and reflection", padding);
  s->mode = strcmp (mode, "nearest") == 0       ? GEN_SAMPLE_NEAREST
            : g_str_has_suffix (mode, "linear") ? GEN_SAMPLE_LINEAR
                                                : GEN_SAMPLE_CUBIC;
  s->padding = *padding == 'z'   ? GEN_SAMPLE_ZEROS
               : *padding == 'b' ? GEN_SAMPLE_BORDER
                                 : GEN_SAMPLE_REFLECTION;
  return TRUE;
}

/* `x` reflected at both borders until it is within; its slope turns around each time. */
static float
reflect (float x, float low, float high, float *slope)
{
  float range = high - low, beyond, times;

  if (x >= low && x <= high)
    return x;
  if (!(range > 0) || !isfinite (x)) {
    *slope = 0;
    return low;
  }
  beyond = x < low ? low - x : x - high;
  times = floorf (beyond / range);
  beyond -= times * range;
  if (fmodf (times, 2) == 0) {
    *slope = -*slope;
    return x < low ? low + beyond : high - beyond;
  }
  return x < low ? high - beyond : low + beyond;
}

static gint64
pad_position (const GenSampler *s, gint64 position, gint64 extent)
{
  float low = s->corners ? 0 : -0.5f, high = (float)extent - (s->corners ? 1 : 0.5f), unused = 1;

  if (position >= 0 && position < extent)
    return position;
  if (s->padding == GEN_SAMPLE_ZEROS)
    return -1;
  if (s->padding == GEN_SAMPLE_REFLECTION)
    position = (gint64)reflect ((float)position, low, high, &unused);
  return CLAMP (position, 0, extent - 1);
}

static void
cubic_weights (float t, float weights[4], float slopes[4])
{
  const float a = CUBIC_A;

  for (int k = 0; k < 4; k++) {
    /* Positive left of the sample, negative right of it. */
    float d = t + 1 - (float)k, m = fabsf (d), side = d < 0 ? -1 : 1;

    weights[k] =
        m <= 1 ? ((a + 2) * m - (a + 3)) * m * m + 1 : ((a * m - 5 * a) * m + 8 * a) * m - 4 * a;
    slopes[k] =
        side * (m <= 1 ? (3 * (a + 2) * m - 2 * (a + 3)) * m : (3 * a * m - 10 * a) * m + 8 * a);
  }
}

static void
axis_taps (const GenSampler *s, float g, gint64 extent, AxisTaps *taps)
{
  float last = (float)extent - 1, low = s->corners ? 0 : -0.5f;
  float high = s->corners ? last : last + 0.5f;
  float slope = (s->corners ? last : (float)extent) / 2;
  float x = s->corners ? (g + 1) / 2 * last : ((g + 1) * (float)extent - 1) / 2, t;
  gint64 at;

  if (s->mode == GEN_SAMPLE_NEAREST)
    x = rintf (x);
  if (s->padding == GEN_SAMPLE_BORDER && !(x >= low && x <= high)) {
    x = x < low ? 0 : last;
    slope = 0;
  } else if (s->padding == GEN_SAMPLE_REFLECTION) {
    x = reflect (x, low, high, &slope);
  }
  /* Far enough outside for no tap to be inside, and no number to be too large. */
  if (!(x > -8 && x < last + 8))
    x = -8;
  at = (gint64)floorf (x);
  t = x - (float)at;
  if (s->mode == GEN_SAMPLE_NEAREST) {
    taps->positions[0] = pad_position (s, (gint64)rintf (x), extent);
    taps->weights[0] = 1;
    taps->slopes[0] = 0;
    return;
  }
  if (s->mode == GEN_SAMPLE_LINEAR) {
    taps->weights[0] = 1 - t;
    taps->weights[1] = t;
    taps->slopes[0] = -1;
    taps->slopes[1] = 1;
  } else {
    cubic_weights (t, taps->weights, taps->slopes);
    at--;
  }
  for (int k = 0; k < (s->mode == GEN_SAMPLE_LINEAR ? 2 : 4); k++) {
    taps->positions[k] = pad_position (s, at + k, extent);
    taps->slopes[k] *= slope;
  }
}

/* Tap number `tap`, whose digits are the taps of the axes. */
static void
combine (const GenSampler *s, const AxisTaps *axes, int tap, int per_axis, gsize i, gboolean slopes,
    GenSampleTaps *taps)
{
  float weight = 1, slope[GEN_SAMPLE_AXES] = { 1, 1, 1 };
  gint64 position = 0;
  gboolean outside = FALSE;

  for (int axis = 0, rest = tap; axis < s->axes; axis++, rest /= per_axis) {
    int k = rest % per_axis;

    outside |= axes[axis].positions[k] < 0;
    position = position * s->extents[axis] + MAX (axes[axis].positions[k], 0);
    weight *= axes[axis].weights[k];
    for (int other = 0; slopes && other < s->axes; other++)
      slope[other] *= other == axis ? axes[axis].slopes[k] : axes[axis].weights[k];
  }
  taps->positions[tap][i] = outside ? 0 : (gint32)position;
  taps->weights[tap][i] = outside ? 0 : weight;
  for (int axis = 0; slopes && axis < s->axes; axis++)
    taps->slopes[axis][tap][i] = outside ? 0 : slope[axis];
}

void
gen_sampler_taps (
    const GenSampler *s, const float *grid, gsize n, gboolean slopes, GenSampleTaps *taps)
{
  int per_axis = s->mode == GEN_SAMPLE_NEAREST ? 1 : s->mode == GEN_SAMPLE_LINEAR ? 2 : 4;
  AxisTaps axes[GEN_SAMPLE_AXES];

  taps->taps = 1;
  for (int axis = 0; axis < s->axes; axis++)
    taps->taps *= per_axis;
  for (gsize i = 0; i < n; i++) {
    for (int axis = 0; axis < s->axes; axis++)
      axis_taps (s, grid[i * s->axes + s->axes - 1 - axis], s->extents[axis], &axes[axis]);
    for (int tap = 0; tap < taps->taps; tap++)
      combine (s, axes, tap, per_axis, i, slopes, taps);
  }
}
