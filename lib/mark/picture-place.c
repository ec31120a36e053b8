/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plane has to do with the pattern is told block by block; of noise it is as often against
 * the pattern as with it. The mark stands in the rectangle of blocks that have the most of it, less
 * a part of what such have as a rule, which is what a block has to have to belong to it. */
#include "picture-place.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DRAWN 256 /* a side of the tile, in samples */
#define ACROSS 32 /* blocks */
#define DOWN 18
#define BLOCKS (ACROSS * DOWN)
/* Of what the best tenth of blocks have at least. */
#define SHARE 0.3

struct _GenPicturePlace {
  const GenPictureTile *tile;
  gboolean drawn;
  gint8 symbols[GEN_MARK_SYMBOLS];
  float pattern[DRAWN * DRAWN];
  double products[BLOCKS], squares[BLOCKS], sorted[BLOCKS];
};

GenPicturePlace *
gen_picture_place_new (const GenPictureTile *tile)
{
  GenPicturePlace *place = g_new (GenPicturePlace, 1);

  place->tile = tile;
  place->drawn = FALSE;
  return place;
}

void
gen_picture_place_free (GenPicturePlace *place)
{
  g_free (place);
}

static void
draw (GenPicturePlace *place, const gint8 symbols[GEN_MARK_SYMBOLS])
{
  if (place->drawn && memcmp (symbols, place->symbols, sizeof place->symbols) == 0)
    return;
  memcpy (place->symbols, symbols, sizeof place->symbols);
  gen_picture_tile_draw (place->tile, symbols, DRAWN, place->pattern);
  place->drawn = TRUE;
}

/* The products of plane and pattern in each block, and the plane's squares. */
static void
multiply (GenPicturePlace *place, const float *plane, int width, int height, int x0, int y0,
    const GenPictureLie *lie)
{
  const double fineness = (double)DRAWN / GEN_TILE_SIZE;
  const double c = cos (lie->rotation), s = sin (lie->rotation);

  for (int i = 0; i < BLOCKS; i++)
    place->products[i] = place->squares[i] = 0;
  for (int y = 0; y < height; y++) {
    const double down = (y - y0 + 0.5) / lie->down;
    const int row = y * DOWN / height * ACROSS;

    for (int x = 0; x < width; x++) {
      const double across = (x - x0 + 0.5) / lie->across;
      const double u = (c * across - s * down - lie->x) * fineness;
      const double v = (s * across + c * down - lie->y) * fineness;
      const int at =
          ((int)floor (v + 0.5) & (DRAWN - 1)) * DRAWN + ((int)floor (u + 0.5) & (DRAWN - 1));
      const double value = (double)plane[y * width + x];
      const int block = row + x * ACROSS / width;

      place->products[block] += value * (double)place->pattern[at];
      place->squares[block] += value * value;
    }
  }
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

/* How much a block has of the pattern, and of that what makes it one that has, is taken off. */
static void
weigh (GenPicturePlace *place)
{
  double bound;

  for (int i = 0; i < BLOCKS; i++) {
    if (place->squares[i] > 0)
      place->products[i] /= sqrt (place->squares[i]);
    place->sorted[i] = place->products[i];
  }
  qsort (place->sorted, BLOCKS, sizeof (double), compare);
  bound = SHARE * place->sorted[BLOCKS * 9 / 10];
  for (int i = 0; i < BLOCKS; i++)
    place->products[i] -= bound;
}

/* The rectangle of the largest sum: of each range of rows the best range of columns. */
static void
choose (const GenPicturePlace *place, GenPictureBox *box)
{
  double best = -INFINITY;

  for (int top = 0; top < DOWN; top++) {
    double columns[ACROSS] = { 0 };

    for (int bottom = top; bottom < DOWN; bottom++) {
      double sum = 0;
      int left = 0;

      for (int x = 0; x < ACROSS; x++) {
        columns[x] += place->products[bottom * ACROSS + x];
        if (sum <= 0) {
          sum = 0;
          left = x;
        }
        sum += columns[x];
        if (sum <= best)
          continue;
        best = sum;
        *box = (GenPictureBox){ (double)left / ACROSS, (double)top / DOWN, (x + 1.0) / ACROSS,
          (bottom + 1.0) / DOWN };
      }
    }
  }
}

void
gen_picture_place_find (GenPicturePlace *place, const float *plane, int width, int height, int x,
    int y, const GenPictureLie *lie, const gint8 symbols[GEN_MARK_SYMBOLS], GenPictureBox *box)
{
  draw (place, symbols);
  multiply (place, plane, width, height, x, y, lie);
  weigh (place);
  choose (place, box);
}
