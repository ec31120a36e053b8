/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CLAHE: contrast limited adaptive histogram equalisation (Zuiderveld 1994), with OpenCV's numbers:
 * levels are equalised by the histogram of tiles, no level of which may have more than its share,
 * and between the tiles' middles by what both say. It is the luma that is equalised; colours keep
 * their distance from it. */
#include <math.h>

#include "neighbours.h"

#define LEVELS 256
#define MAX_TILES 32

/* The tiles of a picture: they are of one size, and may reach beyond it. */
typedef struct {
  int across, width, height;
  const guint8 *tables; /* [across, across, 256] */
} Tiles;

static inline int
luma_of (const guint8 *pixel, int channels)
{
  const int red = (int)(GEN_LUMA_RED * 65536 + 0.5), green = (int)(GEN_LUMA_GREEN * 65536 + 0.5);
  const int blue = (int)(GEN_LUMA_BLUE * 65536 + 0.5);

  if (channels == 1)
    return pixel[0];
  return (pixel[0] * red + pixel[1] * green + pixel[2] * blue + 32768) >> 16;
}

static void
count_tile (const GenPicture *picture, int left, int top, const Tiles *tiles, int counts[LEVELS])
{
  for (int v = 0; v < LEVELS; v++)
    counts[v] = 0;
  for (int y = top; y < top + tiles->height; y++) {
    const int from = gen_augment_reflect (y, picture->height);
    const guint8 *row = picture->data + (gssize)from * picture->stride;

    for (int x = left; x < left + tiles->width; x++)
      counts[luma_of (
          row + gen_augment_reflect (x, picture->width) * picture->channels, picture->channels)]++;
  }
}

/* What is above the limit is given to all levels alike; what does not go up in that, to some. */
static void
limit (int counts[LEVELS], int most)
{
  int excess = 0, each, left, apart;

  for (int v = 0; v < LEVELS; v++)
    if (counts[v] > most) {
      excess += counts[v] - most;
      counts[v] = most;
    }
  each = excess / LEVELS;
  left = excess - each * LEVELS;
  for (int v = 0; v < LEVELS; v++)
    counts[v] += each;
  if (left == 0)
    return;
  apart = MAX (LEVELS / left, 1);
  for (int v = 0; v < LEVELS && left > 0; v += apart, left--)
    counts[v]++;
}

static void
find_table (const int counts[LEVELS], int area, guint8 table[LEVELS])
{
  const float scale = (float)(LEVELS - 1) / (float)area;
  int sum = 0;

  for (int v = 0; v < LEVELS; v++) {
    sum += counts[v];
    table[v] = (guint8)CLAMP (lrintf ((float)sum * scale), 0, LEVELS - 1);
  }
}

/* Between which two tiles a pixel is, and how near to the second. */
static void
find_place (int position, int size, int across, int pair[2], float *share)
{
  const float at = (float)position / (float)size - 0.5f;
  const int first = (int)floorf (at);

  *share = at - (float)first;
  pair[0] = MAX (first, 0);
  pair[1] = MIN (first + 1, across - 1);
}

static int
equalise (
    const Tiles *tiles, const int rows[2], const int columns[2], float down, float right, int level)
{
  const guint8 *above = tiles->tables + rows[0] * tiles->across * LEVELS + level;
  const guint8 *below = tiles->tables + rows[1] * tiles->across * LEVELS + level;
  const int a = columns[0] * LEVELS, b = columns[1] * LEVELS;
  const float top = above[a] * (1 - right) + above[b] * right;
  const float bottom = below[a] * (1 - right) + below[b] * right;

  return (int)lrintf (top * (1 - down) + bottom * down);
}

typedef struct {
  int columns[2];
  float share;
} Column;

static void
equalise_row (const Tiles *tiles, const Column *columns, int y, guint8 *pixels, int n, int channels)
{
  const int colours = MIN (channels, 3);
  int rows[2];
  float down;

  find_place (y, tiles->height, tiles->across, rows, &down);
  for (int x = 0; x < n; x++, pixels += channels) {
    const int luma = luma_of (pixels, channels);
    const int more =
        equalise (tiles, rows, columns[x].columns, down, columns[x].share, luma) - luma;

    for (int c = 0; c < colours; c++)
      pixels[c] = (guint8)CLAMP (pixels[c] + more, 0, LEVELS - 1);
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int across = (int)step->values[1];
  guint8 *tables =
      gen_augment_scratch (workspace, GEN_SCRATCH_TABLES, (gsize)across * (gsize)across * LEVELS);
  Column *columns =
      gen_augment_scratch (workspace, GEN_SCRATCH_ROWS, (gsize)picture->width * sizeof *columns);
  const Tiles tiles = { across, (picture->width + across - 1) / across,
    (picture->height + across - 1) / across, tables };
  const int area = tiles.width * tiles.height;
  const int most = MAX ((int)(step->values[0] * area / LEVELS), 1);
  int counts[LEVELS];

  for (int y = 0; y < across; y++)
    for (int x = 0; x < across; x++) {
      count_tile (picture, x * tiles.width, y * tiles.height, &tiles, counts);
      limit (counts, most);
      find_table (counts, area, tables + (y * across + x) * LEVELS);
    }
  for (int x = 0; x < picture->width; x++)
    find_place (x, tiles.width, across, columns[x].columns, &columns[x].share);
  for (int y = 0; y < picture->height; y++)
    equalise_row (&tiles, columns, y, picture->data + (gssize)y * picture->stride, picture->width,
        picture->channels);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const double most = 1 + (MAX (amount, 1) - 1) * uniform[0];

  gen_augment_picture_add (
      draw, &change, (double[]){ most, floor (gen_augment_picture_parameter (draw, 0)) }, 2);
}

const GenAugmentation gen_augmentation_picture_clahe = {
  .medium = &gen_medium_picture,
  .name = "clahe",
  .stream = "clahe",
  .description = "Largest limit of a level, times its share of a tile, of adaptive equalisation",
  .maximum = 40,
  .parameters = { {
      .name = "tiles",
      .description = "Into how many tiles width and height are divided",
      .minimum = 1,
      .maximum = MAX_TILES,
      .standard = 8,
  } },
  .apply_picture = apply,
};
