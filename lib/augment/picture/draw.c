/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The draw of a picture: steps, in the order in which they are done. */
#include "../policy/policy-private.h"
#include "picture.h"

/* The first numbers of an augmentation's stream say how, and the last of these whether. */
#define FIRST_NUMBERS 4

GenAugmentPictureStep *
gen_augment_picture_add (
    GenAugmentPictureDraw *draw, const GenPictureChange *change, const double *values, int n)
{
  GenAugmentPictureStep *step = &draw->steps[MIN (draw->n_steps, GEN_AUGMENT_MAX - 1)];

  g_return_val_if_fail (draw->n_steps < GEN_AUGMENT_MAX, step);
  *step = (GenAugmentPictureStep){ .change = change, .augmentation = draw->augmentation };
  for (int i = 0; i < n; i++)
    step->values[i] = values[i];
  draw->n_steps++;
  return step;
}

void
gen_augment_picture_numbers (const GenAugmentPictureDraw *draw, int first, float *numbers, int n)
{
  gen_random_uniform (
      &draw->random, draw->number, (guint64)(FIRST_NUMBERS + first), numbers, (gsize)n);
}

float *
gen_augment_picture_room (GenAugmentPictureDraw *draw, GenAugmentPictureStep *step, int n)
{
  float *numbers = draw->numbers + draw->n_numbers;

  g_return_val_if_fail (draw->n_numbers + n <= GEN_AUGMENT_NUMBERS, draw->numbers);
  step->first_number = draw->n_numbers;
  draw->n_numbers += n;
  return numbers;
}

/* Streams of what is drawn for pixels are beside those of draws. */
#define OF_PIXELS ((guint64)1 << 32)

void
gen_augment_picture_draw_pixels (const GenAugmentPictureDraw *draw, GenAugmentPictureStep *step)
{
  step->random =
      gen_random_new (draw->seed, draw->augmentation->stream, OF_PIXELS | draw->instance);
}

double
gen_augment_picture_parameter (const GenAugmentPictureDraw *draw, int index)
{
  const GenAugmentParameter *parameter = &draw->augmentation->parameters[index];

  return CLAMP (draw->parameters[index], parameter->minimum, parameter->maximum);
}

void
gen_augment_picture_take (GenAugmentPictureDraw *draw, const GenAugmentation *augmentation,
    double amount, const double *parameters, double probability, guint64 instance)
{
  float numbers[FIRST_NUMBERS];

  if (amount <= 0)
    return;
  draw->augmentation = augmentation;
  draw->parameters = parameters;
  draw->instance = instance;
  draw->random = gen_random_new (draw->seed, augmentation->stream, instance);
  gen_random_uniform (&draw->random, draw->number, 0, numbers, FIRST_NUMBERS);
  if (numbers[FIRST_NUMBERS - 1] < probability)
    augmentation->apply_picture (draw, MIN (amount, augmentation->maximum), numbers);
}

void
gen_augment_draw_picture_of_clip (const GenAugmentSettings *settings, guint64 clip, guint64 frame,
    int width, int height, GenAugmentPictureDraw *draw)
{
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);

  g_return_if_fail (settings->medium == &gen_medium_picture);
  draw->width = width;
  draw->height = height;
  draw->n_steps = 0;
  draw->n_chained = 0;
  draw->n_numbers = 0;
  draw->frame = frame;
  draw->seed = settings->seed;
  draw->number = clip;
  for (int i = 0; list[i] != NULL; i++)
    gen_augment_picture_take (
        draw, list[i], settings->amounts[i], settings->parameters[i], settings->probability, 0);
  if (settings->policy != NULL)
    gen_augment_policy_draw (settings->policy, draw);
}

void
gen_augment_draw_picture (const GenAugmentSettings *settings, guint64 frame, int width, int height,
    GenAugmentPictureDraw *draw)
{
  gen_augment_draw_picture_of_clip (
      settings, frame / MAX (settings->clip_frames, 1), frame, width, height, draw);
}

gboolean
gen_augment_picture_is_idle (const GenAugmentPictureDraw *draw)
{
  return draw->n_steps == 0;
}

void
gen_augment_describe_steps (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *steps,
    int n_steps, GString *text)
{
  for (int i = 0; i < n_steps; i++) {
    const GenAugmentPictureStep *step = &steps[i];
    int n = G_N_ELEMENTS (step->values);

    while (n > 0 && step->values[n - 1] == 0)
      n--;
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", step->augmentation->name);
    for (int k = 0; k < n; k++)
      g_string_append_printf (text, " %.9g", step->values[k]);
    if (step->change->describe != NULL)
      step->change->describe (draw, step, text);
  }
}

char *
gen_augment_picture_describe (const GenAugmentPictureDraw *draw)
{
  GString *text = g_string_new (NULL);

  gen_augment_describe_steps (draw, draw->steps, draw->n_steps, text);
  return g_string_free (text, FALSE);
}
