/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackPicture to Y'CbCr 4:2:0 in one pass. Two rows of the wall, and a third where chroma lies at
 * rows, are brought to levels of R'G'B' in buffers on the stack, a chunk at a time; from these come
 * both rows of Y', and of their mean, since all of it is linear, Cb and Cr. Levels are not rounded
 * on the way. */
#include "../pack.h"

#include <string.h>

#include "../../simd.h"

/* Pixels that are worked on at a time; even. */
#define CHUNK 256

/* Of each channel a row's levels, with room for one more at both ends, and how great the numbers
 * were that they come from. */
typedef struct {
  float row[3][1 + CHUNK + 1];
  guint32 greatest;
} Levels;

/* Of an activation, `expression` of v: a channel in a row, and three side by side. */
#define LEVELS(name, kind, expression, limit, cost)                                                \
  static inline float name##_level (                                                               \
      const GenActivation *activation, float v, float scale, float shift, guint32 *greatest)       \
  {                                                                                                \
    const float alpha = activation->alpha, beta = activation->beta;                                \
    const guint32 magnitude = gen_pack_magnitude (v);                                              \
                                                                                                   \
    (void)alpha, (void)beta;                                                                       \
    *greatest = magnitude > *greatest ? magnitude : *greatest;                                     \
    return gen_pack_level ((expression)*scale + shift);                                            \
  }                                                                                                \
  GEN_CLONES (guint32, name##_plane,                                                               \
      (const GenActivation *activation, const float *x, float scale, float shift, float *out,      \
          gsize n),                                                                                \
      (activation, x, scale, shift, out, n))                                                       \
  {                                                                                                \
    guint32 greatest = 0;                                                                          \
                                                                                                   \
    for (gsize i = 0; i < n; i++)                                                                  \
      out[i] = name##_level (activation, x[i], scale, shift, &greatest);                           \
    return greatest;                                                                               \
  }                                                                                                \
  GEN_CLONES (guint32, name##_pixels,                                                              \
      (const GenActivation *activation, const float *x, const float *scale, const float *shift,    \
          float *r, float *g, float *b, gsize n),                                                  \
      (activation, x, scale, shift, r, g, b, n))                                                   \
  {                                                                                                \
    const float scales[] = { scale[0], scale[1], scale[2] };                                       \
    const float shifts[] = { shift[0], shift[1], shift[2] };                                       \
    guint32 greatest = 0;                                                                          \
                                                                                                   \
    for (gsize i = 0; i < n; i++) {                                                                \
      r[i] = name##_level (activation, x[3 * i], scales[0], shifts[0], &greatest);                 \
      g[i] = name##_level (activation, x[3 * i + 1], scales[1], shifts[1], &greatest);             \
      b[i] = name##_level (activation, x[3 * i + 2], scales[2], shifts[2], &greatest);             \
    }                                                                                              \
    return greatest;                                                                               \
  }

GEN_PACK_ACTIVATIONS (LEVELS)

/* By GenActivationKind. They return the greatest magnitude. */
static const struct {
  guint32 (*plane) (const GenActivation *, const float *, float, float, float *, gsize);
  guint32 (*pixels) (const GenActivation *, const float *, const float *, const float *, float *,
      float *, float *, gsize);
  guint32 limit; /* of what they return */
  double cost;   /* nanoseconds a number */
} makers[] = {
#define MAKER(name, kind, expression, limit, cost)                                                 \
  [GEN_ACTIVATION_##kind] = { name##_plane, name##_pixels, limit, cost + 0.15 },
  GEN_PACK_ACTIVATIONS (MAKER)
};

GEN_CLONES (void, weigh_luma,
    (const GenPictureColour *colour, const float *r, const float *g, const float *b, guint8 *out,
        gsize n),
    (colour, r, g, b, out, n))
{
  const float black = colour->black + 0.5f;
  const float of_r = colour->y[0], of_g = colour->y[1], of_b = colour->y[2];

  for (gsize i = 0; i < n; i++)
    out[i] = (guint8)(gint32)(r[i] * of_r + g[i] * of_g + b[i] * of_b + black);
}

/* Rows to one that weighs twice as much. */
GEN_CLONES (void, add_rows, (const float *top, const float *bottom, float *out, gsize n),
    (top, bottom, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = top[i] + bottom[i];
}

GEN_CLONES (void, add_rows_sited,
    (const float *before, const float *top, const float *bottom, float *out, gsize n),
    (before, top, bottom, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = 0.5f * (before[i] + bottom[i]) + top[i];
}

/* The same of columns; there is one before. */
GEN_CLONES (void, add_columns, (const float *row, float *out, gsize pairs), (row, out, pairs))
{
  for (gsize i = 0; i < pairs; i++)
    out[i] = row[2 * i] + row[2 * i + 1];
}

GEN_CLONES (void, add_columns_sited, (const float *row, float *out, gsize pairs), (row, out, pairs))
{
  const float *before = row - 1;

  for (gsize i = 0; i < pairs; i++)
    out[i] = 0.5f * (before[2 * i] + row[2 * i + 1]) + row[2 * i];
}

/* The greatest Cb and Cr of the full range would be 256. */
static inline guint8
chroma_byte (float v)
{
  return (guint8)(gint32)(v < 255.0f ? v : 255.0f);
}

/* Sums of four levels, to bytes `step` apart. */
static inline __attribute__ ((always_inline)) void
weigh_chroma (const GenPictureColour *colour, const float *r, const float *g, const float *b,
    guint8 *cb, guint8 *cr, gsize step, gsize n)
{
  const float b0 = colour->cb[0] / 4, b1 = colour->cb[1] / 4, b2 = colour->cb[2] / 4;
  const float r0 = colour->cr[0] / 4, r1 = colour->cr[1] / 4, r2 = colour->cr[2] / 4;

  for (gsize i = 0; i < n; i++) {
    cb[i * step] = chroma_byte (r[i] * b0 + g[i] * b1 + b[i] * b2 + 128.5f);
    cr[i * step] = chroma_byte (r[i] * r0 + g[i] * r1 + b[i] * r2 + 128.5f);
  }
}

GEN_CLONES (void, weigh_chroma_pairs,
    (const GenPictureColour *colour, const float *r, const float *g, const float *b, guint8 *out,
        gsize n),
    (colour, r, g, b, out, n))
{
  weigh_chroma (colour, r, g, b, out, out + 1, 2, n);
}

GEN_CLONES (void, weigh_chroma_planes,
    (const GenPictureColour *colour, const float *r, const float *g, const float *b, guint8 *cb,
        guint8 *cr, gsize n),
    (colour, r, g, b, cb, cr, n))
{
  weigh_chroma (colour, r, g, b, cb, cr, 1, n);
}

/* Columns `from` to `end` of row `y` of the wall, from the pictures `x` of the frame. */
static void
read_levels (
    const GenPack *pack, const float *x, gsize y, gsize from, gsize end, Levels *levels, gsize at)
{
  const GenPictureGeometry *g = &pack->geometry;
  gsize width = (gsize)g->width, plane = (gsize)g->height * width, n;
  gsize first = y / g->height * g->columns, row = y % g->height;
  guint32 greatest = 0;

  for (gsize column = from; column < end; column += n, at += n) {
    gsize i = first + column / width, pixel = row * width + column % width;
    const float *picture = x + i * g->channels * plane;
    guint32 magnitude = 0;

    n = MIN (end - column, width - column % width);
    if (i >= (gsize)g->count)
      for (int c = 0; c < g->channels; c++)
        memset (levels->row[c] + at, 0, n * sizeof (float));
    else if (pack->channels_last)
      magnitude = makers[pack->activation.kind].pixels (&pack->activation, picture + pixel * 3,
          g->scale, g->shift, levels->row[0] + at, levels->row[1] + at, levels->row[2] + at, n);
    else
      for (int c = 0; c < g->channels; c++) {
        guint32 of_one = makers[pack->activation.kind].plane (&pack->activation,
            picture + c * plane + pixel, g->scale[c], g->shift[c], levels->row[c] + at, n);

        magnitude = MAX (magnitude, of_one);
      }
    greatest = MAX (greatest, magnitude);
  }
  levels->greatest = greatest;
}

/* Of row `y` of the wall `n` pixels from column `x` on, with their neighbours. */
static void
read_chunk (const GenPack *pack, const float *pictures, gsize y, gsize x, gsize n, Levels *levels)
{
  gboolean before = pack->geometry.colour.sited_x && x > 0;

  read_levels (pack, pictures, y, x - before, x + n, levels, 1 - before);
  for (int c = 0; c < pack->geometry.channels; c++) {
    if (!before)
      levels->row[c][0] = levels->row[c][1];
    levels->row[c][1 + n] = levels->row[c][n];
  }
}

static void
write_luma (const GenPack *pack, const Levels *levels, guint8 *out, gsize n)
{
  int last = pack->geometry.channels - 1;

  weigh_luma (&pack->geometry.colour, levels->row[0] + 1, levels->row[MIN (1, last)] + 1,
      levels->row[last] + 1, out, n);
}

/* `rows` are the row before, the even one, and the odd one. Where there is one plane of chroma,
 * `cr` is not looked at. */
static void
write_chroma (const GenPack *pack, const Levels *const *rows, guint8 *cb, guint8 *cr, gsize n)
{
  const GenPictureGeometry *g = &pack->geometry;
  float sum[1 + CHUNK + 1], sums[3][CHUNK / 2];
  gsize pairs = (n + 1) / 2;
  int last = g->channels - 1;

  for (int c = 0; c <= last; c++) {
    if (g->colour.sited_y)
      add_rows_sited (rows[0]->row[c], rows[1]->row[c], rows[2]->row[c], sum, n + 2);
    else
      add_rows (rows[1]->row[c], rows[2]->row[c], sum, n + 2);
    (g->colour.sited_x ? add_columns_sited : add_columns) (sum + 1, sums[c], pairs);
  }
  if (g->planar)
    weigh_chroma_planes (&g->colour, sums[0], sums[MIN (1, last)], sums[last], cb, cr, pairs);
  else
    weigh_chroma_pairs (&g->colour, sums[0], sums[MIN (1, last)], sums[last], cb, pairs);
}

/* Row `y` of the chroma of `part`, and the rows of luma that go with it. Returns the greatest
 * magnitude. */
static guint32
pack_rows (const GenPack *pack, const float *pictures, const GenPicturePart *part,
    guint8 *const *planes, gsize y)
{
  const GenPictureGeometry *g = &pack->geometry;
  const gsize first = gen_picture_topmost (g->stride, part->height);
  const gsize chroma_first = gen_picture_topmost (g->chroma_stride, (part->height + 1) / 2);
  const gsize top = (gsize)part->top + 2 * y, left = (gsize)part->left;
  gsize width = (gsize)part->width, height = (gsize)part->height, n;
  guint32 greatest = 0;
  Levels before, even, odd;

  for (gsize x = 0; x < width; x += n) {
    const Levels *rows[] = { &even, &even, &even };
    gsize at = chroma_first + y * g->chroma_stride + (g->planar ? x / 2 : x);

    n = MIN (CHUNK, width - x);
    read_chunk (pack, pictures, top, left + x, n, &even);
    write_luma (pack, &even, planes[0] + (first + 2 * y * g->stride + x), n);
    greatest = MAX (greatest, even.greatest);
    if (2 * y + 1 < height) {
      rows[2] = &odd;
      read_chunk (pack, pictures, top + 1, left + x, n, &odd);
      write_luma (pack, &odd, planes[0] + (first + (2 * y + 1) * g->stride + x), n);
      greatest = MAX (greatest, odd.greatest);
    }
    if (g->colour.sited_y && top > 0) {
      rows[0] = &before;
      read_chunk (pack, pictures, top - 1, left + x, n, &before);
    }
    write_chroma (pack, rows, planes[1] + at, g->planar ? planes[2] + at : NULL, n);
  }
  return greatest;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  GenPack *pack = kernel->state;
  const GenPictureGeometry *g = &pack->geometry;
  const guint32 limit = makers[pack->activation.kind].limit;
  const float *x = kernel->inputs[0];
  gsize picture = (gsize)g->channels * g->height * g->width, first, end;
  gsize frames = kernel->node->outputs->len / (guint)g->n_planes;
  const gint32 *kept = gen_node_input (kernel->node, 1) != NULL ? kernel->inputs[1] : NULL;
  gsize rows = gen_picture_plane (g, 1).rows;

  gen_kernel_share (frames * rows, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    gsize frame = row / rows, y = row % rows;
    const GenPicturePart kept_part = gen_picture_part (g, kept, frame);
    guint8 *planes[3] = { NULL };
    gboolean wanted = TRUE;

    for (int p = 0; p < g->n_planes; p++) {
      planes[p] = kernel->outputs[frame * g->n_planes + p];
      wanted = wanted && planes[p] != NULL;
    }
    if (wanted && (int)(2 * y) < kept_part.height)
      gen_pack_note (pack, frame,
          pack_rows (pack, x + frame * g->count * picture, &kept_part, planes, y), limit);
  }
}

void
gen_pack_ycbcr (GenKernel *kernel, const GenPictureGeometry *geometry)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  GenPack *pack = g_new0 (GenPack, 1);

  kernel->state = pack;
  kernel->free_state = g_free;
  pack->geometry = *geometry;
  pack->activation = kernel->node->activation;
  pack->channels_last = x->layout == GEN_LAYOUT_CHANNELS_LAST && geometry->channels > 1;
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (
          kernel, gen_shape_elements (&x->shape), makers[pack->activation.kind].cost));
}
