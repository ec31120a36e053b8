/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marking pictures. The pattern of a whole frame is drawn when its size is known; for each frame
 * there is then a look at how busy it is, block by block, and a multiplication and an addition a
 * pixel. */
#include <generative/picture-mark.h>

#include <math.h>

#include "../simd.h"
#include "picture-mask.h"
#include "picture-pattern.h"
#include "picture-rows.h"
#include "picture-tile.h"

/* The tile is drawn so much finer than it need be that straight lines will do between. */
#define FINENESS 4
#define DRAWN (GEN_TILE_SIZE * FINENESS)
#define CLIP 3.0f /* deviations */

struct _GenPictureMark {
  float *tile; /* DRAWN by DRAWN */
  int width, height;
  gint8 *pattern; /* in units of the mask */
  GenPictureMask mask;
  gint8 *change; /* of a row */
};

GenPictureMark *
gen_picture_mark_new (const GenMarkKey *key, guint64 bits)
{
  GenPictureMark *mark = g_new0 (GenPictureMark, 1);
  g_autofree GenPictureTile *tile = g_new (GenPictureTile, 1);
  g_autoptr (GenMarkCode) code = gen_mark_code_new (key, "picture");
  gint8 symbols[GEN_MARK_SYMBOLS];

  gen_mark_encode (code, bits, symbols);
  gen_picture_tile_init (tile, key);
  mark->tile = g_new (float, DRAWN *DRAWN);
  gen_picture_tile_draw (tile, symbols, DRAWN, mark->tile);
  return mark;
}

void
gen_picture_mark_free (GenPictureMark *mark)
{
  if (mark == NULL)
    return;
  g_free (mark->tile);
  g_free (mark->pattern);
  g_free (mark->change);
  gen_picture_mask_clear (&mark->mask);
  g_free (mark);
}

/* --- the pattern --- */

/* Where a pixel's middle lies in the tile: a sample, and how far it is from there to the next. */
static int
place_of (int pixel, double unit, float *share)
{
  const double place = (pixel + 0.5) * unit * FINENESS;
  const double whole = floor (place);

  *share = (float)(place - whole);
  return (int)fmod (whole, DRAWN);
}

static void
draw_row (const GenPictureMark *mark, int y, double unit, gint8 *row)
{
  float down, across;
  const int above = place_of (y, unit, &down);
  const float *first = mark->tile + above * DRAWN;
  const float *second = mark->tile + (above + 1) % DRAWN * DRAWN;

  for (int x = 0; x < mark->width; x++) {
    const int left = place_of (x, unit, &across), right = (left + 1) % DRAWN;
    const float upper = first[left] + across * (first[right] - first[left]);
    const float lower = second[left] + across * (second[right] - second[left]);
    const float value = CLAMP (upper + down * (lower - upper), -CLIP, CLIP);

    row[x] = (gint8)lrintf (value * GEN_MASK_UNIT);
  }
}

void
gen_picture_mark_set_size (GenPictureMark *mark, int width, int height)
{
  const double unit = gen_picture_tile_unit (width, height);

  if (width == mark->width && height == mark->height)
    return;
  mark->width = width;
  mark->height = height;
  g_free (mark->pattern);
  g_free (mark->change);
  mark->pattern = g_new (gint8, (gsize)width * (gsize)height);
  mark->change = g_new (gint8, (gsize)width);
  gen_picture_mask_set_size (&mark->mask, width, height);
  for (int y = 0; y < height; y++)
    draw_row (mark, y, unit, mark->pattern + (gsize)y * (gsize)width);
}

const gint8 *
gen_picture_mark_pattern (const GenPictureMark *mark)
{
  return mark->pattern;
}

/* --- frames --- */

/* The pattern as strong as it may be here, in levels. */
GEN_CLONES (void, scale_row,
    (const gint8 *restrict pattern, const gint16 *restrict from, const gint16 *restrict to,
        int share, int n, gint8 *restrict change),
    (pattern, from, to, share, n, change))
{
  for (int x = 0; x < n; x++) {
    const int gain = from[x] + (((to[x] - from[x]) * share) >> 6);

    change[x] = (gint8)((pattern[x] * gain + (1 << (GEN_MASK_SHIFT - 1))) >> GEN_MASK_SHIFT);
  }
}

void
gen_picture_mark_apply (GenPictureMark *mark, const GenMarkFrame *frame, double strength)
{
  g_return_if_fail (frame->width == mark->width && frame->height == mark->height);

  gen_picture_mask_begin (&mark->mask, frame, CLAMP (strength, 0, GEN_PICTURE_MARK_STRENGTH_MAX));
  for (int y = 0; y < mark->height; y++) {
    const GenMaskRow gains = gen_picture_mask_row (&mark->mask, y);

    scale_row (mark->pattern + (gsize)y * (gsize)mark->width, gains.from, gains.to, gains.share,
        mark->width, mark->change);
    gen_mark_frame_add (frame, y, mark->change);
  }
}
