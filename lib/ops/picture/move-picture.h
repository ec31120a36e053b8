/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to frames where they lie, in two passes, for the CPU and for kernels of a device.
 *
 * MovePicture reads a plane of a frame and resamples it once, by a projective map: input 0 is the
 * plane's bytes, input 1 a GenPictureWork's, the output is the plane without gaps, uint8 [height,
 * width, channels]. Attributes: height, width, channels, stride (0: no gaps) and plane, whose map
 * of the work it takes.
 *
 * ColourPicture changes tone and colours of what all planes have become and writes them to a frame,
 * which may be the one that was read: inputs are the planes, without gaps, and the work; outputs
 * their bytes in the frame, with gaps that are not touched. Attributes: strides; and, of the one
 * plane of RGB or grey, order: which byte of a pixel is red, green and blue (one of four is alpha,
 * and stays); of planes of YUV v_first, full_range.
 *
 * Beyond the edges pictures are mirrored at the first and last pixel. Numbers are those of
 * lib/augment/picture: bit by bit where a map is affine and no colours are mixed. */
#pragma once

#include <generative/operator.h>

#include <math.h>

#include "../../private-api.h"

#ifdef __CUDACC__
#define GEN_MOVE_FUNCTION static __host__ __device__ inline
#else
#define GEN_MOVE_FUNCTION static inline
#endif

#define GEN_PICTURE_STAGES 8 /* of tone and colour, at most */
#define GEN_PICTURE_PLANES 3

typedef enum { GEN_MOVE_STILL, GEN_MOVE_AFFINE, GEN_MOVE_PROJECTIVE } GenMoveKind;

/* Where what comes to be at a place is from, both in pixels from the plane's centre. */
typedef struct {
  gint32 kind;
  double matrix[9];
} GenPictureMove;

/* Of a pixel's colours: each by a table, or three rows of factors and what is added, a half of a
 * step for rounding included. */
typedef struct {
  gint32 is_table;
  float rows[3][4];
  guint8 table[256];
} GenColourStage;

typedef struct {
  GenPictureMove moves[GEN_PICTURE_PLANES];
  gint32 n_stages; /* of RGB and grey */
  GenColourStage stages[GEN_PICTURE_STAGES];
  gint32 mixes[2]; /* of YUV: luma, and chroma, by these rows */
  float yuv[3][4];
} GenPictureWork;

typedef struct {
  int height, width, channels, plane;
  gsize stride; /* in the frame */
} GenMoveGeometry;

typedef struct {
  int height, width, channels;                      /* of the first plane */
  int n_planes, chroma_height, chroma_width, pairs; /* pairs: U and V are of one plane */
  int order[3];
  gboolean v_first, full_range;
  gsize strides[GEN_PICTURE_PLANES];
} GenColourGeometry;

/* Read from nodes whose inputs are known; they check what they say. */
GEN_PRIVATE_API gboolean gen_move_geometry (
    const GenNode *node, GenMoveGeometry *geometry, GError **error);
GEN_PRIVATE_API gboolean gen_colour_geometry (
    const GenNode *node, GenColourGeometry *geometry, GError **error);

/* --- a pixel that is moved --- */

/* A pixel along one axis, and the share of the next, in 1/256. */
typedef struct {
  gint32 number;
  guint32 weight;
} GenMovePlace;

#define GEN_MOVE_ONE ((gint64)1 << 32)

/* `at`: from the first pixel's centre, in 2^-32. */
GEN_MOVE_FUNCTION GenMovePlace
gen_move_fixed (gint64 at, int extent)
{
  const gint64 last = (extent - 1) * GEN_MOVE_ONE;
  const gint32 limit = extent > 1 ? extent - 2 : 0;
  GenMovePlace place;
  gint32 whole, beyond;

  at = at < 0 ? -at : at;
  at = at > last ? 2 * last - at : at;
  at = at < 0 ? 0 : at;
  whole = (gint32)(at >> 32);
  beyond = whole > limit ? 1 : 0;
  place.number = whole - beyond;
  place.weight = (guint32)(((guint64)(guint32)at + (1u << 23)) >> 24) + 256u * (guint32)beyond;
  return place;
}

/* `position`: from the centre. */
GEN_MOVE_FUNCTION GenMovePlace
gen_move_float (float position, int extent)
{
  const float last = (float)(extent - 1), middle = 0.5f * last;
  const gint32 limit = extent > 1 ? extent - 2 : 0;
  float at = fabsf (position + middle);
  GenMovePlace place;

  at = at > last ? 2 * last - at : at;
  at = at > 0 ? at : 0;
  place.number = (gint32)at;
  place.number = place.number > limit ? limit : place.number;
  place.weight = (guint32)(gint32)((at - (float)place.number) * 256 + 0.5f);
  return place;
}

/* Where pixel (x, y) of the result is from. */
GEN_MOVE_FUNCTION void
gen_move_find (const GenPictureMove *move, const GenMoveGeometry *g, int x, int y,
    GenMovePlace *across, GenMovePlace *down)
{
  const double *m = move->matrix;

  if (move->kind == GEN_MOVE_AFFINE) {
    const double left = 0.5 - 0.5 * g->width, top = 0.5 - 0.5 * g->height;
    const gint64 first_x =
        (gint64)llrint ((m[0] * left + m[1] * (top + y) + m[2] - left) * (double)GEN_MOVE_ONE);
    const gint64 first_y =
        (gint64)llrint ((m[3] * left + m[4] * (top + y) + m[5] - top) * (double)GEN_MOVE_ONE);

    *across = gen_move_fixed (first_x + (gint64)llrint (m[0] * (double)GEN_MOVE_ONE) * x, g->width);
    *down = gen_move_fixed (first_y + (gint64)llrint (m[3] * (double)GEN_MOVE_ONE) * x, g->height);
    return;
  }
  const float horizon = 1e-3f;
  const float px = (float)x + 0.5f - 0.5f * (float)g->width;
  const float py = (float)y + 0.5f - 0.5f * (float)g->height;
  float depth = (float)m[6] * px + (float)m[7] * py + (float)m[8];

  depth = 1 / (depth > horizon ? depth : horizon);
  *across = gen_move_float (((float)m[0] * px + (float)m[1] * py + (float)m[2]) * depth, g->width);
  *down = gen_move_float (((float)m[3] * px + (float)m[4] * py + (float)m[5]) * depth, g->height);
}

/* Pixel (x, y) of the result, from a frame's plane. */
GEN_MOVE_FUNCTION void
gen_move_pixel (const GenPictureMove *move, const GenMoveGeometry *g, const guint8 *from, int x,
    int y, guint8 *out)
{
  const gsize right = g->width > 1 ? (gsize)g->channels : 0, below = g->height > 1 ? g->stride : 0;
  GenMovePlace across, down;
  const guint8 *at;

  if (move->kind == GEN_MOVE_STILL) {
    for (int c = 0; c < g->channels; c++)
      out[c] = from[(gsize)y * g->stride + (gsize)x * (gsize)g->channels + (gsize)c];
    return;
  }
  gen_move_find (move, g, x, y, &across, &down);
  at = from + (gsize)down.number * g->stride + (gsize)across.number * (gsize)g->channels;
  for (int c = 0; c < g->channels; c++) {
    const guint32 a = at[c], b = at[c + right], e = at[c + below], d = at[c + below + right];
    const guint32 top = (a << 8) + (b - a) * across.weight;
    const guint32 bottom = (e << 8) + (d - e) * across.weight;

    out[c] = (guint8)(((top << 8) + (bottom - top) * down.weight + 32768) >> 16);
  }
}

/* --- a pixel whose colours are changed --- */

GEN_MOVE_FUNCTION float
gen_colour_clamp (float value, float low, float high)
{
  value = value > low ? value : low;
  return value < high ? value : high;
}

/* A pixel of RGB, or of grey, in place. */
GEN_MOVE_FUNCTION void
gen_colour_pixel (const GenPictureWork *work, const GenColourGeometry *g, guint8 *pixel)
{
  const int colours = g->channels >= 3 ? 3 : g->channels;

  for (int s = 0; s < work->n_stages; s++) {
    const GenColourStage *stage = &work->stages[s];
    float values[3] = { 0, 0, 0 };

    for (int c = 0; c < colours; c++)
      values[c] = pixel[g->order[c]];
    for (int c = 0; c < colours; c++) {
      const float *m = stage->rows[c];

      pixel[g->order[c]] =
          stage->is_table
              ? stage->table[pixel[g->order[c]]]
              : (guint8)(int)gen_colour_clamp (
                    m[0] * values[0] + m[1] * values[1] + m[2] * values[2] + m[3], 0, 255);
    }
  }
}

/* Planes of YUV without gaps, as they are before colours are mixed. */
typedef struct {
  const guint8 *planes[GEN_PICTURE_PLANES];
} GenColourPlanes;

/* U, or V, of a sample of chroma. */
GEN_MOVE_FUNCTION guint8
gen_colour_chroma (const GenColourGeometry *g, const GenColourPlanes *from, int is_v, gsize at)
{
  return g->pairs ? from->planes[1][2 * at + (gsize)(is_v != g->v_first)]
                  : from->planes[1 + is_v][at];
}

GEN_MOVE_FUNCTION guint8
gen_colour_luma (const GenPictureWork *work, const GenColourGeometry *g,
    const GenColourPlanes *from, int x, int y)
{
  const int across = g->chroma_width < g->width ? 2 : 1,
            down = g->chroma_height < g->height ? 2 : 1;
  const gsize chroma = (gsize)(y / down) * (gsize)g->chroma_width + (gsize)(x / across);
  const guint8 own = from->planes[0][(gsize)y * (gsize)g->width + (gsize)x];
  const float *m = work->yuv[0];

  if (!work->mixes[0])
    return own;
  return (
      guint8)(int)(gen_colour_clamp (m[0] * own + m[1] * gen_colour_chroma (g, from, 0, chroma) +
                                         m[2] * gen_colour_chroma (g, from, 1, chroma) + m[3],
                       g->full_range ? 0 : 16, g->full_range ? 255 : 235) +
                   0.5f);
}

/* The mean of the luma that a sample of chroma is of, of an odd size its last twice. */
GEN_MOVE_FUNCTION float
gen_colour_mean (const GenColourGeometry *g, const GenColourPlanes *from, int x, int y)
{
  const int across = g->chroma_width < g->width ? 2 : 1,
            down = g->chroma_height < g->height ? 2 : 1;
  float sum = 0;

  for (int k = 0; k < 2; k++)
    for (int i = 0; i < across; i++) {
      const int row = y * down + (down > 1 ? k : 0), column = x * across + i;

      sum += from->planes[0][(gsize)(row < g->height ? row : g->height - 1) * (gsize)g->width +
                             (gsize)(column < g->width ? column : g->width - 1)];
    }
  return sum * 0.5f / (float)across;
}

/* U, or V. */
GEN_MOVE_FUNCTION guint8
gen_colour_of_chroma (const GenPictureWork *work, const GenColourGeometry *g,
    const GenColourPlanes *from, int is_v, int x, int y)
{
  const gsize at = (gsize)y * (gsize)g->chroma_width + (gsize)x;
  const float *m = work->yuv[1 + is_v];

  if (!work->mixes[1])
    return gen_colour_chroma (g, from, is_v, at);
  return (guint8)(int)(gen_colour_clamp (m[0] * gen_colour_mean (g, from, x, y) +
                                             m[1] * gen_colour_chroma (g, from, 0, at) +
                                             m[2] * gen_colour_chroma (g, from, 1, at) + m[3],
                           g->full_range ? 0 : 16, g->full_range ? 255 : 240) +
                       0.5f);
}

/* Place (x, y) of plane `plane`, whose row in the frame begins at `row`. */
GEN_MOVE_FUNCTION void
gen_colour_place (const GenPictureWork *work, const GenColourGeometry *g,
    const GenColourPlanes *from, int plane, int x, int y, guint8 *row)
{
  if (g->n_planes == 1) {
    const guint8 *in =
        from->planes[0] + ((gsize)y * (gsize)g->width + (gsize)x) * (gsize)g->channels;
    guint8 pixel[4];

    for (int c = 0; c < g->channels; c++)
      pixel[c] = in[c];
    gen_colour_pixel (work, g, pixel);
    for (int c = 0; c < g->channels; c++)
      row[x * g->channels + c] = pixel[c];
  } else if (plane == 0) {
    row[x] = gen_colour_luma (work, g, from, x, y);
  } else if (g->pairs) {
    row[2 * x + g->v_first] = gen_colour_of_chroma (work, g, from, 0, x, y);
    row[2 * x + !g->v_first] = gen_colour_of_chroma (work, g, from, 1, x, y);
  } else {
    row[x] = gen_colour_of_chroma (work, g, from, plane - 1, x, y);
  }
}

GEN_MOVE_FUNCTION int
gen_colour_rows (const GenColourGeometry *g, int plane)
{
  return plane == 0 ? g->height : g->chroma_height;
}

GEN_MOVE_FUNCTION int
gen_colour_columns (const GenColourGeometry *g, int plane)
{
  return plane == 0 ? g->width : g->chroma_width;
}

/* Bytes of a row of a plane. */
GEN_MOVE_FUNCTION gsize
gen_colour_row_size (const GenColourGeometry *g, int plane)
{
  return (gsize)gen_colour_columns (g, plane) * (gsize)(plane == 0 ? g->channels : 1 + g->pairs);
}
