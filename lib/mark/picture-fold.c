/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture-fold.h"

#include <math.h>
#include <string.h>

#include "transform.h"

#define SIZE GEN_TILE_SIZE
#define N (SIZE * SIZE)
/* Waves of so many more or less periods tell how strong those of a number of periods come through.
 */
#define NEAR 3.0
/* How far around a wave in the spectrum noise is as strong. */
#define SURROUNDINGS 2
#define BOUND 2.5 /* of a pilot, in deviations of these */

/* Steps of what refines how a pattern lies. */
#define COARSE 0.002
#define FINE 0.0004

struct _GenPictureFold {
  const GenPictureTile *tile;
  GenPlaneTransform *transform;
  float sums[N], weights[N];
  double re[N], im[N]; /* the spectrum */
  double peak_re[N], peak_im[N];
  double pilots_re[GEN_TILE_PILOTS], pilots_im[GEN_TILE_PILOTS], pilot_noise[GEN_TILE_PILOTS];
  float shares[N]; /* of power that are not a pilot's excess */
};

static int
place_of (int across, int down)
{
  return (down & (SIZE - 1)) * SIZE + (across & (SIZE - 1));
}

GenPictureFold *
gen_picture_fold_new (const GenPictureTile *tile)
{
  GenPictureFold *fold = g_new (GenPictureFold, 1);

  fold->tile = tile;
  fold->transform = gen_plane_transform_new (SIZE, SIZE);
  for (int i = 0; i < N; i++)
    fold->shares[i] = 1;
  for (int i = 0; i < GEN_TILE_PILOTS; i++) {
    const GenTileWave *wave = &tile->waves[i];
    const float share = 1 / (GEN_TILE_PILOT_HEIGHT * GEN_TILE_PILOT_HEIGHT);

    fold->shares[place_of (wave->across, wave->down)] = share;
    fold->shares[place_of (-wave->across, -wave->down)] = share;
  }
  return fold;
}

void
gen_picture_fold_free (GenPictureFold *fold)
{
  if (fold == NULL)
    return;
  gen_plane_transform_free (fold->transform);
  g_free (fold);
}

/* --- all tiles --- */

/* Each pixel goes to the four places around where it lies, by how near they are. */
static void
add_pixel (GenPictureFold *fold, float value, double x, double y)
{
  const double left = floor (x), above = floor (y);
  const float right = (float)(x - left), below = (float)(y - above);
  const int x0 = (int)left & (SIZE - 1), x1 = (x0 + 1) & (SIZE - 1);
  const int y0 = ((int)above & (SIZE - 1)) * SIZE, y1 = (y0 + SIZE) & (N - 1);
  const float w00 = (1 - right) * (1 - below), w01 = right * (1 - below);
  const float w10 = (1 - right) * below, w11 = right * below;

  fold->sums[y0 + x0] += w00 * value;
  fold->sums[y0 + x1] += w01 * value;
  fold->sums[y1 + x0] += w10 * value;
  fold->sums[y1 + x1] += w11 * value;
  fold->weights[y0 + x0] += w00;
  fold->weights[y0 + x1] += w01;
  fold->weights[y1 + x0] += w10;
  fold->weights[y1 + x1] += w11;
}

static void
add_tiles (
    GenPictureFold *fold, const float *plane, int width, int height, const GenPictureLie *lie)
{
  const double c = cos (lie->rotation), s = sin (lie->rotation);

  memset (fold->sums, 0, sizeof fold->sums);
  memset (fold->weights, 0, sizeof fold->weights);
  for (int y = 0; y < height; y++) {
    const double down = (y + 0.5) / lie->down;

    for (int x = 0; x < width; x++) {
      const double across = (x + 0.5) / lie->across;

      add_pixel (fold, plane[(gsize)y * (gsize)width + (gsize)x], c * across - s * down,
          s * across + c * down);
    }
  }
  for (int i = 0; i < N; i++) {
    fold->re[i] = (double)(fold->sums[i] / (fold->weights[i] + 1e-3f));
    fold->im[i] = 0;
  }
  gen_plane_transform_run (fold->transform, fold->re, fold->im, GEN_TILE_MOST + SURROUNDINGS);
}

/* --- noise --- */

/* A wave of the spectrum without the phase that it was given. */
static void
turn_back (const GenPictureFold *fold, const GenTileWave *wave, double *re, double *im)
{
  const int at = place_of (wave->across, wave->down);
  const double cosine = (double)wave->cosine, sine = (double)wave->sine;

  *re = fold->re[at] * cosine + fold->im[at] * sine;
  *im = fold->im[at] * cosine - fold->re[at] * sine;
}

static double
power_at (const GenPictureFold *fold, int across, int down)
{
  const int at = place_of (across, down);

  return fold->re[at] * fold->re[at] + fold->im[at] * fold->im[at];
}

/* The mean power around a wave, of those that are in the band, without pilots' excess. */
static double
noise_around (const GenPictureFold *fold, const GenTileWave *wave)
{
  double sum = 0;
  int n = 0;

  for (int down = wave->down - SURROUNDINGS; down <= wave->down + SURROUNDINGS; down++)
    for (int across = wave->across - SURROUNDINGS; across <= wave->across + SURROUNDINGS;
         across++) {
      const int squared = across * across + down * down;

      if (squared < GEN_TILE_LEAST * GEN_TILE_LEAST || squared > GEN_TILE_MOST * GEN_TILE_MOST)
        continue;
      sum += power_at (fold, across, down) * (double)fold->shares[place_of (across, down)];
      n++;
    }
  return sum / n + 1e-12;
}

/* The pilots, each in deviations of what is around it, and bounded: what a picture has there may be
 * many times as strong as all pilots together. */
static void
weigh_pilots (GenPictureFold *fold)
{
  for (int i = 0; i < GEN_TILE_PILOTS; i++) {
    const GenTileWave *wave = &fold->tile->waves[i];
    double re, im, scale;

    fold->pilot_noise[i] = noise_around (fold, wave);
    turn_back (fold, wave, &re, &im);
    scale = 1 / MAX (sqrt (fold->pilot_noise[i]), sqrt (re * re + im * im) / BOUND);
    fold->pilots_re[i] = re * scale;
    fold->pilots_im[i] = im * scale;
  }
}

/* --- the shift --- */

/* What the real parts of pilots add up to where the pattern is moved by (x, y). */
static double
sum_at (const GenPictureFold *fold, double x, double y)
{
  double sum = 0;

  for (int i = 0; i < GEN_TILE_PILOTS; i++) {
    const GenTileWave *wave = &fold->tile->waves[i];
    const double angle = 2 * G_PI * (wave->across * x + wave->down * y) / SIZE;

    sum += fold->pilots_re[i] * cos (angle) - fold->pilots_im[i] * sin (angle);
  }
  return sum;
}

/* To a share of a pixel, from the whole ones. */
static double
refine (const GenPictureFold *fold, double *x, double *y)
{
  double best = sum_at (fold, *x, *y);

  for (double step = 0.5; step > 0.05; step /= 2)
    for (int i = 0; i < 4; i++) {
      const double nx = *x + (i == 0 ? step : i == 1 ? -step : 0);
      const double ny = *y + (i == 2 ? step : i == 3 ? -step : 0);
      const double sum = sum_at (fold, nx, ny);

      if (sum <= best)
        continue;
      best = sum;
      *x = nx;
      *y = ny;
    }
  return best;
}

/* The pilots' correlation with all shifts is a transform of their products. */
static double
find_shift (GenPictureFold *fold, double *x, double *y)
{
  double energy = 0;
  int best = 0;

  weigh_pilots (fold);
  memset (fold->peak_re, 0, sizeof fold->peak_re);
  memset (fold->peak_im, 0, sizeof fold->peak_im);
  for (int i = 0; i < GEN_TILE_PILOTS; i++) {
    const GenTileWave *wave = &fold->tile->waves[i];
    const double re = fold->pilots_re[i], im = fold->pilots_im[i];

    fold->peak_re[place_of (wave->across, wave->down)] = re;
    fold->peak_im[place_of (wave->across, wave->down)] = im;
    energy += re * re + im * im;
  }
  gen_plane_transform_run (fold->transform, fold->peak_im, fold->peak_re, SIZE);
  for (int i = 1; i < N; i++)
    if (fold->peak_re[i] > fold->peak_re[best])
      best = i;
  *x = best % SIZE;
  *y = best / SIZE;
  return energy > 0 ? refine (fold, x, y) / sqrt (energy / 2) : 0;
}

/* --- symbols --- */

/* The spectrum with the pattern moved back. */
static void
turn_all (GenPictureFold *fold, double x, double y)
{
  for (int down = 0; down <= GEN_TILE_MOST; down++)
    for (int across = -GEN_TILE_MOST; across <= GEN_TILE_MOST; across++) {
      const double angle = 2 * G_PI * (across * x + down * y) / SIZE;
      const double c = cos (angle), s = sin (angle);
      const int at = place_of (across, down);
      const double re = fold->re[at];

      fold->re[at] = re * c - fold->im[at] * s;
      fold->im[at] = re * s + fold->im[at] * c;
    }
}

static double
periods_of (const GenTileWave *wave)
{
  return sqrt (wave->across * wave->across + wave->down * wave->down);
}

/* How strong waves of each number of periods came through, as pilots show. */
static void
measure_passage (const GenPictureFold *fold, double passage[GEN_TILE_MOST + 1])
{
  for (int periods = 0; periods <= GEN_TILE_MOST; periods++) {
    double sum = 0, weights = 1e-30, re, im;

    for (int i = 0; i < GEN_TILE_PILOTS; i++) {
      const double distance = (periods_of (&fold->tile->waves[i]) - periods) / NEAR;
      const double weight = exp (-distance * distance / 2) / fold->pilot_noise[i];

      turn_back (fold, &fold->tile->waves[i], &re, &im);
      sum += weight * re;
      weights += weight;
    }
    passage[periods] = MAX (sum / weights, 0);
  }
}

static void
read_symbols (GenPictureFold *fold, float symbols[GEN_MARK_SYMBOLS])
{
  double passage[GEN_TILE_MOST + 1];

  measure_passage (fold, passage);
  memset (symbols, 0, sizeof (float) * GEN_MARK_SYMBOLS);
  for (guint i = GEN_TILE_PILOTS; i < fold->tile->n; i++) {
    const GenTileWave *wave = &fold->tile->waves[i];
    const double weight = passage[(int)lrint (periods_of (wave))] / noise_around (fold, wave);
    double re, im;
    guint of[2];

    turn_back (fold, wave, &re, &im);
    gen_picture_tile_symbols (i, of);
    symbols[of[0]] += (float)(weight * re);
    symbols[of[1]] += (float)(weight * im);
  }
}

/* --- all of it --- */

typedef struct {
  GenPictureFold *fold;
  const float *plane;
  int width, height;
} Folded;

/* GenPictureLieFunc */
static double
peak_of (const GenPictureLie *lie, gpointer data)
{
  const Folded *folded = data;
  double x, y;

  add_tiles (folded->fold, folded->plane, folded->width, folded->height, lie);
  return find_shift (folded->fold, &x, &y);
}

void
gen_picture_fold_refine (
    GenPictureFold *fold, const float *plane, int width, int height, GenPictureLie *lie)
{
  Folded folded = { fold, plane, width, height };

  gen_picture_lie_improve (lie, COARSE, FINE, GEN_LIE_ANY, peak_of, &folded);
}

double
gen_picture_fold_read (GenPictureFold *fold, const float *plane, int width, int height,
    GenPictureLie *lie, float symbols[GEN_MARK_SYMBOLS])
{
  double peak;

  add_tiles (fold, plane, width, height, lie);
  peak = find_shift (fold, &lie->x, &lie->y);
  turn_all (fold, lie->x, lie->y);
  read_symbols (fold, symbols);
  return peak;
}
