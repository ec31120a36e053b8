/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of augmentations, and the draw of a frame. */
#include <string.h>

#include "augment-private.h"

const GenAugmentation *const gen_augmentations[] = {
  &gen_augmentation_flip,
  &gen_augmentation_crop,
  &gen_augmentation_scale,
  &gen_augmentation_rotate,
  &gen_augmentation_translate,
  &gen_augmentation_brightness,
  &gen_augmentation_contrast,
  &gen_augmentation_noise,
  NULL,
};

G_STATIC_ASSERT (G_N_ELEMENTS (gen_augmentations) <= GEN_AUGMENT_MAX + 1);

const GenAugmentation *
gen_augmentation_find (const char *name)
{
  for (int i = 0; gen_augmentations[i] != NULL; i++)
    if (strcmp (gen_augmentations[i]->name, name) == 0)
      return gen_augmentations[i];
  return NULL;
}

gboolean
gen_augment_settings_are_idle (const GenAugmentSettings *settings)
{
  if (settings->probability <= 0)
    return TRUE;
  for (int i = 0; gen_augmentations[i] != NULL; i++)
    if (settings->amounts[i] > 0)
      return FALSE;
  return TRUE;
}

void
gen_augment_draw (
    const GenAugmentSettings *settings, guint64 frame, int width, int height, GenAugmentDraw *draw)
{
  *draw = (GenAugmentDraw){
    .width = width,
    .height = height,
    .x = { 1, 0, 0 },
    .y = { 0, 1, 0 },
    .gain = 1,
    .random = gen_random_new (settings->seed, GEN_STREAM_SAMPLE_NOISE, 0),
    .frame = frame,
  };
  for (int i = 0; gen_augmentations[i] != NULL; i++) {
    const GenAugmentation *augmentation = gen_augmentations[i];
    GenRandom random;
    float uniform[4];

    if (settings->amounts[i] <= 0)
      continue;
    random = gen_random_new (settings->seed, augmentation->name, 0);
    gen_random_uniform (&random, frame, 0, uniform, 4);
    /* The last of the four decides whether, the others say how. */
    if (uniform[3] < settings->probability)
      augmentation->apply (draw, MIN (settings->amounts[i], augmentation->maximum), uniform);
  }
}

gboolean
gen_augment_draw_moves (const GenAugmentDraw *draw)
{
  return draw->x[0] != 1 || draw->x[1] != 0 || draw->x[2] != 0 || draw->y[0] != 0 ||
         draw->y[1] != 1 || draw->y[2] != 0;
}

gboolean
gen_augment_draw_is_idle (const GenAugmentDraw *draw)
{
  return !gen_augment_draw_moves (draw) && draw->gain == 1 && draw->offset == 0 && draw->noise == 0;
}

void
gen_augment_draw_follow (const GenAugmentDraw *draw, double *x, double *y)
{
  double determinant = draw->x[0] * draw->y[1] - draw->x[1] * draw->y[0];
  double from_x = *x - 0.5 * draw->width - draw->x[2];
  double from_y = *y - 0.5 * draw->height - draw->y[2];

  *x = 0.5 * draw->width + (draw->y[1] * from_x - draw->x[1] * from_y) / determinant;
  *y = 0.5 * draw->height + (draw->x[0] * from_y - draw->y[0] * from_x) / determinant;
}
