/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each pixel without the mean of its surroundings, divided by how much pixels differ there, and
 * bounded: where a picture is busy, a mark is as small beside it as where it is quiet. */
#include "picture-look.h"

#include <math.h>

#include "../simd.h"
#include "picture-rows.h"

#define RADIUS 8
#define LEAST_MAGNITUDE 0.7f
#define BOUND 2.5f

void
gen_picture_look_clear (GenPictureLook *look)
{
  g_free (look->plane);
  g_free (look->means);
  g_free (look->magnitudes);
  g_free (look->sums);
  g_free (look->sums_of_rows);
  g_free (look->row);
  *look = (GenPictureLook){ 0 };
}

static int
factor_of (int width, int height)
{
  const int longer = MAX (width, height), shorter = MIN (width, height);
  int factor = 1;

  while (longer / factor > GEN_LOOK_LONGER || shorter / factor > GEN_LOOK_SHORTER)
    factor++;
  return factor;
}

void
gen_picture_look_set_size (GenPictureLook *look, int width, int height)
{
  gsize n;

  gen_picture_look_clear (look);
  look->frame_width = width;
  look->frame_height = height;
  look->factor = factor_of (width, height);
  look->width = MAX (width / look->factor, 1);
  look->height = MAX (height / look->factor, 1);
  n = (gsize)look->width * (gsize)look->height;
  look->plane = g_new (float, n);
  look->means = g_new (float, n);
  look->magnitudes = g_new (float, n);
  look->sums = g_new (float, (gsize)look->width);
  look->sums_of_rows = g_new (guint16, (gsize)width);
  look->row = g_new (guint8, (gsize)width);
}

/* --- smaller --- */

GEN_CLONES (
    void, add_row, (const guint8 *restrict row, int n, guint16 *restrict sums), (row, n, sums))
{
  for (int x = 0; x < n; x++)
    sums[x] = (guint16)(sums[x] + row[x]);
}

static void
shrink (GenPictureLook *look, const GenMarkFrame *frame)
{
  const int factor = MIN (look->factor, MIN (frame->width, frame->height));
  const float scale = 1.f / (float)(factor * factor);

  for (int y = 0; y < look->height; y++) {
    float *plane = look->plane + (gsize)y * (gsize)look->width;
    const guint16 *sums = look->sums_of_rows;

    for (int x = 0; x < frame->width; x++)
      look->sums_of_rows[x] = 0;
    for (int i = 0; i < factor; i++)
      add_row (
          gen_mark_frame_luma (frame, y * factor + i, look->row), frame->width, look->sums_of_rows);
    for (int x = 0; x < look->width; x++) {
      int sum = 0;

      for (int i = 0; i < factor; i++)
        sum += *sums++;
      plane[x] = (float)sum * scale;
    }
  }
}

/* --- surroundings --- */

GEN_CLONES (void, move_sums,
    (float *restrict sums, const float *restrict coming, const float *restrict going, int n),
    (sums, coming, going, n))
{
  if (coming != NULL)
    for (int x = 0; x < n; x++)
      sums[x] += coming[x];
  if (going != NULL)
    for (int x = 0; x < n; x++)
      sums[x] -= going[x];
}

/* The mean of each pixel's surroundings, as far as these are in the plane. */
static void
blur (const GenPictureLook *look, const float *plane, float *means)
{
  const int width = look->width, height = look->height;

  for (int x = 0; x < width; x++)
    look->sums[x] = 0;
  for (int y = -RADIUS; y < height; y++) {
    const int coming = y + RADIUS, going = y - RADIUS - 1;
    const int rows = MIN (coming, height - 1) - MAX (going + 1, 0) + 1;
    double sum = 0;

    move_sums (look->sums, coming < height ? plane + (gsize)coming * (gsize)width : NULL,
        going >= 0 ? plane + (gsize)going * (gsize)width : NULL, width);
    if (y < 0)
      continue;
    for (int x = -RADIUS; x < width; x++) {
      const int right = x + RADIUS, left = x - RADIUS - 1;
      const int columns = MIN (right, width - 1) - MAX (left + 1, 0) + 1;

      if (right < width)
        sum += (double)look->sums[right];
      if (left >= 0)
        sum -= (double)look->sums[left];
      if (x >= 0)
        means[(gsize)y * (gsize)width + (gsize)x] = (float)sum / (float)(rows * columns);
    }
  }
}

GEN_CLONES (void, subtract,
    (float *restrict plane, const float *restrict means, float *restrict magnitudes, gsize n),
    (plane, means, magnitudes, n))
{
  for (gsize i = 0; i < n; i++) {
    plane[i] -= means[i];
    magnitudes[i] = fabsf (plane[i]);
  }
}

GEN_CLONES (void, add_bounded,
    (const float *restrict plane, const float *restrict means, gsize n, float *restrict sum),
    (plane, means, n, sum))
{
  for (gsize i = 0; i < n; i++) {
    const float value = plane[i] / (means[i] + LEAST_MAGNITUDE);

    sum[i] += value < -BOUND ? -BOUND : value > BOUND ? BOUND : value;
  }
}

void
gen_picture_look_add (GenPictureLook *look, const GenMarkFrame *frame, float *sum)
{
  const gsize n = (gsize)look->width * (gsize)look->height;

  shrink (look, frame);
  blur (look, look->plane, look->means);
  subtract (look->plane, look->means, look->magnitudes, n);
  blur (look, look->magnitudes, look->means);
  add_bounded (look->plane, look->means, n, sum);
}
