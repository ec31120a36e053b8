/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporal SSIM: the structural similarity of each frame to the one before (Wang, Bovik, Sheikh
 * and Simoncelli 2004, their constants: Gaussian window of 11 by 11 with sigma 1.5, K1 0.01, K2
 * 0.03; variances divided by n), averaged over the places where the window lies within the
 * picture.
 *
 * A frame is filtered once and its means and squares are kept for the next one, so that three
 * planes are filtered a frame and not five. Filtering is separable and goes row by row through a
 * ring of filtered rows. Levels are centred about 128, which keeps single precision good enough
 * for differences of squares. */
#include "metrics.h"

#include <math.h>
#include <string.h>

#include "../simd.h"

#define WINDOW 11
#define SIGMA 1.5
#define C1 ((0.01f * 255) * (0.01f * 255))
#define C2 ((0.03f * 255) * (0.03f * 255))
#define CENTRE 128

#define PIECE 16
typedef float Piece __attribute__ ((vector_size (PIECE * sizeof (float)), aligned (4), may_alias));

enum { MEAN, SQUARE, PRODUCT, PLANES };

typedef struct {
  int width, height;         /* of the frames; 0 before the first */
  int window_x, window_y;    /* smaller than WINDOW only where the frame is */
  int out_width, out_height; /* places of the window */
  float taps_x[WINDOW], taps_y[WINDOW];
  gboolean has_previous;
  guint8 *previous;        /* the last frame, width * height */
  float *means, *squares;  /* its filtered planes, out_width * out_height */
  float *row[PLANES];      /* a row before filtering, width */
  float *ring[PLANES];     /* window_y filtered rows, out_width each */
  float *filtered[PLANES]; /* out_width */
} Ssim;

static gpointer
ssim_open (const GenMetricSettings *settings)
{
  return g_new0 (Ssim, 1);
}

static void
free_planes (Ssim *ssim)
{
  g_clear_pointer (&ssim->previous, g_free);
  g_clear_pointer (&ssim->means, g_free);
  g_clear_pointer (&ssim->squares, g_free);
  for (int p = 0; p < PLANES; p++) {
    g_clear_pointer (&ssim->row[p], g_free);
    g_clear_pointer (&ssim->ring[p], g_free);
    g_clear_pointer (&ssim->filtered[p], g_free);
  }
}

static void
ssim_close (gpointer metric)
{
  free_planes (metric);
  g_free (metric);
}

static void
ssim_interrupt (gpointer metric)
{
  ((Ssim *)metric)->has_previous = FALSE;
}

/* A Gaussian of at most WINDOW taps whose sum is 1; returns their number, which is the largest
 * odd one that `n` pixels can hold. */
static int
gaussian (int n, float taps[WINDOW])
{
  int count = n >= WINDOW ? WINDOW : (n - 1) | 1;
  double sum = 0;

  for (int i = 0; i < count; i++)
    sum += exp (-0.5 * pow ((i - count / 2) / SIGMA, 2));
  for (int i = 0; i < count; i++)
    taps[i] = (float)(exp (-0.5 * pow ((i - count / 2) / SIGMA, 2)) / sum);
  return count;
}

static void
resize (Ssim *ssim, int width, int height)
{
  gsize out;

  free_planes (ssim);
  ssim->width = width;
  ssim->height = height;
  ssim->window_x = gaussian (width, ssim->taps_x);
  ssim->window_y = gaussian (height, ssim->taps_y);
  ssim->out_width = width - ssim->window_x + 1;
  ssim->out_height = height - ssim->window_y + 1;
  ssim->has_previous = FALSE;
  out = (gsize)ssim->out_width * ssim->out_height;
  ssim->previous = g_malloc ((gsize)width * height);
  ssim->means = g_new (float, out);
  ssim->squares = g_new (float, out);
  for (int p = 0; p < PLANES; p++) {
    ssim->row[p] = g_new (float, width);
    ssim->ring[p] = g_new (float, (gsize)ssim->window_y * ssim->out_width);
    ssim->filtered[p] = g_new (float, ssim->out_width);
  }
}

/* out[x] = sum over k of taps[k] * rows[k][x]: along a row, rows[k] is the row moved by k. The
 * compiler would turn the loops around; vectors of a fixed size keep the sums in registers. The
 * last one may overlap the one before. */
static inline __attribute__ ((always_inline)) void
filter_taps (const float *const rows[WINDOW], const float *taps, int count, float *out, int n)
{
  if (n < PIECE) {
    for (int x = 0; x < n; x++) {
      out[x] = 0;
      for (int k = 0; k < count; k++)
        out[x] += taps[k] * rows[k][x];
    }
    return;
  }
  for (int begin = 0; begin < n; begin += PIECE) {
    int x = MIN (begin, n - PIECE);
    Piece sum = { 0 };

    for (int k = 0; k < count; k++)
      sum += taps[k] * *(const Piece *)(rows[k] + x);
    *(Piece *)(out + x) = sum;
  }
}

GEN_CLONES (void, filter,
    (const float *const rows[WINDOW], const float *taps, int count, float *out, int n),
    (rows, taps, count, out, n))
{
  if (count == WINDOW)
    filter_taps (rows, taps, WINDOW, out, n);
  else
    filter_taps (rows, taps, count, out, n);
}

static void
filter_row (const float *in, float *out, int n, const float *taps, int count)
{
  const float *rows[WINDOW];

  for (int k = 0; k < count; k++)
    rows[k] = in + k;
  filter (rows, taps, count, out, n);
}

/* The ring's rows from row `first` of the picture on. */
static void
filter_ring (const float *ring, int first, float *out, int n, const float *taps, int count)
{
  const float *rows[WINDOW];

  for (int k = 0; k < count; k++)
    rows[k] = ring + (gsize)((first + k) % count) * n;
  filter (rows, taps, count, out, n);
}

GEN_CLONES (void, centre_rows,
    (const guint8 *restrict now, const guint8 *restrict before, float *restrict mean,
        float *restrict square, float *restrict product, int n),
    (now, before, mean, square, product, n))
{
  for (int x = 0; x < n; x++) {
    float a = (float)(now[x] - CENTRE), b = (float)(before[x] - CENTRE);

    mean[x] = a;
    square[x] = a * a;
    product[x] = a * b;
  }
}

/* The similarity of each place in a row, written over `product`; this frame's planes take the
 * place of the last one's. Returns the sum. */
GEN_CLONES (double, compare_row,
    (const float *restrict mean, const float *restrict square, float *restrict product,
        float *restrict last_mean, float *restrict last_square, int n),
    (mean, square, product, last_mean, last_square, n))
{
  double sum = 0;

  for (int x = 0; x < n; x++) {
    float a = mean[x] + CENTRE, b = last_mean[x] + CENTRE;
    float variance_a = square[x] - mean[x] * mean[x];
    float variance_b = last_square[x] - last_mean[x] * last_mean[x];
    float covariance = product[x] - mean[x] * last_mean[x];

    product[x] = (2 * a * b + C1) * (2 * covariance + C2) /
                 ((a * a + b * b + C1) * (variance_a + variance_b + C2));
    last_mean[x] = mean[x];
    last_square[x] = square[x];
  }
  for (int x = 0; x < n; x++)
    sum += product[x];
  return sum;
}

static void
ssim_measure (gpointer metric, const GenSample *sample, double *values)
{
  const GenPicture *luma = &sample->picture;
  Ssim *ssim = metric;
  int n, window;
  double sum = 0;

  if (luma->width != ssim->width || luma->height != ssim->height)
    resize (ssim, luma->width, luma->height);
  n = ssim->out_width;
  window = ssim->window_y;
  for (int y = 0; y < ssim->height; y++) {
    const guint8 *row = luma->data + (gsize)y * luma->stride;
    guint8 *previous = ssim->previous + (gsize)y * ssim->width;
    int out = y - window + 1;

    centre_rows (row, ssim->has_previous ? previous : row, ssim->row[MEAN], ssim->row[SQUARE],
        ssim->row[PRODUCT], ssim->width);
    memcpy (previous, row, (gsize)ssim->width);
    for (int p = 0; p < PLANES; p++)
      filter_row (
          ssim->row[p], ssim->ring[p] + (gsize)(y % window) * n, n, ssim->taps_x, ssim->window_x);
    if (out < 0)
      continue;
    for (int p = 0; p < PLANES; p++)
      filter_ring (ssim->ring[p], out, ssim->filtered[p], n, ssim->taps_y, window);
    if (ssim->has_previous) {
      sum += compare_row (ssim->filtered[MEAN], ssim->filtered[SQUARE], ssim->filtered[PRODUCT],
          ssim->means + (gsize)out * n, ssim->squares + (gsize)out * n, n);
    } else {
      memcpy (ssim->means + (gsize)out * n, ssim->filtered[MEAN], n * sizeof (float));
      memcpy (ssim->squares + (gsize)out * n, ssim->filtered[SQUARE], n * sizeof (float));
    }
  }
  /* Rounding may lift equal frames a hair above 1. */
  values[0] = ssim->has_previous ? MIN (sum / n / ssim->out_height, 1) : GEN_MISSING;
  ssim->has_previous = TRUE;
}

const GenMetric gen_metric_temporal_ssim = {
  .name = "temporal-ssim",
  .medium = &gen_medium_picture,
  .summary = "Structural similarity of a frame's luma to the frame before (Wang et al. 2004)",
  .unit = "-1 to 1; 1 for equal frames",
  .fields = { { "temporal-ssim", GEN_FIELD_NUMBER, NULL, "no frame comes before this one" } },
  .n_fields = 1,
  .open = ssim_open,
  .close = ssim_close,
  .measure = ssim_measure,
  .interrupt = ssim_interrupt,
};
