/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ssim.h"

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "filter.h"

#define WINDOW 11
#define SIGMA 1.5
#define C1 ((0.01f * 255) * (0.01f * 255))
#define C2 ((0.03f * 255) * (0.03f * 255))
#define CENTRE 128

#define PIECE 8
typedef float Piece __attribute__ ((vector_size (PIECE * sizeof (float)), aligned (4), may_alias));
typedef double Sums __attribute__ ((vector_size (PIECE * sizeof (double))));

enum { MEAN, SQUARES, PRODUCT, PLANES };

struct _GenSsim {
  int width, height;         /* of the frames; 0 before the first */
  gsize size;                /* bytes of a level: 1, or those of a float */
  int window_x, window_y;    /* smaller than WINDOW only where the frame is */
  int out_width, out_height; /* places of the window */
  float taps_x[WINDOW], taps_y[WINDOW];
  gboolean has_previous;
  guint8 *previous;        /* the last frame, width * height levels */
  float *means;            /* its filtered levels, out_width * out_height */
  float *row[PLANES];      /* a row before filtering, width */
  float *ring[PLANES];     /* window_y filtered rows, out_width each */
  float *filtered[PLANES]; /* out_width */
  gboolean contrast;       /* is wanted */
};

GenSsim *
gen_ssim_new (gboolean contrast)
{
  GenSsim *ssim = g_new0 (GenSsim, 1);

  ssim->contrast = contrast;
  return ssim;
}

static void
free_planes (GenSsim *ssim)
{
  g_clear_pointer (&ssim->previous, g_free);
  g_clear_pointer (&ssim->means, g_free);
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
  const int count = n >= WINDOW ? WINDOW : (n - 1) | 1;

  gen_filter_gaussian (taps, count, SIGMA);
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
  for (int p = 0; p < PLANES; p++) {
    ssim->row[p] = g_new (float, width);
    ssim->ring[p] = g_new (float, (gsize)ssim->window_y * ssim->out_width);
    ssim->filtered[p] = g_new (float, ssim->out_width);
  }
}

/* The ring's rows from row `first` of the picture on. */
static void
filter_ring (const float *ring, int first, float *out, int n, const float *taps, int count)
{
  const float *rows[WINDOW];

  for (int k = 0; k < count; k++)
    rows[k] = ring + (gsize)((first + k) % count) * n;
  gen_filter_rows (rows, taps, count, out, n);
}

GEN_CLONES (void, centre_rows,
    (const guint8 *restrict now, const guint8 *restrict before, float *restrict mean,
        float *restrict squares, float *restrict product, int n),
    (now, before, mean, squares, product, n))
{
  for (int x = 0; x < n; x++) {
    float a = (float)(now[x] - CENTRE), b = (float)(before[x] - CENTRE);

    mean[x] = a;
    squares[x] = a * a + b * b;
    product[x] = a * b;
  }
}

GEN_CLONES (void, centre_floats,
    (const float *restrict now, const float *restrict before, float *restrict mean,
        float *restrict squares, float *restrict product, int n),
    (now, before, mean, squares, product, n))
{
  for (int x = 0; x < n; x++) {
    float a = now[x] - CENTRE, b = before[x] - CENTRE;

    mean[x] = a;
    squares[x] = a * a + b * b;
    product[x] = a * b;
  }
}

/* A piece of a row's planes, the squares being those of both frames, and of the last frame's mean.
 */
typedef struct {
  Piece mean, squares, product, last_mean;
} Pieces;

/* How alike the places of a piece are. */
static inline __attribute__ ((always_inline)) void
compare (const Pieces *p, Piece *similarity, Piece *contrast, gboolean wants_contrast)
{
  const Piece a = p->mean + CENTRE, b = p->last_mean + CENTRE;
  const Piece variances = p->squares - p->mean * p->mean - p->last_mean * p->last_mean + C2;
  const Piece structure = 2 * (p->product - p->mean * p->last_mean) + C2;

  *similarity = (2 * a * b + C1) * structure / ((a * a + b * b + C1) * variances);
  if (wants_contrast)
    *contrast = structure / variances;
}

static inline __attribute__ ((always_inline)) double
add_up (const Sums *sums)
{
  double sum = 0;

  for (int i = 0; i < PIECE; i++)
    sum += (*sums)[i];
  return sum;
}

/* A row's planes, and the last frame's mean, in whose place this one's comes. */
typedef struct {
  const float *mean, *squares, *product;
  float *last_mean;
} Rows;

/* Compare the places from `x` on, which go on for a piece at least. */
static inline __attribute__ ((always_inline)) void
compare_pieces (const Rows *rows, int x, Sums *similarity, Sums *contrast, gboolean wants_contrast)
{
  const Pieces pieces = { *(const Piece *)(rows->mean + x), *(const Piece *)(rows->squares + x),
    *(const Piece *)(rows->product + x), *(const Piece *)(rows->last_mean + x) };
  Piece similarities, contrasts = { 0 };

  compare (&pieces, &similarities, &contrasts, wants_contrast);
  *similarity += __builtin_convertvector(similarities, Sums);
  if (wants_contrast)
    *contrast += __builtin_convertvector(contrasts, Sums);
  *(Piece *)(rows->last_mean + x) = pieces.mean;
}

/* The last places of a row, fewer than a piece. */
static void
compare_rest (const Rows *rows, int x, int n, GenSsimFigures *sums)
{
  for (; x < n; x++) {
    const Pieces pieces = { { rows->mean[x] }, { rows->squares[x] }, { rows->product[x] },
      { rows->last_mean[x] } };
    Piece similarities, contrasts;

    compare (&pieces, &similarities, &contrasts, TRUE);
    sums->similarity += similarities[0];
    sums->contrast += contrasts[0];
    rows->last_mean[x] = rows->mean[x];
  }
}

static inline __attribute__ ((always_inline)) void
compare_row_as (const Rows *rows, int n, GenSsimFigures *sums, gboolean wants_contrast)
{
  Sums similarity = { 0 }, contrast = { 0 };
  int x = 0;

  for (; x + PIECE <= n; x += PIECE)
    compare_pieces (rows, x, &similarity, &contrast, wants_contrast);
  sums->similarity += add_up (&similarity);
  sums->contrast += add_up (&contrast);
  compare_rest (rows, x, n, sums);
}

/* Add up the similarity of each place in a row, and where it is wanted that of contrast and
 * structure alone. */
GEN_CLONES (void, compare_row,
    (const Rows *rows, int n, GenSsimFigures *sums, gboolean wants_contrast),
    (rows, n, sums, wants_contrast))
{
  if (wants_contrast)
    compare_row_as (rows, n, sums, TRUE);
  else
    compare_row_as (rows, n, sums, FALSE);
}

/* A row of levels, and that of the last frame, as three planes. */
static void
centre (GenSsim *ssim, const guint8 *row, const guint8 *previous)
{
  const guint8 *before = ssim->has_previous ? previous : row;
  float *const *to = ssim->row;

  if (ssim->size == 1)
    centre_rows (row, before, to[MEAN], to[SQUARES], to[PRODUCT], ssim->width);
  else
    centre_floats ((const float *)(const void *)row, (const float *)(const void *)before, to[MEAN],
        to[SQUARES], to[PRODUCT], ssim->width);
}

/* Without a frame to compare with, only the mean is wanted, for the next one. */
static int
planes_of (const GenSsim *ssim)
{
  return ssim->has_previous ? PLANES : SQUARES;
}

/* Filter down to place `out`, and compare it. */
static void
finish_row (GenSsim *ssim, int out, GenSsimFigures *sums)
{
  const int n = ssim->out_width;
  float *means = ssim->means + (gsize)out * (gsize)n;
  float *const *filtered = ssim->filtered;

  for (int p = 0; p < planes_of (ssim); p++)
    filter_ring (ssim->ring[p], out, filtered[p], n, ssim->taps_y, ssim->window_y);
  if (!ssim->has_previous) {
    memcpy (means, filtered[MEAN], (gsize)n * sizeof (float));
    return;
  }
  compare_row (&(Rows){ filtered[MEAN], filtered[SQUARES], filtered[PRODUCT], means }, n, sums,
      ssim->contrast);
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
    for (int p = 0; p < planes_of (ssim); p++)
      gen_filter_row (ssim->row[p], ssim->taps_x, ssim->window_x, ring[p] + at, ssim->out_width);
    if (y >= ssim->window_y - 1)
      finish_row (ssim, y - ssim->window_y + 1, &sums);
  }
  ssim->has_previous = TRUE;
  /* Rounding may lift equal frames a hair above 1. */
  figures->similarity = MIN (sums.similarity / ssim->out_width / ssim->out_height, 1);
  figures->contrast = MIN (sums.contrast / ssim->out_width / ssim->out_height, 1);
  return compares;
}
