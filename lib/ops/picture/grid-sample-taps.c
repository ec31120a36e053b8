/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pixels that a sample is made of: positions and weights along each axis, multiplied out. A
 * coordinate beyond the picture is first clamped or reflected, then each tap is. */
#include "grid-sample-axis.h"

#include <string.h>

#include "../../simd.h"

gboolean
gen_sampler_init (GenSampler *s, const GenNode *node, guint picture, guint grid, GError **error)
{
  const GenTensor *x = gen_node_input (node, picture), *g = gen_node_input (node, grid);
  const char *mode = gen_node_string (node, "mode", "linear");
  const char *padding = gen_node_string (node, "padding_mode", "zeros");
  int axes = x->shape.rank - 2;

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

/* Tap number `tap`, whose digits are the taps of the axes. */
static void
combine (const GenSampler *s, const GenAxisTaps *axes, int tap, int per_axis, gsize i,
    gboolean slopes, GenSampleTaps *taps)
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

/* --- linear samples of pictures of two axes, in vectors --- */

/* The two pixels along an axis, and their shares; nothing of what lies beyond where that is 0. */
typedef struct {
  gint32 positions[2][GEN_SAMPLE_BLOCK];
  float weights[2][GEN_SAMPLE_BLOCK];
} Pairs;

/* As gen_sampler_axis_taps; `grid` holds the coordinates of the axis, two apart. */
static inline __attribute__ ((always_inline)) void
find_pairs (const GenSampler *s, const float *grid, gsize n, gint32 extent, Pairs *pairs)
{
  const float last = (float)extent - 1, low = s->corners ? 0 : -0.5f, high = last - low;
  const float factor = s->corners ? last : (float)extent, less = s->corners ? 0 : 1;
  const gboolean border = s->padding == GEN_SAMPLE_BORDER;

  for (gsize i = 0; i < n; i++) {
    const float given = ((grid[2 * i] + 1) * factor - less) / 2;
    const float clamped = given < low ? 0 : given <= high ? given : last;
    const float x = border ? clamped : given;
    const float within = (x > -8) & (x < last + 8) ? x : -8;
    const gint32 cut = (gint32)within, at = cut - (within < (float)cut);
    const float t = within - (float)at;
    const gboolean first = (at >= 0) & (at <= extent - 1);
    const gboolean second = (at >= -1) & (at < extent - 1);

    pairs->positions[0][i] = CLAMP (at, 0, extent - 1);
    pairs->positions[1][i] = CLAMP (at + 1, 0, extent - 1);
    pairs->weights[0][i] = first | border ? 1 - t : 0;
    pairs->weights[1][i] = second | border ? t : 0;
  }
}

GEN_CLONES (void, linear_taps,
    (const GenSampler *s, const float *grid, gsize n, GenSampleTaps *taps), (s, grid, n, taps))
{
  const gint32 width = (gint32)s->extents[1];
  Pairs rows, columns;

  find_pairs (s, grid + 1, n, (gint32)s->extents[0], &rows);
  find_pairs (s, grid, n, width, &columns);
  for (int tap = 0; tap < 4; tap++)
    for (gsize i = 0; i < n; i++) {
      taps->positions[tap][i] = rows.positions[tap & 1][i] * width + columns.positions[tap >> 1][i];
      taps->weights[tap][i] = rows.weights[tap & 1][i] * columns.weights[tap >> 1][i];
    }
}

void
gen_sampler_taps (
    const GenSampler *s, const float *grid, gsize n, gboolean slopes, GenSampleTaps *taps)
{
  int per_axis = gen_sampler_taps_per_axis (s);
  GenAxisTaps axes[GEN_SAMPLE_AXES];

  taps->taps = 1;
  for (int axis = 0; axis < s->axes; axis++)
    taps->taps *= per_axis;
  if (s->mode == GEN_SAMPLE_LINEAR && s->padding != GEN_SAMPLE_REFLECTION && s->axes == 2 &&
      !slopes) {
    linear_taps (s, grid, n, taps);
    return;
  }
  for (gsize i = 0; i < n; i++) {
    for (int axis = 0; axis < s->axes; axis++)
      gen_sampler_axis_taps (
          s, grid[i * s->axes + s->axes - 1 - axis], s->extents[axis], &axes[axis]);
    for (int tap = 0; tap < taps->taps; tap++)
      combine (s, axes, tap, per_axis, i, slopes, taps);
  }
}
