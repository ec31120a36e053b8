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

typedef GenFilterPiece Piece;
#define PIECE GEN_FILTER_PIECE
typedef double Sums __attribute__ ((vector_size (PIECE * sizeof (double))));

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
  g_clear_pointer (&ssim->squares, g_free);
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
  ssim->squares = g_new (float, out);
  for (int p = 0; p < PLANES; p++) {
    ssim->row[p] = g_new (float, width);
    ssim->ring[p] = g_new (float, (gsize)ssim->window_y * ssim->out_width);
    ssim->filtered[p] = g_new (float, ssim->out_width);
  }
}

static void
filter_row (const float *in, float *out, int n, const float *taps, int count)
{
  const float *rows[WINDOW];

  for (int k = 0; k < count; k++)
    rows[k] = in + k;
  gen_filter_taps (rows, taps, count, out, n);
}

/* The ring's rows from row `first` of the picture on. */
static void
filter_ring (const float *ring, int first, float *out, int n, const float *taps, int count)
{
  const float *rows[WINDOW];

  for (int k = 0; k < count; k++)
    rows[k] = ring + (gsize)((first + k) % count) * n;
  gen_filter_taps (rows, taps, count, out, n);
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

/* A piece of a row's planes, and of the last frame's. */
typedef struct {
  Piece mean, square, product, last_mean, last_square;
} Pieces;

/* How alike the places of a piece are. */
static inline __attribute__ ((always_inline)) void
compare (const Pieces *p, Piece *similarity, Piece *contrast, gboolean wants_contrast)
{
  const Piece a = p->mean + CENTRE, b = p->last_mean + CENTRE;
  const Piece variances =
      p->square - p->mean * p->mean + (p->last_square - p->last_mean * p->last_mean) + C2;
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

/* A row's planes, and those of the last frame, in whose place they come. */
typedef struct {
  const float *mean, *square, *product;
  float *last_mean, *last_square;
} Rows;

/* The last places of a row may be fewer than a piece: it is filled up with zeros. */
static inline __attribute__ ((always_inline)) void
load (Piece *piece, const float *from, int n)
{
  if (n >= PIECE) {
    *piece = *(const Piece *)from;
    return;
  }
  *piece = (Piece){ 0 };
  memcpy (piece, from, (gsize)n * sizeof *from);
}

static inline __attribute__ ((always_inline)) void
compare_row_as (const Rows *rows, int n, GenSsimFigures *sums, gboolean wants_contrast)
{
  Sums similarity = { 0 }, contrast = { 0 };

  for (int x = 0; x < n; x += PIECE) {
    const int count = MIN (n - x, PIECE);
    Piece similarities, contrasts = { 0 };
    Pieces pieces;

    load (&pieces.mean, rows->mean + x, count);
    load (&pieces.square, rows->square + x, count);
    load (&pieces.product, rows->product + x, count);
    load (&pieces.last_mean, rows->last_mean + x, count);
    load (&pieces.last_square, rows->last_square + x, count);
    compare (&pieces, &similarities, &contrasts, wants_contrast);
    for (int i = count; i < PIECE; i++)
      similarities[i] = contrasts[i] = 0;
    similarity += __builtin_convertvector(similarities, Sums);
    if (wants_contrast)
      contrast += __builtin_convertvector(contrasts, Sums);
    memcpy (rows->last_mean + x, &pieces.mean, (gsize)count * sizeof (float));
    memcpy (rows->last_square + x, &pieces.square, (gsize)count * sizeof (float));
  }
  sums->similarity += add_up (&similarity);
  sums->contrast += add_up (&contrast);
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
    centre_rows (row, before, to[MEAN], to[SQUARE], to[PRODUCT], ssim->width);
  else
    centre_floats ((const float *)(const void *)row, (const float *)(const void *)before, to[MEAN],
        to[SQUARE], to[PRODUCT], ssim->width);
}

/* Without a frame to compare with, there is no product. */
static int
planes_of (const GenSsim *ssim)
{
  return ssim->has_previous ? PLANES : PRODUCT;
}

/* Filter down to place `out`, and compare it. */
static void
finish_row (GenSsim *ssim, int out, GenSsimFigures *sums)
{
  const int n = ssim->out_width;
  float *means = ssim->means + (gsize)out * n, *squares = ssim->squares + (gsize)out * n;
  float *const *filtered = ssim->filtered;

  for (int p = 0; p < planes_of (ssim); p++)
    filter_ring (ssim->ring[p], out, filtered[p], n, ssim->taps_y, ssim->window_y);
  if (!ssim->has_previous) {
    memcpy (means, filtered[MEAN], n * sizeof (float));
    memcpy (squares, filtered[SQUARE], n * sizeof (float));
    return;
  }
  compare_row (&(Rows){ filtered[MEAN], filtered[SQUARE], filtered[PRODUCT], means, squares }, n,
      sums, ssim->contrast);
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
