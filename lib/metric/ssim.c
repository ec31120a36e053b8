/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pictures go strip by strip, and through each row by row. Of squares only the sum of both
 * pictures' counts, so that four moments are filtered and not five. Levels are centred about 128,
 * which keeps single precision good enough for differences of squares. */
#include "ssim.h"

#include <string.h>

#include "../simd.h"
#include "filter.h"

#define WINDOW 11
#define HALF (WINDOW / 2)
#define SIGMA 1.5
#define C1 ((0.01f * 255) * (0.01f * 255))
#define C2 ((0.03f * 255) * (0.03f * 255))
#define CENTRE 128

/* Places of the window in a row of a strip, and the levels that they reach over, up to whole
 * vectors. */
#define STRIP 128
#define REACH (STRIP + 16)

enum { MEAN_A, MEAN_B, SQUARES, PRODUCT, MOMENTS };

/* A row of each moment. */
typedef float Moments[MOMENTS][REACH] __attribute__ ((aligned (64)));

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define VECTOR 16
#define NAME(x) x##_512
#include "ssim-tile.h"
#undef VECTOR
#undef NAME
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define VECTOR 8
#define NAME(x) x##_256
#include "ssim-tile.h"
#undef VECTOR
#undef NAME
#pragma GCC pop_options
#endif
#define VECTOR 4
#define NAME(x) x##_128
#include "ssim-tile.h"
#undef VECTOR
#undef NAME

typedef struct {
  void (*enter_row) (Moments row, const float *taps, Moments out, int n);
  void (*compare_rows) (const Moments *const *rows, const float *taps, int n, int n_rows,
      GenSsimFigures *sums, gboolean wants_contrast);
} Unit;

static Unit
choose_unit (void)
{
#if defined(__x86_64__)
  switch (gen_level ()) {
  case GEN_LEVEL_AVX512:
    return (Unit){ enter_row_512, compare_rows_512 };
  case GEN_LEVEL_AVX2:
    return (Unit){ enter_row_256, compare_rows_256 };
  default:
    break;
  }
#endif
  return (Unit){ enter_row_128, compare_rows_128 };
}

/* A window's weights along an axis of `n` levels, in the middle of WINDOW, and how many to either
 * side are 0. */
typedef struct {
  float taps[WINDOW];
  int pad;
} Window;

static Window
make_window (int n)
{
  const int count = n >= WINDOW ? WINDOW : (n - 1) | 1;
  Window window = { .pad = (WINDOW - count) / 2 };

  gen_filter_gaussian (window.taps + window.pad, count, SIGMA);
  return window;
}

typedef struct {
  const GenSsimPlane *a, *b;
  int width, height;
  gboolean floats, contrast;
  Window across, down;
  Unit unit;
} Comparison;

GEN_CLONES (void, centre_bytes,
    (const guint8 *restrict a, const guint8 *restrict b, float *restrict mean_a,
        float *restrict mean_b, float *restrict squares, float *restrict product, int n),
    (a, b, mean_a, mean_b, squares, product, n))
{
  for (int x = 0; x < n; x++) {
    const float p = (float)(a[x] - CENTRE), q = (float)(b[x] - CENTRE);

    mean_a[x] = p;
    mean_b[x] = q;
    squares[x] = p * p + q * q;
    product[x] = p * q;
  }
}

GEN_CLONES (void, centre_floats,
    (const float *restrict a, const float *restrict b, float *restrict mean_a,
        float *restrict mean_b, float *restrict squares, float *restrict product, int n),
    (a, b, mean_a, mean_b, squares, product, n))
{
  for (int x = 0; x < n; x++) {
    const float p = a[x] - CENTRE, q = b[x] - CENTRE;

    mean_a[x] = p;
    mean_b[x] = q;
    squares[x] = p * p + q * q;
    product[x] = p * q;
  }
}

static const void *
find_level (const Comparison *comparison, const GenSsimPlane *plane, int y, int x)
{
  return (const guint8 *)plane->levels + (gsize)y * plane->stride +
         (gsize)x * (comparison->floats ? sizeof (float) : 1);
}

/* The moments of `n` levels of row `y` from `x` on, behind the window's padding. */
static void
centre (const Comparison *comparison, int y, int x, int n, Moments out)
{
  const void *a = find_level (comparison, comparison->a, y, x);
  const void *b = find_level (comparison, comparison->b, y, x);
  const int pad = comparison->across.pad;
  float *mean_a = out[MEAN_A] + pad, *mean_b = out[MEAN_B] + pad;

  if (comparison->floats)
    centre_floats (a, b, mean_a, mean_b, out[SQUARES] + pad, out[PRODUCT] + pad, n);
  else
    centre_bytes (a, b, mean_a, mean_b, out[SQUARES] + pad, out[PRODUCT] + pad, n);
}

/* Strips are so narrow that no processor sees which levels come next. */
#define AHEAD 8
#define LINE 64

static void
prefetch (const Comparison *comparison, int y, int x, int n)
{
  const int bytes = n * (comparison->floats ? (int)sizeof (float) : 1);

  if (y + AHEAD >= comparison->height)
    return;
  for (int i = 0; i < bytes; i += LINE) {
    __builtin_prefetch ((const char *)find_level (comparison, comparison->a, y + AHEAD, x) + i);
    __builtin_prefetch ((const char *)find_level (comparison, comparison->b, y + AHEAD, x) + i);
  }
}

/* Rows that are kept: those of two windows, one below the other. */
#define RING (WINDOW + 1)

/* Compare the strip of `n` places from `x` on. */
static void
compare_strip (const Comparison *comparison, int x, int n, GenSsimFigures *sums)
{
  const int across = comparison->across.pad, down = comparison->down.pad;
  const int reach = n + WINDOW - 1 - 2 * across, end = comparison->height + 2 * down;
  Moments row = { 0 }, ring[RING] = { 0 };

  /* `y` counts from the padding above the picture on, and places that are to be compared come in
   * pairs: once both rows are there, or the last one alone. */
  for (int y = 0; y <= end; y++) {
    const Moments *rows[RING];
    const int first = y - WINDOW;
    const gboolean inside = y >= down && y < end - down;

    if (inside) {
      prefetch (comparison, y - down, x, reach);
      centre (comparison, y - down, x, reach, row);
      comparison->unit.enter_row (row, comparison->across.taps, ring[y % RING], n);
    }
    if (first < 0 || first % 2 != 0)
      continue;
    for (int k = 0; k < RING; k++)
      rows[k] = (const Moments *)&ring[(first + k) % RING];
    comparison->unit.compare_rows (
        rows, comparison->down.taps, n, y < end ? 2 : 1, sums, comparison->contrast);
  }
}

GenSsimFigures
gen_ssim_compare (const GenSsimPlane *a, const GenSsimPlane *b, int width, int height,
    gboolean floats, gboolean contrast)
{
  const Comparison comparison = { a, b, width, height, floats, contrast, make_window (width),
    make_window (height), choose_unit () };
  const int columns = width - WINDOW + 1 + 2 * comparison.across.pad;
  const int rows = height - WINDOW + 1 + 2 * comparison.down.pad;
  GenSsimFigures sums = { 0 };

  for (int x = 0; x < columns; x += STRIP)
    compare_strip (&comparison, x, MIN (STRIP, columns - x), &sums);
  /* Rounding may lift equal pictures a hair above 1. */
  return (GenSsimFigures){ MIN (sums.similarity / columns / rows, 1),
    MIN (sums.contrast / columns / rows, 1) };
}
