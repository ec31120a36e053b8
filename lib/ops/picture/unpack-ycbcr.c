/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UnpackPicture of Y'CbCr 4:2:0 in one pass: a row of chroma is made between the two nearest, then
 * columns between its own, then levels of R'G'B', a chunk at a time in buffers on the stack. Levels
 * that no byte could hold are cut off, but none is rounded. */
#include "../unpack.h"

#include <string.h>

#include "../../simd.h"

/* Pixels that are worked on at a time; even. */
#define CHUNK 256

typedef struct {
  GenPictureGeometry geometry;
  gboolean channels_last, bgr;
  float scale[3], shift[3]; /* of levels */
} Unpack;

/* A row of Cb and one of Cr, with a pair more at both ends. */
typedef struct {
  float row[2][1 + CHUNK / 2 + 1];
} Pairs;

/* Between two rows, of bytes `step` apart. */
static inline __attribute__ ((always_inline)) void
mix (const guint8 *near, const guint8 *far, float weight, gsize step, float *out, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    const float a = near[step * i], b = far[step * i];

    out[i] = (b - a) * weight + a - 128;
  }
}

GEN_CLONES (void, mix_plane,
    (const guint8 *near, const guint8 *far, float weight, float *out, gsize n),
    (near, far, weight, out, n))
{
  mix (near, far, weight, 1, out, n);
}

GEN_CLONES (void, mix_pairs,
    (const guint8 *near, const guint8 *far, float weight, float *cb, float *cr, gsize n),
    (near, far, weight, cb, cr, n))
{
  mix (near, far, weight, 2, cb, n);
  mix (near + 1, far + 1, weight, 2, cr, n);
}

/* Of pairs, of which there is one before and one behind, the even columns and the odd ones: by how
 * much these are those that are farther. */
GEN_CLONES (void, spread, (const float *row, float even, float odd, float *out, gsize n),
    (row, even, odd, out, n))
{
  const float *before = row - 1, *behind = row + 1;

  for (gsize i = 0; i < n; i++) {
    out[2 * i] = (before[i] - row[i]) * even + row[i];
    out[2 * i + 1] = (behind[i] - row[i]) * odd + row[i];
  }
}

static inline float
cut (float v)
{
  v = v > 0.0f ? v : 0.0f;
  return v < 255.0f ? v : 255.0f;
}

/* Numbers `step` apart. */
static inline __attribute__ ((always_inline)) void
make_numbers (const Unpack *unpack, const guint8 *y, const float *cb, const float *cr, float *r,
    float *g, float *b, gsize step, gsize n)
{
  const GenPictureColour *colour = &unpack->geometry.colour;
  const float level = colour->level, black = -colour->black * level;
  const float r_cr = colour->of_cr[0], g_cb = colour->of_cb[1], g_cr = colour->of_cr[1],
              b_cb = colour->of_cb[2];
  const float scale[] = { unpack->scale[0], unpack->scale[1], unpack->scale[2] };
  const float shift[] = { unpack->shift[0], unpack->shift[1], unpack->shift[2] };

  for (gsize i = 0; i < n; i++) {
    const float grey = y[i] * level + black;

    r[i * step] = cut (grey + cr[i] * r_cr) * scale[0] + shift[0];
    g[i * step] = cut (grey + cb[i] * g_cb + cr[i] * g_cr) * scale[1] + shift[1];
    b[i * step] = cut (grey + cb[i] * b_cb) * scale[2] + shift[2];
  }
}

GEN_CLONES (void, make_planes,
    (const Unpack *unpack, const guint8 *y, const float *cb, const float *cr, float *r, float *g,
        float *b, gsize n),
    (unpack, y, cb, cr, r, g, b, n))
{
  make_numbers (unpack, y, cb, cr, r, g, b, 1, n);
}

GEN_CLONES (void, make_pixels,
    (const Unpack *unpack, const guint8 *y, const float *cb, const float *cr, float *out, gsize n),
    (unpack, y, cb, cr, out, n))
{
  make_numbers (unpack, y, cb, cr, out, out + 1, out + 2, 3, n);
}

/* `n` pairs from `first` on, and their neighbours, for row `y` of the frame. */
static void
read_pairs (
    const Unpack *unpack, const guint8 *const *planes, gsize y, gsize first, gsize n, Pairs *pairs)
{
  const GenPictureGeometry *g = &unpack->geometry;
  gsize width = ((gsize)g->columns * g->width + 1) / 2, rows = gen_picture_plane (g, 1).rows;
  gsize near = y / 2, far = near, begin = first - (first > 0), end = MIN (first + n + 1, width);
  gsize at = 1 - (first - begin), last = at + end - begin - 1;
  float weight = g->colour.sited_y ? 0.5f : 0.25f;

  if (y % 2 == 1)
    far = MIN (near + 1, rows - 1);
  else if (!g->colour.sited_y && near > 0)
    far = near - 1;
  near = g->chroma_first + near * g->chroma_stride;
  far = g->chroma_first + far * g->chroma_stride;
  if (g->planar)
    for (int p = 0; p < 2; p++)
      mix_plane (planes[1 + p] + near + begin, planes[1 + p] + far + begin, weight,
          pairs->row[p] + at, end - begin);
  else
    mix_pairs (planes[1] + near + 2 * begin, planes[1] + far + 2 * begin, weight,
        pairs->row[0] + at, pairs->row[1] + at, end - begin);
  for (int p = 0; p < 2; p++) {
    pairs->row[p][0] = pairs->row[p][first > 0 ? 0 : 1];
    pairs->row[p][n + 1] = pairs->row[p][MIN (last, n + 1)];
  }
}

/* `n` pixels from column `x` of row `y` of the frame, `plane` apart where they are not
 * channels-last.
 */
static void
unpack_pixels (const Unpack *unpack, const guint8 *const *planes, gsize y, gsize x, float *out,
    gsize plane, gsize n)
{
  const GenPictureGeometry *g = &unpack->geometry;
  const guint8 *luma = planes[0] + (g->first + y * g->stride + x);
  float even = g->colour.sited_x ? 0 : 0.25f, odd = g->colour.sited_x ? 0.5f : 0.25f;
  float chroma[2][CHUNK];
  gsize skipped = x % 2, pairs = (skipped + n + 1) / 2;
  Pairs read;

  read_pairs (unpack, planes, y, x / 2, pairs, &read);
  for (int p = 0; p < 2; p++)
    spread (read.row[p] + 1, even, odd, chroma[unpack->bgr ? 1 - p : p], pairs);
  if (unpack->channels_last)
    make_pixels (unpack, luma, chroma[0] + skipped, chroma[1] + skipped, out, n);
  else
    make_planes (unpack, luma, chroma[0] + skipped, chroma[1] + skipped, out, out + plane,
        out + 2 * plane, n);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Unpack *unpack = kernel->state;
  const GenPictureGeometry *g = &unpack->geometry;
  float *out = kernel->outputs[0];
  gsize width = (gsize)g->width, plane = (gsize)g->height * width, first, end, n;
  gsize frames = kernel->node->inputs->len / (guint)g->n_planes,
        pixel = unpack->channels_last ? 3 : 1;

  gen_kernel_share (frames * g->count * g->height, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    gsize i = row / g->height, tile = i % g->count, y = row % g->height;
    const guint8 *const *planes =
        (const guint8 *const *)kernel->inputs + i / g->count * g->n_planes;
    float *to = out + i * 3 * plane + y * width * pixel;

    /* The first pixel of a chunk may be the odd one of a pair, which is made as well. */
    for (gsize x = 0; x < width; x += n) {
      n = MIN (CHUNK - 1, width - x);
      unpack_pixels (unpack, planes, tile / g->columns * g->height + y,
          tile % g->columns * width + x, to + x * pixel, plane, n);
    }
  }
}

void
gen_unpack_ycbcr (GenKernel *kernel, const GenPictureGeometry *geometry)
{
  const GenTensor *out = gen_node_output (kernel->node, 0);
  Unpack *unpack = g_new0 (Unpack, 1);

  kernel->state = unpack;
  kernel->free_state = g_free;
  unpack->geometry = *geometry;
  unpack->channels_last = out->layout == GEN_LAYOUT_CHANNELS_LAST;
  /* Where blue comes first, Cb is to the first channel what Cr is to it else. */
  unpack->bgr = geometry->colour.of_cb[0] != 0;
  if (unpack->bgr) {
    memcpy (unpack->geometry.colour.of_cb, geometry->colour.of_cr, sizeof geometry->colour.of_cr);
    memcpy (unpack->geometry.colour.of_cr, geometry->colour.of_cb, sizeof geometry->colour.of_cb);
  }
  for (int c = 0; c < 3; c++) {
    unpack->scale[c] = 1 / geometry->scale[c];
    unpack->shift[c] = -geometry->shift[c] / geometry->scale[c];
  }
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&out->shape), 0.4));
}
