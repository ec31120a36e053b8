/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions of a picture pixelated, filled, or blurred (blur.c), plane by plane. */
#include <generative/obscure.h>

#include <math.h>

#include "blur.h"

#define COLOURS(picture) MIN ((picture)->channels, 3)

static gboolean
clip (const GenPicture *picture, const GenRegion *region, GenRegion *clipped)
{
  const gint64 right = MIN ((gint64)region->x + region->width, picture->width);
  const gint64 bottom = MIN ((gint64)region->y + region->height, picture->height);

  clipped->x = MAX (region->x, 0);
  clipped->y = MAX (region->y, 0);
  clipped->width = (int)MAX (right - clipped->x, 0);
  clipped->height = (int)MAX (bottom - clipped->y, 0);
  return clipped->width > 0 && clipped->height > 0;
}

static guint8 *
pixel (const GenPicture *picture, int x, int y)
{
  return picture->data + (gssize)y * picture->stride + (gssize)x * picture->channels;
}

/* --- pixelating --- */

static void
flatten (GenPicture *picture, const GenRegion *square)
{
  const guint n = (guint)square->width * (guint)square->height;

  for (int c = 0; c < COLOURS (picture); c++) {
    guint64 sum = 0;

    for (int y = 0; y < square->height; y++)
      for (int x = 0; x < square->width; x++)
        sum += pixel (picture, square->x + x, square->y + y)[c];
    for (int y = 0; y < square->height; y++)
      for (int x = 0; x < square->width; x++)
        pixel (picture, square->x + x, square->y + y)[c] = (guint8)((sum + n / 2) / n);
  }
}

static void
pixelate (GenPicture *picture, const GenRegion *region, int width, int height)
{
  for (int y = 0; y < region->height; y += height)
    for (int x = 0; x < region->width; x += width)
      flatten (picture, &(GenRegion){ region->x + x, region->y + y, MIN (width, region->width - x),
                            MIN (height, region->height - y) });
}

/* --- filling --- */

static void
fill (GenPicture *picture, const GenRegion *region, const guint8 colours[4])
{
  for (int y = 0; y < region->height; y++)
    for (int x = 0; x < region->width; x++)
      for (int c = 0; c < COLOURS (picture); c++)
        pixel (picture, region->x + x, region->y + y)[c] = colours[c];
}

/* --- planes --- */

static int
round_up (int value, int multiple)
{
  return (value + multiple - 1) / multiple * multiple;
}

/* The region that `region` is of pixels in samples of a plane. */
static GenRegion
part_of_plane (const GenPicturePlane *plane, const GenRegion *region)
{
  const int right =
      MIN (round_up (region->x + region->width, 1 << plane->shift_x) >> plane->shift_x,
          plane->samples.width);
  const int bottom =
      MIN (round_up (region->y + region->height, 1 << plane->shift_y) >> plane->shift_y,
          plane->samples.height);
  const int x = region->x >> plane->shift_x, y = region->y >> plane->shift_y;

  return (GenRegion){ x, y, right - x, bottom - y };
}

/* `side` is in pixels of the frame, and of whole samples. */
static void
obscure_plane (
    GenPicturePlane *plane, const GenRegion *region, GenObscure how, int side, GByteArray *scratch)
{
  const GenRegion part = part_of_plane (plane, region);
  const int width = side >> plane->shift_x, height = side >> plane->shift_y;

  switch (how) {
  case GEN_OBSCURE_BLUR:
    if (!gen_blur_region (&plane->samples, &part, width, height, scratch))
      pixelate (&plane->samples, &part, width, height); /* gigapixels */
    break;
  case GEN_OBSCURE_PIXELATE:
    pixelate (&plane->samples, &part, width, height);
    break;
  case GEN_OBSCURE_FILL:
    fill (&plane->samples, &part, plane->fill);
    break;
  }
}

void
gen_planes_obscure (GenPicturePlane *planes, guint n, const GenRegion *region,
    const GenObscuring *obscuring, GByteArray *scratch)
{
  int block_x = 1, block_y = 1, side;
  GenRegion clipped;

  if (n == 0 || !clip (&planes[0].samples, region, &clipped))
    return;
  for (guint i = 0; i < n; i++) {
    block_x = MAX (block_x, 1 << planes[i].shift_x);
    block_y = MAX (block_y, 1 << planes[i].shift_y);
  }
  clipped.width = round_up (clipped.x + clipped.width, block_x);
  clipped.height = round_up (clipped.y + clipped.height, block_y);
  clipped.x -= clipped.x % block_x;
  clipped.y -= clipped.y % block_y;
  clipped.width -= clipped.x;
  clipped.height -= clipped.y;
  side = (int)ceil (obscuring->strength * MAX (clipped.width, clipped.height));
  side = CLAMP (side, 2, MAX (clipped.width, clipped.height) + 1);
  side = round_up (side, MAX (block_x, block_y));
  for (guint i = 0; i < n; i++)
    obscure_plane (&planes[i], &clipped, obscuring->how, side, scratch);
}

void
gen_picture_obscure (GenPicture *picture, const GenRegion *region, const GenObscuring *obscuring,
    GByteArray *scratch)
{
  const guint8 red = obscuring->colour >> 16 & 0xff, green = obscuring->colour >> 8 & 0xff,
               blue = obscuring->colour & 0xff;
  GenPicturePlane plane = { .samples = *picture, .fill = { red, green, blue } };

  if (picture->channels < 3)
    plane.fill[0] = (guint8)((299 * red + 587 * green + 114 * blue + 500) / 1000);
  gen_planes_obscure (&plane, 1, region, obscuring, scratch);
}
