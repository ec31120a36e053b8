/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fourteen operations of RandAugment and TrivialAugment, at magnitudes from 0 to 30, and the
 * one that AutoAugment has besides. They are Pillow's: brightness is a factor, and contrast is
 * about the mean. */
#include <math.h>

#include "../picture/picture.h"
#include "policy-private.h"

#define MOST 30

typedef struct {
  const GenAugmentation *augmentation; /* by whose name the step goes; NULL: nothing is done */
  /* `level` is up to the most, with its sign. */
  void (*apply) (GenAugmentPictureDraw *draw, double level);
  double narrow, wide; /* the most, at magnitude 30 */
  gboolean has_sign;
} Operation;

static void
shear_x (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_shear (draw, level, 0);
}

static void
shear_y (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_shear (draw, 0, level);
}

/* Up to 1 the level is a share of the picture, and from there on pixels. */
static double
distance_of (double level, int extent)
{
  return fabs (level) < 1 ? level * extent : level;
}

static void
translate_x (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_translate (draw, distance_of (level, draw->width), 0);
}

static void
translate_y (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_translate (draw, 0, distance_of (level, draw->height));
}

static void
brightness (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_tone (draw, 1 + level, 0);
}

static void
colour (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_saturate (draw, 1 + level);
}

static void
contrast (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_contrast_of_mean (draw, 1 + level);
}

static void
sharpness (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_sharpness (draw, 1 + level);
}

static void
posterise (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_posterise (draw, 8 - (int)rint (level));
}

static void
solarise (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_solarise (draw, 255 - level);
}

static void
auto_contrast (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_auto_contrast (draw);
}

static void
equalise (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_equalise (draw);
}

static void
invert (GenAugmentPictureDraw *draw, double level)
{
  gen_augment_tone (draw, -1, 1);
}

static const Operation operations[] = {
  [GEN_OPERATION_NONE] = { NULL },
  [GEN_OPERATION_SHEAR_X] = { &gen_augmentation_picture_shear, shear_x, 0.3, 0.99, TRUE },
  [GEN_OPERATION_SHEAR_Y] = { &gen_augmentation_picture_shear, shear_y, 0.3, 0.99, TRUE },
  /* The papers' pictures are 331 pixels wide, or move by pixels. */
  [GEN_OPERATION_TRANSLATE_X] = { &gen_augmentation_picture_translate, translate_x, 150 / 331.0, 32,
      TRUE },
  [GEN_OPERATION_TRANSLATE_Y] = { &gen_augmentation_picture_translate, translate_y, 150 / 331.0, 32,
      TRUE },
  [GEN_OPERATION_ROTATE] = { &gen_augmentation_picture_rotate, gen_augment_rotate, 30, 135, TRUE },
  [GEN_OPERATION_BRIGHTNESS] = { &gen_augmentation_picture_brightness, brightness, 0.9, 0.99,
      TRUE },
  [GEN_OPERATION_COLOUR] = { &gen_augmentation_picture_saturation, colour, 0.9, 0.99, TRUE },
  [GEN_OPERATION_CONTRAST] = { &gen_augmentation_picture_contrast, contrast, 0.9, 0.99, TRUE },
  [GEN_OPERATION_SHARPNESS] = { &gen_augmentation_picture_sharpen, sharpness, 0.9, 0.99, TRUE },
  [GEN_OPERATION_POSTERISE] = { &gen_augmentation_picture_posterise, posterise, 4, 6, FALSE },
  [GEN_OPERATION_SOLARISE] = { &gen_augmentation_picture_solarise, solarise, 255, 255, FALSE },
  [GEN_OPERATION_AUTO_CONTRAST] = { &gen_augmentation_picture_auto_contrast, auto_contrast, 0, 0,
      FALSE },
  [GEN_OPERATION_EQUALISE] = { &gen_augmentation_picture_equalise, equalise, 0, 0, FALSE },
  [GEN_OPERATION_INVERT] = { &gen_augmentation_picture_invert, invert, 0, 0, FALSE },
};

/* Those that are drawn of come first. */
#define N_DRAWN (GEN_OPERATION_EQUALISE + 1)

void
gen_augment_operation_apply (GenAugmentPictureDraw *draw, GenOperation number,
    GenOperationsRange range, double share, gboolean negative)
{
  const Operation *operation = &operations[number];
  double level = share * (range == GEN_OPERATIONS_WIDE ? operation->wide : operation->narrow);

  if (operation->augmentation == NULL)
    return;
  if (operation->has_sign && negative)
    level = -level;
  draw->augmentation = operation->augmentation;
  operation->apply (draw, level);
}

void
gen_augment_operation_draw (GenAugmentPictureDraw *draw, const GenRandom *random, int slot,
    GenOperationsRange range, double magnitude)
{
  float numbers[4];

  gen_random_uniform (random, draw->number, (guint64)(4 * slot), numbers, 4);
  if (magnitude < 0)
    magnitude = floor ((MOST + 1) * (double)numbers[2]);
  gen_augment_operation_apply (
      draw, (GenOperation)(numbers[0] * N_DRAWN), range, magnitude / MOST, numbers[1] < 0.5f);
}
