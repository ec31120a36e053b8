/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ssim.h"

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

struct _GenSsim {
  int width, height;         /* of the frames; 0 before the first */
  gsize size;                /* bytes of a level: 1, or those of a float */
  int window_x, window_y;    /* smaller than WINDOW only where the frame is */
  int out_width, out_height; /* places of the window */
  float taps_x[WINDOW], taps_y[WINDOW];
  gboolean has_previous;
  guint8 *previous;        /* the last frame, width * height levels */
  float *means, *squares;  /* its filtered planes, out_width * out_height */
  float *row[PLANES];      /* a row before filtering, width */
  float *ring[PLANES];     /* window_y filtered rows, out_width each */
  float *filtered[PLANES]; /* out_width */
  float *contrast;         /* likewise */
};

GenSsim *
gen_ssim_new (void)
{
  return g_new0 (GenSsim, 1);
}

static void
free_planes (GenSsim *ssim)
{
  g_clear_pointer (&ssim->previous, g_free);
  g_clear_pointer (&ssim->means, g_free);
  g_clear_pointer (&ssim->squares, g_free);
  g_clear_pointer (&ssim->contrast, g_free);
  for (int p = 0; p < PLANES; p++) {
    g_clear_pointer (&ssim->row[p], g_free);
    g_clear_pointer (&ssim->ring[p], g_free);
    g_clear_pointer (&ssim->filtered[p], g_free);
  }
}

void
gen_ssim_free (GenSsim *ssim)
{
  free_planes (ssim);
  g_free (ssim);
}

void
gen_ssim_forget (GenSsim *ssim)
{
  ssim->has_previous = FALSE;
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
resize (GenSsim *ssim, int width, int height, gsize size)
{
  gsize out;

  free_planes (ssim);
  ssim->size = size;
  ssim->width = width;
  ssim->height = height;
  ssim->window_x = gaussian (width, ssim->taps_x);
  ssim->window_y = gaussian (height, ssim->taps_y);
  ssim->out_width = width - ssim->window_x + 1;
  ssim->out_height = height - ssim->window_y + 1;
  ssim->has_previous = FALSE;
  out = (gsize)ssim->out_width * ssim->out_height;
  ssim->previous = g_malloc ((gsize)width * height * size);
  ssim->means = g_new (float, out);
  ssim->squares = g_new (float, out);
  ssim->contrast = g_new (float, ssim->out_width);
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

GEN_CLONES (void, centre_floats,
    (const float *restrict now, const float *restrict before, float *restrict mean,
        float *restrict square, float *restrict product, int n),
    (now, before, mean, square, product, n))
{
  for (int x = 0; x < n; x++) {
    float a = now[x] - CENTRE, b = before[x] - CENTRE;

    mean[x] = a;
    square[x] = a * a;
    product[x] = a * b;
  }
}

/* The similarity of each place in a row, written over `product`, and that of contrast and structure
 * alone, over `contrast`; this frame's planes take the place of the last one's. */
GEN_CLONES (void, compare_row,
    (const float *restrict mean, const float *restrict square, float *restrict product,
        float *restrict contrast, float *restrict last_mean, float *restrict last_square, int n),
    (mean, square, product, contrast, last_mean, last_square, n))
{

  for (int x = 0; x < n; x++) {
    float a = mean[x] + CENTRE, b = last_mean[x] + CENTRE;
    float variance_a = square[x] - mean[x] * mean[x];
    float variance_b = last_square[x] - last_mean[x] * last_mean[x];
    float covariance = product[x] - mean[x] * last_mean[x];

    product[x] = (2 * a * b + C1) * (2 * covariance + C2) /
                 ((a * a + b * b + C1) * (variance_a + variance_b + C2));
    contrast[x] = (2 * covariance + C2) / (variance_a + variance_b + C2);
    last_mean[x] = mean[x];
    last_square[x] = square[x];
  }
}

static double
sum_row (const float *row, int n)
{
  double sum = 0;

  for (int x = 0; x < n; x++)
    sum += row[x];
  return sum;
}

/* A row of levels, and that of the last frame, as three planes. */
static void
centre (GenSsim *ssim, const guint8 *row, const guint8 *previous)
{
  const guint8 *before = ssim->has_previous ? previous : row;
  float *const *to = ssim->row;

  if (ssim->size == 1)
    centre_rows (row, before, to[MEAN], to[SQUARE], to[PRODUCT], ssim->width);
  else
    centre_floats ((const float *)(const void *)row, (const float *)(const void *)before, to[MEAN],
        to[SQUARE], to[PRODUCT], ssim->width);
}

/* Filter down to place `out`, and compare it. */
static void
finish_row (GenSsim *ssim, int out, GenSsimFigures *sums)
{
  const int n = ssim->out_width;
  float *means = ssim->means + (gsize)out * n, *squares = ssim->squares + (gsize)out * n;
  float *const *filtered = ssim->filtered;

  for (int p = 0; p < PLANES; p++)
    filter_ring (ssim->ring[p], out, filtered[p], n, ssim->taps_y, ssim->window_y);
  if (!ssim->has_previous) {
    memcpy (means, filtered[MEAN], n * sizeof (float));
    memcpy (squares, filtered[SQUARE], n * sizeof (float));
    return;
  }
  compare_row (
      filtered[MEAN], filtered[SQUARE], filtered[PRODUCT], ssim->contrast, means, squares, n);
  sums->similarity += sum_row (filtered[PRODUCT], n);
  sums->contrast += sum_row (ssim->contrast, n);
}

gboolean
gen_ssim_next (GenSsim *ssim, const void *levels, gsize stride, int width, int height,
    gboolean floats, GenSsimFigures *figures)
{
  const gsize size = floats ? sizeof (float) : 1;
  const gboolean compares =
      ssim->has_previous && width == ssim->width && height == ssim->height && size == ssim->size;
  GenSsimFigures sums = { 0 };

  if (width != ssim->width || height != ssim->height || size != ssim->size)
    resize (ssim, width, height, size);
  for (int y = 0; y < height; y++) {
    const guint8 *row = (const guint8 *)levels + (gsize)y * stride;
    guint8 *previous = ssim->previous + (gsize)y * width * size;
    float *const *ring = ssim->ring;
    const gsize at = (gsize)(y % ssim->window_y) * ssim->out_width;

    centre (ssim, row, previous);
    memcpy (previous, row, (gsize)width * size);
    for (int p = 0; p < PLANES; p++)
      filter_row (ssim->row[p], ring[p] + at, ssim->out_width, ssim->taps_x, ssim->window_x);
    if (y >= ssim->window_y - 1)
      finish_row (ssim, y - ssim->window_y + 1, &sums);
  }
  ssim->has_previous = TRUE;
  /* Rounding may lift equal frames a hair above 1. */
  figures->similarity = MIN (sums.similarity / ssim->out_width / ssim->out_height, 1);
  figures->contrast = MIN (sums.contrast / ssim->out_width / ssim->out_height, 1);
  return compares;
}
