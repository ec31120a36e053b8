/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The draw of a window of sound, and what is done by it: steps one after the other, each a pass
 * over the window. */
#include "sound.h"

void
gen_augment_draw_sound (const GenAugmentSettings *settings, guint64 window, const GenFormat *format,
    GenAugmentSoundDraw *draw)
{
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_sound);

  g_return_if_fail (settings->medium == &gen_medium_sound);
  g_return_if_fail (format->rate > 0 && format->channels > 0);
  *draw = (GenAugmentSoundDraw){
    .rate = format->rate,
    .channels = format->channels,
    .length = format->length,
    .end = format->length,
    .random = gen_random_new (settings->seed, GEN_STREAM_SOUND_NOISE, 0),
    .seed = settings->seed,
    .window = window,
  };
  for (int i = 0; list[i] != NULL; i++) {
    float uniform[3];
    double amount;

    draw->augmentation = list[i];
    draw->parameters = settings->parameters[i];
    draw->sounds = settings->sounds[i];
    if (gen_augment_takes (settings, i, window, &amount, uniform))
      list[i]->apply_sound (draw, amount, uniform);
  }
}

GenAugmentSoundStep *
gen_augment_sound_add (
    GenAugmentSoundDraw *draw, void (*run) (const GenAugmentSoundDraw *draw,
                                   const GenAugmentSoundStep *step, GenSound *part, gsize first))
{
  GenAugmentSoundStep *step = &draw->steps[draw->n_steps++];

  *step = (GenAugmentSoundStep){ .run = run, .sounds = draw->sounds };
  return step;
}

double
gen_augment_sound_parameter (const GenAugmentSoundDraw *draw, int index)
{
  const GenAugmentParameter *parameter = &draw->augmentation->parameters[index];

  return CLAMP (draw->parameters[index], parameter->minimum, parameter->maximum);
}

gboolean
gen_augment_sound_is_idle (const GenAugmentSoundDraw *draw)
{
  return draw->n_steps == 0;
}

void
gen_augment_render_sound (const GenAugmentSoundDraw *draw, GenSound *part, gsize first)
{
  g_return_if_fail (part->channels == draw->channels);
  g_return_if_fail (first <= draw->length && part->frames <= draw->length - first);
  for (int i = 0; i < draw->n_steps; i++)
    draw->steps[i].run (draw, &draw->steps[i], part, first);
}
