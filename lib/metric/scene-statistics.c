/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene-statistics.h"

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "filter.h"

#define CENTRE 128
#define WINDOW 7
#define REACH (WINDOW / 2)
#define DEVIATION (7.0 / 6)
/* Levels by which a mean of equal ones may be off. The farthest place of a window weighs 0.00018,
 * so that one whole level anywhere makes more of a difference. */
#define ROUNDING 1e-4f

/* Shapes that are tried. */
#define SHAPES 9801
#define LEAST_SHAPE 0.2
#define SHAPE_STEP 0.001

#define PIECE 8
typedef float Piece __attribute__ ((vector_size (PIECE * sizeof (float)), aligned (4), may_alias));
typedef gint32 Mask __attribute__ ((vector_size (PIECE * sizeof (gint32))));

struct _GenScene {
  int width, height;
  float taps[WINDOW];
  float *normal;         /* width * height */
  float *rows[2];        /* levels and their squares, with REACH to either side */
  float *ring[2];        /* WINDOW filtered rows */
  float *filtered[2];    /* those down columns, too */
  float *neighbours[3];  /* rows of an area, with one place more */
  float *ones;           /* a row of them: a number is its product with 1 */
  double ratios[SHAPES]; /* of a shape: the mean magnitude squared over the mean square */
};

/* lgamma has a sign for all threads, in which metrics run beside each other. */
static double
log_gamma (double x)
{
  int sign;

  return lgamma_r (x, &sign);
}

static double
find_ratio (double shape)
{
  return exp (2 * log_gamma (2 / shape) - log_gamma (1 / shape) - log_gamma (3 / shape));
}

double
gen_scene_mean_factor (double shape)
{
  return exp (log_gamma (2 / shape) - log_gamma (1 / shape));
}

double
gen_scene_scale_factor (double shape)
{
  return exp ((log_gamma (1 / shape) - log_gamma (3 / shape)) / 2);
}

GenScene *
gen_scene_new (void)
{
  GenScene *scene = g_new0 (GenScene, 1);

  gen_filter_gaussian (scene->taps, WINDOW, DEVIATION);
  for (int i = 0; i < SHAPES; i++)
    scene->ratios[i] = find_ratio (LEAST_SHAPE + i * SHAPE_STEP);
  return scene;
}

static void
free_planes (GenScene *scene)
{
  g_clear_pointer (&scene->normal, g_free);
  for (int i = 0; i < 2; i++) {
    g_clear_pointer (&scene->rows[i], g_free);
    g_clear_pointer (&scene->ring[i], g_free);
    g_clear_pointer (&scene->filtered[i], g_free);
  }
  for (int i = 0; i < 3; i++)
    g_clear_pointer (&scene->neighbours[i], g_free);
  g_clear_pointer (&scene->ones, g_free);
}

void
gen_scene_free (GenScene *scene)
{
  free_planes (scene);
  g_free (scene);
}

static void
make_room (GenScene *scene, int width, int height)
{
  const gsize n = (gsize)width;

  if (width == scene->width && height == scene->height)
    return;
  free_planes (scene);
  scene->width = width;
  scene->height = height;
  scene->normal = g_new (float, n *(gsize)height);
  for (int i = 0; i < 2; i++) {
    scene->rows[i] = g_new (float, n + 2 * REACH);
    scene->ring[i] = g_new (float, n *WINDOW);
    scene->filtered[i] = g_new (float, n);
  }
  for (int i = 0; i < 3; i++)
    scene->neighbours[i] = g_new (float, n + 1);
  scene->ones = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    scene->ones[i] = 1;
}

/* --- normalising --- */

GEN_CLONES (
    void, centre_row, (const guint8 *restrict row, float *restrict levels, int n), (row, levels, n))
{
  for (int x = 0; x < n; x++)
    levels[x] = (float)(row[x] - CENTRE);
}

void
gen_scene_read (const GenPicture *luma, int width, int height, float *levels)
{
  for (int y = 0; y < height; y++)
    centre_row (luma->data + (gssize)y * luma->stride, levels + (gsize)y * (gsize)width, width);
}

GEN_CLONES (void, square_row, (const float *restrict row, float *restrict squares, int n),
    (row, squares, n))
{
  for (int x = 0; x < n; x++)
    squares[x] = row[x] * row[x];
}

/* `squares`, whose mean comes, become the deviations. */
GEN_CLONES (void, normalise_row,
    (const float *restrict levels, const float *restrict mean, float *restrict squares,
        float *restrict out, int n),
    (levels, mean, squares, out, n))
{
  for (int x = 0; x < n; x++) {
    const float difference = levels[x] - mean[x];
    const float variance = squares[x] - mean[x] * mean[x];
    const float deviation = sqrtf (variance > 0 ? variance : 0);
    const float normal = difference / (deviation + 1);

    out[x] = fabsf (difference) > ROUNDING ? normal : 0;
    squares[x] = deviation;
  }
}

/* Filter row `y` along itself, into its place in the ring. */
static void
filter_row (GenScene *scene, const float *levels, int y)
{
  const int n = scene->width;
  const float *row = levels + (gsize)y * (gsize)n;
  float *padded = scene->rows[0];

  memcpy (padded + REACH, row, (gsize)n * sizeof *row);
  for (int i = 0; i < REACH; i++) {
    padded[i] = row[0];
    padded[REACH + n + i] = row[n - 1];
  }
  square_row (padded, scene->rows[1], n + 2 * REACH);
  for (int i = 0; i < 2; i++)
    gen_filter_row (
        scene->rows[i], scene->taps, WINDOW, scene->ring[i] + (gsize)(y % WINDOW) * (gsize)n, n);
}

void
gen_scene_normalise (GenScene *scene, const float *levels, int width, int height, float *deviations)
{
  int next = 0;

  make_room (scene, width, height);
  for (int y = 0; y < height; y++) {
    for (; next < MIN (y + REACH + 1, height); next++)
      filter_row (scene, levels, next);
    for (int i = 0; i < 2; i++) {
      const float *rows[WINDOW];

      for (int k = 0; k < WINDOW; k++)
        rows[k] =
            scene->ring[i] + (gsize)(CLAMP (y + k - REACH, 0, height - 1) % WINDOW) * (gsize)width;
      gen_filter_rows (rows, scene->taps, WINDOW, scene->filtered[i], width);
    }
    normalise_row (levels + (gsize)y * (gsize)width, scene->filtered[0], scene->filtered[1],
        scene->normal + (gsize)y * (gsize)width, width);
    if (deviations != NULL)
      memcpy (deviations + (gsize)y * (gsize)width, scene->filtered[1],
          (gsize)width * sizeof *deviations);
  }
}

/* --- fitting --- */

/* Of numbers, to either side of 0. */
typedef struct {
  double left, right, magnitude; /* of squares, and of all magnitudes */
  guint64 n_left, n_right;
} Sums;

/* The same in single precision, of as many numbers as that is good for, in strands. */
typedef struct {
  Piece left, right, magnitude;
  Mask n_left, n_right;
} Strands;

/* Numbers that strands take in. */
#define STRANDS_MOST 16384

static void
add_one (float value, Sums *sums)
{
  const double square = (double)value * (double)value;

  sums->left += value < 0 ? square : 0;
  sums->right += value > 0 ? square : 0;
  sums->magnitude += fabs ((double)value);
  sums->n_left += value < 0;
  sums->n_right += value > 0;
}

/* Add the products of two rows; what is no whole piece goes to the sums themselves. */
GEN_CLONES (void, add_products,
    (const float *a, const float *b, int n, Strands *strands, Sums *sums), (a, b, n, strands, sums))
{
  Strands own = *strands;
  int x = 0;

  for (; x + PIECE <= n; x += PIECE) {
    const Piece value = *(const Piece *)(a + x) * *(const Piece *)(b + x);
    const Mask below = value<0, above = value> 0;
    const Piece negative = (Piece)((Mask)value & below), positive = (Piece)((Mask)value & above);

    own.left += negative * negative;
    own.right += positive * positive;
    own.magnitude += positive - negative;
    own.n_left -= below;
    own.n_right -= above;
  }
  *strands = own;
  for (; x < n; x++)
    add_one (a[x] * b[x], sums);
}

static void
add_strands (Strands *strands, Sums *sums)
{
  for (int i = 0; i < PIECE; i++) {
    sums->left += (double)strands->left[i];
    sums->right += (double)strands->right[i];
    sums->magnitude += (double)strands->magnitude[i];
    sums->n_left += (guint64)strands->n_left[i];
    sums->n_right += (guint64)strands->n_right[i];
  }
  *strands = (Strands){ 0 };
}

/* The shape whose ratio is nearest; ratios grow with it. */
static double
find_shape (const GenScene *scene, double ratio)
{
  int low = 0, high = SHAPES - 1;

  while (high - low > 1) {
    const int middle = (low + high) / 2;

    if (scene->ratios[middle] < ratio)
      low = middle;
    else
      high = middle;
  }
  if (ratio - scene->ratios[low] > scene->ratios[high] - ratio)
    low = high;
  return LEAST_SHAPE + low * SHAPE_STEP;
}

static gboolean
fit (const GenScene *scene, const Sums *sums, double count, GenSceneFit *found)
{
  double sides, ratio;

  if (sums->n_left == 0 || sums->n_right == 0 || sums->left <= 0 || sums->right <= 0)
    return FALSE;
  found->left = sqrt (sums->left / (double)sums->n_left);
  found->right = sqrt (sums->right / (double)sums->n_right);
  sides = found->left / found->right;
  ratio =
      sums->magnitude / count * (sums->magnitude / count) / ((sums->left + sums->right) / count);
  ratio *= (pow (sides, 3) + 1) * (sides + 1) / pow (sides * sides + 1, 2);
  found->shape = find_shape (scene, ratio);
  return TRUE;
}

/* A row of the area, in the place of that three before it: of a row beyond it, zeros or the one at
 * the other side. */
static const float *
read_row (GenScene *scene, const float *area, int y, int width, int height, gboolean wraps)
{
  float *row = scene->neighbours[(y + 3) % 3];

  if ((y < 0 || y >= height) && !wraps) {
    memset (row, 0, ((gsize)width + 1) * sizeof *row);
    return row;
  }
  y = (y + height) % height;
  memcpy (row, area + (gsize)y * (gsize)scene->width, (gsize)width * sizeof *row);
  row[width] = wraps ? row[0] : 0;
  return row;
}

gboolean
gen_scene_fit (GenScene *scene, int x, int y, int width, int height, gboolean wraps,
    GenSceneFit fits[GEN_SCENE_FITS])
{
  const float *area = scene->normal + (gsize)y * (gsize)scene->width + x;
  const int rows_most = MAX (STRANDS_MOST / width, 1);
  Strands strands[GEN_SCENE_FITS] = { 0 };
  Sums sums[GEN_SCENE_FITS] = { 0 };
  const float *above, *row;

  above = read_row (scene, area, -1, width, height, wraps);
  row = read_row (scene, area, 0, width, height, wraps);
  for (int i = 0; i < height; i++) {
    const float *below = read_row (scene, area, i + 1, width, height, wraps);
    const float *others[GEN_SCENE_FITS] = { scene->ones, row + 1, below, below + 1, above + 1 };

    for (int k = 0; k < GEN_SCENE_FITS; k++) {
      add_products (row, others[k], width, &strands[k], &sums[k]);
      if (i % rows_most == rows_most - 1 || i == height - 1)
        add_strands (&strands[k], &sums[k]);
    }
    above = row;
    row = below;
  }
  for (int i = 0; i < GEN_SCENE_FITS; i++)
    if (!fit (scene, &sums[i], (double)width * height, &fits[i]))
      return FALSE;
  return TRUE;
}
