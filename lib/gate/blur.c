/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A region of a picture blurred. What is wider than RADIUS pixels is blurred on a smaller picture,
 * of cells as large as leave a mean RADIUS of them, or a few more, to either side. Nothing as small
 * as a cell is left by that, so that lines between the cells' middles differ from means over all
 * pixels by two or three levels at most, and a frame costs little more than to be read and written
 * once, however wide the blur is. A cell is the mean of all that it covers, and pixels that two
 * cells share count by their parts: leaving some out would make patterns of their own of what is
 * finer.
 *
 * With cells as wide as (2 R + 1) / (2 r + 1) pixels, three means over R pixels to either side have
 * the variance of those over r cells, of the cells themselves (1/12) and of the lines (1/6). */
#include "blur.h"

#include <math.h>
#include <string.h>

#define RADIUS 8
#define MOST_RADIUS 16
#define CLOSE 0.002 /* as a share of the radius */
#define ONE 256     /* of a level */
#define MOST (255 * ONE)

/* The cells on whose line a pixel lies, and how far it is to the second one, of 65535. */
typedef struct {
  int first, second;
  guint16 second_part;
} Between;

/* How a side of the region is cut into cells, and how many to either side a mean goes. */
typedef struct {
  int cells, radius;
} Axis;

typedef struct {
  Axis x, y;
  int channels;
  float inverse[2 * MOST_RADIUS + 2];
  float *row;        /* of the region's pixels */
  gint32 *sums;      /* of a row of cells */
  guint16 *cells[2]; /* in parts of a level */
  Between *columns;  /* where the region's pixels lie */
  guint16 *wide[2];  /* rows of the region's pixels, likewise */
} Blur;

/* Pixels that a cell covers: from `first` up to before `end`, of the outer ones parts. */
typedef struct {
  int first, end;
  double from, to;
} Span;

static Span
span_of (int cell, int cells, int length)
{
  Span span = { .from = (double)cell * length / cells, .to = (double)(cell + 1) * length / cells };

  span.first = (int)span.from;
  span.end = MIN ((int)ceil (span.to), length);
  return span;
}

static float
part_of (const Span *span, int pixel)
{
  return (float)(MIN (span->to, pixel + 1.0) - MAX (span->from, pixel));
}

static const guint8 *
source (const GenPicture *picture, const GenRegion *region, int y)
{
  return picture->data + (gssize)(region->y + y) * picture->stride +
         (gssize)region->x * picture->channels;
}

/* --- cells --- */

static void
add_row (float *restrict row, const guint8 *restrict pixels, float part, gsize n)
{
  for (gsize i = 0; i < n; i++)
    row[i] += part * pixels[i];
}

/* The row of pixels' sums becomes cells. */
static void
reduce_row (const Blur *blur, int width, float scale, guint16 *cells)
{
  for (int x = 0; x < blur->x.cells; x++) {
    const Span span = span_of (x, blur->x.cells, width);
    const float *pixel = blur->row + (gsize)span.first * (gsize)blur->channels;
    float sums[4] = { 0 };

    for (int i = span.first; i < span.end; i++, pixel += blur->channels) {
      const float part = part_of (&span, i);

      for (int c = 0; c < blur->channels; c++)
        sums[c] += part * pixel[c];
    }
    for (int c = 0; c < blur->channels; c++)
      *cells++ = (guint16)MIN (sums[c] * scale + 0.5f, MOST);
  }
}

/* Each of the axis' groups of `lanes` becomes the mean of those at most a radius away; at the ends
 * there are fewer. Inlined, for the compiler to know how many channels there are. */
static inline __attribute__ ((always_inline)) void
smooth_lanes (const Blur *blur, const guint16 *restrict in, guint16 *restrict out, const Axis *axis,
    gsize lanes)
{
  gint32 *restrict sums = blur->sums;
  const int length = axis->cells, radius = axis->radius;

  memset (sums, 0, lanes * sizeof *sums);
  for (int i = -radius; i < length; i++) {
    const int n = MIN (i + radius, length - 1) - MAX (i - radius, 0) + 1;

    if (i + radius < length)
      for (gsize lane = 0; lane < lanes; lane++)
        sums[lane] += in[(gsize)(i + radius) * lanes + lane];
    if (i > radius)
      for (gsize lane = 0; lane < lanes; lane++)
        sums[lane] -= in[(gsize)(i - radius - 1) * lanes + lane];
    if (i >= 0)
      for (gsize lane = 0; lane < lanes; lane++)
        out[(gsize)i * lanes + lane] =
            (guint16)(gint32)((float)sums[lane] * blur->inverse[n] + 0.5f);
  }
}

static void
smooth (const Blur *blur, const guint16 *in, guint16 *out, const Axis *axis, gsize lanes)
{
  switch (lanes) {
  case 1:
    smooth_lanes (blur, in, out, axis, 1);
    break;
  case 2:
    smooth_lanes (blur, in, out, axis, 2);
    break;
  case 3:
    smooth_lanes (blur, in, out, axis, 3);
    break;
  case 4:
    smooth_lanes (blur, in, out, axis, 4);
    break;
  default:
    smooth_lanes (blur, in, out, axis, lanes);
  }
}

static void
reduce (Blur *blur, const GenPicture *picture, const GenRegion *region)
{
  const gsize n = (gsize)region->width * (gsize)blur->channels;
  const gsize lanes = (gsize)blur->x.cells * (gsize)blur->channels;
  const double area = (double)region->width * region->height / blur->x.cells / blur->y.cells;

  for (int y = 0; y < blur->y.cells; y++) {
    const Span span = span_of (y, blur->y.cells, region->height);

    memset (blur->row, 0, n * sizeof *blur->row);
    for (int i = span.first; i < span.end; i++)
      add_row (blur->row, source (picture, region, i), part_of (&span, i), n);
    reduce_row (blur, region->width, (float)(ONE / area), blur->wide[0]);
    smooth (blur, blur->wide[0], blur->wide[1], &blur->x, (gsize)blur->channels);
    smooth (blur, blur->wide[1], blur->wide[0], &blur->x, (gsize)blur->channels);
    smooth (
        blur, blur->wide[0], blur->cells[0] + (gsize)y * lanes, &blur->x, (gsize)blur->channels);
  }
}

/* --- pixels --- */

static Between
between (int pixel, int length, int cells)
{
  const double at = CLAMP ((pixel + 0.5) * cells / length - 0.5, 0, cells - 1);
  const int first = (int)at;

  return (Between){ first, MIN (first + 1, cells - 1), (guint16)((at - first) * 65535) };
}

static inline guint16
mix (guint16 first, guint16 second, guint16 second_part)
{
  return (guint16)(((guint32)first * (guint16)(65535 - second_part) >> 16) +
                   ((guint32)second * second_part >> 16));
}

static void
widen_row (const Blur *blur, const guint16 *cells, int width, guint16 *wide)
{
  for (int x = 0; x < width; x++) {
    const Between at = blur->columns[x];

    for (int c = 0; c < blur->channels; c++)
      *wide++ = mix (cells[(gsize)at.first * (gsize)blur->channels + (gsize)c],
          cells[(gsize)at.second * (gsize)blur->channels + (gsize)c], at.second_part);
  }
}

static void
write_row (const guint16 *restrict first, const guint16 *restrict second, guint16 second_part,
    guint8 *restrict pixels, gsize n)
{
  for (gsize i = 0; i < n; i++)
    pixels[i] = (guint8)((guint16)(mix (first[i], second[i], second_part) + ONE / 2) / ONE);
}

static void
write_colours (
    const guint16 *first, const guint16 *second, guint16 second_part, guint8 *pixels, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (i % 4 != 3)
      pixels[i] = (guint8)((mix (first[i], second[i], second_part) + ONE / 2) / ONE);
}

static void
enlarge (Blur *blur, GenPicture *picture, const GenRegion *region)
{
  const gsize n = (gsize)region->width * (gsize)blur->channels;
  const gsize lanes = (gsize)blur->x.cells * (gsize)blur->channels;
  int made = -1;

  for (int x = 0; x < region->width; x++)
    blur->columns[x] = between (x, region->width, blur->x.cells);
  for (int y = 0; y < region->height; y++) {
    const Between at = between (y, region->height, blur->y.cells);

    for (; made < at.second; made++)
      widen_row (blur, blur->cells[1] + (gsize)(made + 1) * lanes, region->width,
          blur->wide[(made + 1) % 2]);
    (picture->channels < 4 ? write_row : write_colours) (blur->wide[at.first % 2],
        blur->wide[at.second % 2], at.second_part, (guint8 *)source (picture, region, y), n);
  }
}

/* --- a region --- */

static gboolean
take_memory (Blur *blur, const GenRegion *region, GByteArray *scratch)
{
  const guint64 row = (guint64)region->width * (guint64)blur->channels;
  const guint64 lanes = (guint64)blur->x.cells * (guint64)blur->channels;
  const guint64 cells = lanes * (guint64)blur->y.cells;
  const guint64 size = row * (sizeof (float) + 2 * sizeof (guint16)) + lanes * sizeof (gint32) +
                       (guint64)region->width * sizeof (Between) + 2 * cells * sizeof (guint16);

  if (size > G_MAXUINT / 2)
    return FALSE;
  g_byte_array_set_size (scratch, MAX (scratch->len, (guint)size));
  blur->row = (float *)(void *)scratch->data;
  blur->sums = (gint32 *)(void *)(blur->row + row);
  blur->columns = (Between *)(void *)(blur->sums + lanes);
  blur->cells[0] = (guint16 *)(void *)(blur->columns + region->width);
  blur->cells[1] = blur->cells[0] + cells;
  blur->wide[0] = blur->cells[1] + cells;
  blur->wide[1] = blur->wide[0] + row;
  return TRUE;
}

/* Cells are as wide as to fill the region, so that a square of so many of them is not quite that of
 * pixels: the first radius by which it nearly is, else the best. */
static Axis
divide (int length, int radius)
{
  Axis best = { length, radius };
  double least = G_MAXDOUBLE;

  for (int reduced = RADIUS; reduced < MIN (radius, MOST_RADIUS) && least > CLOSE; reduced++) {
    const double exact = length * (2.0 * reduced + 1) / (2.0 * radius + 1);
    const int cells = CLAMP ((int)lrint (exact), 1, length);
    const double error = fabs (cells / exact - 1);

    if (error < least) {
      least = error;
      best = (Axis){ cells, reduced };
    }
  }
  return best;
}

gboolean
gen_blur_region (
    GenPicture *picture, const GenRegion *region, int radius_x, int radius_y, GByteArray *scratch)
{
  Blur blur = { .x = divide (region->width, radius_x),
    .y = divide (region->height, radius_y),
    .channels = picture->channels };
  gsize lanes = (gsize)blur.x.cells * (gsize)blur.channels;

  if (!take_memory (&blur, region, scratch))
    return FALSE;
  for (guint n = 1; n < G_N_ELEMENTS (blur.inverse); n++)
    blur.inverse[n] = 1.0f / (float)n;
  reduce (&blur, picture, region);
  smooth (&blur, blur.cells[0], blur.cells[1], &blur.y, lanes);
  smooth (&blur, blur.cells[1], blur.cells[0], &blur.y, lanes);
  smooth (&blur, blur.cells[0], blur.cells[1], &blur.y, lanes);
  enlarge (&blur, picture, region);
  return TRUE;
}
