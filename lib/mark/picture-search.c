/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scale and rotation move the pilots' peaks in the spectrum, and a shift leaves them where they
 * are: so that one transform and a sum over the pilots' places, for each way that the pattern may
 * lie, find it. What pictures are made of has its own peaks and slopes there, which is why each
 * place counts by its surroundings, and none by more than a bound. */
#include "picture-search.h"

#include <math.h>

#include "transform.h"

#define REACH_OF_SURROUNDINGS 6
#define BOUND 8.f
#define STEP 0.004 /* of scale, as a share, and of rotation */
#define COARSE 48  /* ways that are refined */

struct _GenPictureSearch {
  const GenPictureTile *tile;
  int width, height; /* of planes */
  double scale;
  int across, down; /* of the transform */
  GenPlaneTransform *transform;
  double *re, *im;
  /* The upper half of the spectrum, whose column `across` / 2 is the frequency 0. */
  int rows;
  float *power, *whitened;
  float *means; /* of each place of it and the three beside and below */
  double *sums;
};

static int
power_of_two (int n)
{
  int power = 64;

  while (power < n)
    power *= 2;
  return power;
}

GenPictureSearch *
gen_picture_search_new (const GenPictureTile *tile, int width, int height, double scale)
{
  GenPictureSearch *search = g_new0 (GenPictureSearch, 1);
  gsize n;

  search->tile = tile;
  search->width = width;
  search->height = height;
  search->scale = scale;
  search->across = power_of_two (width);
  search->down = power_of_two (height);
  search->rows = search->down / 2;
  n = (gsize)search->across * (gsize)search->down;
  search->transform = gen_plane_transform_new (search->across, search->down);
  search->re = g_new (double, n);
  search->im = g_new (double, n);
  search->power = g_new (float, n / 2);
  search->whitened = g_new (float, n / 2);
  search->means = g_new (float, n / 2);
  search->sums = g_new (double, (gsize)search->across);
  return search;
}

void
gen_picture_search_free (GenPictureSearch *search)
{
  if (search == NULL)
    return;
  gen_plane_transform_free (search->transform);
  g_free (search->re);
  g_free (search->im);
  g_free (search->power);
  g_free (search->whitened);
  g_free (search->means);
  g_free (search->sums);
  g_free (search);
}

/* --- the spectrum --- */

/* Edges of the plane fade out, which would else be lines in the spectrum. */
static double
fade (int x, int n)
{
  const int edge = MIN (n / 16, 24), distance = MIN (x, n - 1 - x);

  return distance >= edge ? 1 : 0.5 - 0.5 * cos (G_PI * (distance + 0.5) / edge);
}

/* Each place by the mean of its surroundings. */
static void
whiten (GenPictureSearch *search)
{
  const int width = search->across, rows = search->rows, reach = REACH_OF_SURROUNDINGS;

  for (int x = 0; x < width; x++)
    search->sums[x] = 0;
  for (int y = -reach; y < rows; y++) {
    const int coming = y + reach, going = y - reach - 1;
    const int high = MIN (coming, rows - 1) - MAX (going + 1, 0) + 1;
    double sum = 0;

    for (int x = 0; x < width && coming < rows; x++)
      search->sums[x] += (double)search->power[coming * width + x];
    for (int x = 0; x < width && going >= 0; x++)
      search->sums[x] -= (double)search->power[going * width + x];
    for (int x = -reach; y >= 0 && x < width; x++) {
      const int right = x + reach, left = x - reach - 1;
      const int wide = MIN (right, width - 1) - MAX (left + 1, 0) + 1;
      const int at = y * width + x;

      if (right < width)
        sum += search->sums[right];
      if (left >= 0)
        sum -= search->sums[left];
      if (x >= 0)
        search->whitened[at] =
            MIN (search->power[at] * (float)(wide * high) / (float)(sum + 1e-9), BOUND);
    }
  }
}

/* What is looked up between four places. */
static void
take_means (GenPictureSearch *search)
{
  const int width = search->across, rows = search->rows;

  for (int y = 0; y < rows; y++)
    for (int x = 0; x < width; x++) {
      const float *at = search->whitened + y * width + x;
      const int right = x + 1 < width, below = y + 1 < rows ? width : 0;

      search->means[y * width + x] = (at[0] + at[right] + at[below] + at[below + right]) / 4;
    }
}

void
gen_picture_search_look (GenPictureSearch *search, const float *plane)
{
  const int across = search->across, half = across / 2;
  const gsize n = (gsize)across * (gsize)search->down;

  for (gsize i = 0; i < n; i++)
    search->re[i] = search->im[i] = 0;
  for (int y = 0; y < search->height; y++) {
    const double down = fade (y, search->height);

    for (int x = 0; x < search->width; x++)
      search->re[y * across + x] =
          (double)plane[y * search->width + x] * down * fade (x, search->width);
  }
  gen_plane_transform_run (search->transform, search->re, search->im, half);
  for (int y = 0; y < search->rows; y++)
    for (int x = 0; x < across; x++) {
      const gsize at = (gsize)y * (gsize)across + (gsize)((x + half) % across);

      search->power[y * across + x] =
          (float)(search->re[at] * search->re[at] + search->im[at] * search->im[at]);
    }
  whiten (search);
  take_means (search);
}

/* --- ways to lie --- */

static float
look_up (const GenPictureSearch *search, double across, double down)
{
  const double x = across * search->across + search->across / 2, y = down * search->down;
  const int left = (int)floor (x), above = (int)y;
  const float *at = search->whitened + above * search->across + left;
  const float right = (float)(x - left), below = (float)(y - above);

  if (left < 0 || left + 1 >= search->across || above + 1 >= search->rows)
    return 1;
  return (1 - below) * (at[0] + right * (at[1] - at[0])) +
         below * (at[search->across] + right * (at[search->across + 1] - at[search->across]));
}

static double
score_of (const GenPictureSearch *search, const GenPictureLie *lie)
{
  const double c = cos (lie->rotation) / GEN_TILE_SIZE, s = sin (lie->rotation) / GEN_TILE_SIZE;
  double sum = 0;

  for (int i = 0; i < GEN_TILE_PILOTS; i++) {
    const GenTileWave *wave = &search->tile->waves[i];
    double across = (c * wave->across + s * wave->down) / lie->across;
    double down = (c * wave->down - s * wave->across) / lie->down;

    if (down < 0) {
      across = -across;
      down = -down;
    }
    sum += (double)look_up (search, across, down);
  }
  /* Of noise, the power has a mean and a deviation of 1; between places it has less. */
  return (sum - GEN_TILE_PILOTS) / sqrt (GEN_TILE_PILOTS);
}

/* The same from means, which is enough to tell where to look closer. */
static double
score_roughly (const GenPictureSearch *search, const GenPictureLie *lie)
{
  const double c = cos (lie->rotation) / GEN_TILE_SIZE, s = sin (lie->rotation) / GEN_TILE_SIZE;
  const float a = (float)(c * search->across / lie->across);
  const float b = (float)(s * search->across / lie->across);
  const float d = (float)(c * search->down / lie->down);
  const float e = (float)(s * search->down / lie->down);
  const float middle = (float)(search->across / 2), width = (float)search->across;
  const float rows = (float)search->rows;
  float sum = 0;

  for (int i = 0; i < GEN_TILE_PILOTS; i++) {
    const float wave_across = (float)search->tile->waves[i].across;
    const float wave_down = (float)search->tile->waves[i].down;
    const float y = d * wave_down - e * wave_across, x = a * wave_across + b * wave_down;
    const float down = fabsf (y), across = middle + (y < 0 ? -x : x);

    sum += across < 0 || across >= width || down >= rows
               ? 1
               : search->means[(int)down * search->across + (int)across];
  }
  return ((double)sum - GEN_TILE_PILOTS) / sqrt (GEN_TILE_PILOTS);
}

double
gen_picture_lie_improve (
    GenPictureLie *lie, double first, double last, int ways, GenPictureLieFunc score, gpointer data)
{
  lie->score = score (lie, data);
  for (double step = first; step > last; step /= 2)
    for (gboolean better = TRUE; better;) {
      better = FALSE;
      for (int i = 0; i < 2 * ways; i++) {
        const double by = i % 2 == 0 ? step : -step;
        GenPictureLie other = *lie;

        if (i / 2 == 0 || i / 2 == 2)
          other.across *= 1 + by;
        if (i / 2 == 0 || i / 2 == 3)
          other.down *= 1 + by;
        if (i / 2 == 1)
          other.rotation += by;
        other.score = score (&other, data);
        if (other.score > lie->score + 1e-6) {
          *lie = other;
          better = TRUE;
        }
      }
    }
  return lie->score;
}

/* GenPictureLieFunc */
static double
score_in (const GenPictureLie *lie, gpointer data)
{
  return score_of (data, lie);
}

/* The two scales are mostly one: they part at the end, and by little. */
static void
refine (const GenPictureSearch *search, GenPictureLie *lie)
{
  gen_picture_lie_improve (lie, STEP / 2, STEP / 20, GEN_LIE_ALIKE, score_in, (gpointer)search);
  gen_picture_lie_improve (lie, STEP / 4, STEP / 20, GEN_LIE_ANY, score_in, (gpointer)search);
}

/* Keep the best of so many, in their order. */
static int
keep (GenPictureLie *lies, int n, int most, const GenPictureLie *lie)
{
  int at = n;

  while (at > 0 && lies[at - 1].score < lie->score)
    at--;
  if (at == most)
    return n;
  n = MIN (n + 1, most);
  for (int i = n - 1; i > at; i--)
    lies[i] = lies[i - 1];
  lies[at] = *lie;
  return n;
}

static gboolean
are_alike (const GenPictureLie *a, const GenPictureLie *b)
{
  return fabs (a->across / b->across - 1) < STEP && fabs (a->down / b->down - 1) < STEP &&
         fabs (a->rotation - b->rotation) < STEP;
}

int
gen_picture_search_all (
    GenPictureSearch *search, const GenSearchRange *range, GenPictureLie lies[GEN_SEARCH_MOST])
{
  GenPictureLie coarse[COARSE];
  int n_coarse = 0, n = 0;

  for (guint shape = 0; shape < range->n_shapes; shape++)
    for (double scale = range->least; scale < range->most; scale *= 1 + STEP)
      for (int turn = -range->turns; turn <= range->turns; turn++) {
        GenPictureLie lie = { .across = search->scale * scale * range->shapes[shape],
          .down = search->scale * scale,
          .rotation = turn * STEP };

        lie.score = score_roughly (search, &lie);
        n_coarse = keep (coarse, n_coarse, COARSE, &lie);
      }
  for (int i = 0; i < n_coarse; i++) {
    gboolean known = FALSE;

    refine (search, &coarse[i]);
    for (int k = 0; k < n; k++)
      known |= are_alike (&lies[k], &coarse[i]);
    if (!known)
      n = keep (lies, n, GEN_SEARCH_MOST, &coarse[i]);
  }
  return n;
}
