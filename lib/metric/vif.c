/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VIF: how much of the information that a viewer would have of the reference is in the frame, in
 * the domain of pixels (Sheikh and Bovik, "Image information and visual quality", IEEE TIP 2006;
 * the approximation that they published with it). At four sizes, within a Gaussian window, the
 * frame is taken for the reference times a gain and noise beside it; what is seen of either has
 * noise of variance 2 besides. */
#include "metrics.h"

#include <math.h>

#include "../simd.h"
#include "filter.h"

#define SCALES 4
/* What is left of it at the last scale has room for the last window. */
#define LEAST 41
#define NOISE 2.0f
#define TINY 1e-8f
/* Levels about the middle keep single precision good enough for differences of squares. */
#define CENTRE 128
/* The logarithm of a product is that of its factors together: so many, none of them above 2^31, do
 * not leave what a double holds. */
#define FACTORS 32

enum { MEAN_A, MEAN_B, SQUARE_A, SQUARE_B, PRODUCT, PLANES };

typedef struct {
  float *pictures[2]; /* frame and reference, each scale in the place of the one before */
  float *rows[PLANES], *rings[PLANES], *filtered[PLANES];
  double *products[2]; /* of ratios, down each column: of the frame, and of the reference */
  gsize room;
  int width;
} Vif;

static gpointer
vif_open (const GenMetricSettings *settings)
{
  return g_new0 (Vif, 1);
}

static void
clear_room (Vif *vif)
{
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&vif->pictures[i], g_free);
    g_clear_pointer (&vif->products[i], g_free);
  }
  for (int p = 0; p < PLANES; p++) {
    g_clear_pointer (&vif->rows[p], g_free);
    g_clear_pointer (&vif->rings[p], g_free);
    g_clear_pointer (&vif->filtered[p], g_free);
  }
}

static void
vif_close (gpointer metric)
{
  clear_room (metric);
  g_free (metric);
}

static void
make_room (Vif *vif, int width, int height)
{
  const gsize n = (gsize)width * (gsize)height;

  if (n == vif->room && width == vif->width)
    return;
  clear_room (vif);
  for (int i = 0; i < 2; i++) {
    vif->pictures[i] = g_new (float, n);
    vif->products[i] = g_new (double, width);
    for (int x = 0; x < width; x++)
      vif->products[i][x] = 1;
  }
  for (int p = 0; p < PLANES; p++) {
    vif->rows[p] = g_new (float, width);
    vif->rings[p] = g_new (float, (gsize)GEN_FILTER_TAPS *(gsize)width);
    vif->filtered[p] = g_new (float, width);
  }
  vif->room = n;
  vif->width = width;
}

static void
read_plane (const GenPicture *luma, float *plane)
{
  for (int y = 0; y < luma->height; y++)
    for (int x = 0; x < luma->width; x++)
      *plane++ = (float)(luma->data[(gssize)y * luma->stride + x] - CENTRE);
}

typedef struct {
  float taps[GEN_FILTER_TAPS];
  int count;
  int width, height; /* of the pictures; rows are as wide as they */
} Scale;

static void
filter_row (const Scale *scale, const float *in, float *out)
{
  gen_filter_row (in, scale->taps, scale->count, out, scale->width - scale->count + 1);
}

/* Of a ring of filtered rows, those from row `first` on. */
static void
filter_ring (const Scale *scale, const float *ring, int first, float *out)
{
  const float *rows[GEN_FILTER_TAPS];

  for (int k = 0; k < scale->count; k++)
    rows[k] = ring + (gsize)((first + k) % scale->count) * (gsize)scale->width;
  gen_filter_rows (rows, scale->taps, scale->count, out, scale->width - scale->count + 1);
}

/* Filter a picture and take every second pixel of every second row, in its place: what is written
 * lies before what is still to be read. */
static void
halve (Vif *vif, const Scale *scale, float *picture)
{
  const int out_width = scale->width - scale->count + 1;
  float *to = picture;

  for (int y = 0; y < scale->height; y++) {
    const int out = y - scale->count + 1;

    filter_row (scale, picture + (gsize)y * (gsize)scale->width,
        vif->rings[0] + (gsize)(y % scale->count) * (gsize)scale->width);
    if (out < 0 || out % 2 != 0)
      continue;
    filter_ring (scale, vif->rings[0], out, vif->filtered[0]);
    for (int x = 0; x < out_width; x += 2)
      *to++ = vif->filtered[0][x];
  }
}

GEN_CLONES (void, square_row,
    (const float *restrict a, const float *restrict b, float *restrict square_a,
        float *restrict square_b, float *restrict product, int n),
    (a, b, square_a, square_b, product, n))
{
  for (int x = 0; x < n; x++) {
    square_a[x] = a[x] * a[x];
    square_b[x] = b[x] * b[x];
    product[x] = a[x] * b[x];
  }
}

/* What is seen of the frame, and of the reference, at each place: ratios whose logarithms are
 * information, multiplied to those above. */
GEN_CLONES (void, see_row,
    (float *const *planes, double *restrict of_frame, double *restrict of_reference, int n),
    (planes, of_frame, of_reference, n))
{
  for (int x = 0; x < n; x++) {
    const float mean_a = planes[MEAN_A][x], mean_b = planes[MEAN_B][x];
    const float frame = MAX (planes[SQUARE_A][x] - mean_a * mean_a, 0);
    const float reference = MAX (planes[SQUARE_B][x] - mean_b * mean_b, 0);
    const float covariance = planes[PRODUCT][x] - mean_a * mean_b;
    const gboolean flat = reference < TINY || frame < TINY || covariance < 0;
    const float gain = flat ? 0 : covariance / (reference + TINY);
    const float rest = frame < TINY ? 0 : flat ? frame : frame - gain * covariance;

    of_frame[x] *=
        1 + gain * gain * (reference < TINY ? 0 : reference) / (MAX (rest, TINY) + NOISE);
    of_reference[x] *= 1 + (reference < TINY ? 0 : reference) / NOISE;
  }
}

/* Add the information in a strip of products to the sums, and begin anew. */
static void
sum_products (Vif *vif, int n, double sums[2])
{
  for (int i = 0; i < 2; i++)
    for (int x = 0; x < n; x++) {
      sums[i] += log10 (vif->products[i][x]);
      vif->products[i][x] = 1;
    }
}

static void
compare_scale (Vif *vif, const Scale *scale, double sums[2])
{
  const int out_width = scale->width - scale->count + 1;

  for (int y = 0; y < scale->height; y++) {
    const gsize at = (gsize)(y % scale->count) * (gsize)scale->width;
    const float *a = vif->pictures[0] + (gsize)y * (gsize)scale->width;
    const float *b = vif->pictures[1] + (gsize)y * (gsize)scale->width;

    square_row (a, b, vif->rows[SQUARE_A], vif->rows[SQUARE_B], vif->rows[PRODUCT], scale->width);
    filter_row (scale, a, vif->rings[MEAN_A] + at);
    filter_row (scale, b, vif->rings[MEAN_B] + at);
    for (int p = SQUARE_A; p < PLANES; p++)
      filter_row (scale, vif->rows[p], vif->rings[p] + at);
    if (y < scale->count - 1)
      continue;
    for (int p = 0; p < PLANES; p++)
      filter_ring (scale, vif->rings[p], y - scale->count + 1, vif->filtered[p]);
    see_row (vif->filtered, vif->products[0], vif->products[1], out_width);
    if (y % FACTORS == 0 || y == scale->height - 1)
      sum_products (vif, out_width, sums);
  }
}

static void
vif_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const GenPicture *a = &frame->picture, *b = &reference->picture;
  Scale scale = { .width = a->width, .height = a->height };
  Vif *vif = metric;
  double sums[2] = { 0 };

  if (MIN (a->width, a->height) < LEAST)
    return;
  make_room (vif, a->width, a->height);
  read_plane (a, vif->pictures[0]);
  read_plane (b, vif->pictures[1]);
  for (int i = 0; i < SCALES; i++) {
    scale.count = (1 << (SCALES - i)) + 1;
    gen_filter_gaussian (scale.taps, scale.count, scale.count / 5.0);
    if (i > 0) {
      for (int k = 0; k < 2; k++)
        halve (vif, &scale, vif->pictures[k]);
      scale.width = (scale.width - scale.count + 2) / 2;
      scale.height = (scale.height - scale.count + 2) / 2;
    }
    compare_scale (vif, &scale, sums);
  }
  values[0] = (sums[0] + (double)TINY) / (sums[1] + (double)TINY);
}

const GenMetric gen_metric_vif = {
  .name = "vif",
  .medium = &gen_medium_picture,
  .summary = "Visual information fidelity of luma, in the domain of pixels (Sheikh and Bovik 2006)",
  .unit = "share, from 0; 1 for equal frames, more where contrast was added",
  .takes_long = TRUE,
  .fields = { { "vif", GEN_FIELD_NUMBER, NULL, "it takes 41 pixels each way at least",
      .better = GEN_BETTER_HIGHER } },
  .n_fields = 1,
  .open = vif_open,
  .close = vif_close,
  .judge = vif_judge,
};
