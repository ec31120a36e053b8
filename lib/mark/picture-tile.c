/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "picture-tile.h"

#include <math.h>
#include <string.h>

#include "transform.h"

/* All of the band, each beside its negative once. */
static void
list_waves (GenPictureTile *tile)
{
  tile->n = 0;
  for (int down = 0; down <= GEN_TILE_MOST; down++)
    for (int across = -GEN_TILE_MOST; across <= GEN_TILE_MOST; across++) {
      const int squared = across * across + down * down;

      if (squared < GEN_TILE_LEAST * GEN_TILE_LEAST || squared > GEN_TILE_MOST * GEN_TILE_MOST ||
          (down == 0 && across <= 0))
        continue;
      tile->waves[tile->n++] = (GenTileWave){ across, down, 1, 0 };
    }
}

static void
exchange (GenPictureTile *tile, guint a, guint b)
{
  const GenTileWave wave = tile->waves[a];

  tile->waves[a] = tile->waves[b];
  tile->waves[b] = wave;
}

double
gen_picture_tile_unit (int width, int height)
{
  return (double)GEN_TILE_ROWS / MAX (MIN (width, height), GEN_TILE_SMALLEST);
}

void
gen_picture_tile_init (GenPictureTile *tile, const GenMarkKey *key)
{
  guint32 order[G_N_ELEMENTS (tile->waves)];
  guint16 phases[G_N_ELEMENTS (tile->waves)];

  list_waves (tile);
  gen_mark_key_derive (key, "order of waves in pictures", (guint8 *)order, 4 * tile->n);
  gen_mark_key_derive (key, "phases of waves in pictures", (guint8 *)phases, 2 * tile->n);
  for (guint i = tile->n - 1; i > 0; i--)
    exchange (tile, i, GUINT32_FROM_LE (order[i]) % (i + 1));
  for (guint i = 0; i < tile->n; i++) {
    const double phase = 2 * G_PI * GUINT16_FROM_LE (phases[i]) / 65536;

    tile->waves[i].cosine = (float)cos (phase);
    tile->waves[i].sine = (float)sin (phase);
  }
}

void
gen_picture_tile_symbols (guint wave, guint symbols[2])
{
  const guint place = 2 * (wave - GEN_TILE_PILOTS);

  symbols[0] = place % GEN_MARK_SYMBOLS;
  symbols[1] = (place + 1) % GEN_MARK_SYMBOLS;
}

/* What stands for a wave in the spectrum. */
static void
value_of (const GenPictureTile *tile, guint i, const gint8 symbols[GEN_MARK_SYMBOLS], double *re,
    double *im)
{
  const GenTileWave *wave = &tile->waves[i];
  double a = M_SQRT2 * GEN_TILE_PILOT_HEIGHT, b = 0;
  guint of[2];

  if (i >= GEN_TILE_PILOTS) {
    gen_picture_tile_symbols (i, of);
    a = symbols[of[0]];
    b = symbols[of[1]];
  }
  *re = a * wave->cosine - b * wave->sine;
  *im = a * wave->sine + b * wave->cosine;
}

void
gen_picture_tile_draw (
    const GenPictureTile *tile, const gint8 symbols[GEN_MARK_SYMBOLS], int size, float *drawn)
{
  const gsize n = (gsize)size * (gsize)size;
  g_autoptr (GenPlaneTransform) transform = gen_plane_transform_new (size, size);
  g_autofree double *re = g_new0 (double, n), *im = g_new0 (double, n);
  double energy = 0;

  for (guint i = 0; i < tile->n; i++) {
    const gsize x = (gsize)((tile->waves[i].across + size) % size);
    const gsize y = (gsize)tile->waves[i].down;
    double a, b;

    value_of (tile, i, symbols, &a, &b);
    re[y * (gsize)size + x] = a;
    im[y * (gsize)size + x] = b;
    energy += a * a + b * b;
  }
  /* The real part is what the waves are; half of their energy. */
  gen_plane_transform_run (transform, im, re, size);
  for (gsize i = 0; i < n; i++)
    drawn[i] = (float)(re[i] / sqrt (energy / 2));
}
