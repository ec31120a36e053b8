/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Background: a piece of another sound, of a folder, at a level relative to that of the window. A
 * sound that is shorter than the window is repeated. */
#include <string.h>

#include "sound.h"
#include "sounds.h"

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  g_auto (GenSound) background = { 0 }, heard = { 0 };
  gsize at;

  if (!gen_augment_sounds_load (step->sounds, step->values[1], step->values[2], draw->rate,
          draw->channels, draw->length, &background))
    return;
  gen_sound_init (&heard, draw->rate, draw->channels, part->frames);
  at = first % background.frames;
  for (gsize done = 0; done < part->frames; at = 0) {
    const gsize n = MIN (background.frames - at, part->frames - done),
                frame = (gsize)part->channels;

    memcpy (heard.data + done * frame, background.data + at * frame, n * frame * sizeof (float));
    done += n;
  }
  gen_augment_sound_mix (part, &heard, step->values[0]);
}

static void
background (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  double *values;

  if (draw->sounds == NULL)
    return;
  values = gen_augment_sound_add (draw, run)->values;
  values[0] = amount * uniform[0];
  values[1] = uniform[1];
  values[2] = uniform[2];
}

const GenAugmentation gen_augmentation_sound_background = {
  .medium = &gen_medium_sound,
  .name = "background",
  .stream = "sound-background",
  .description =
      "Largest level of a sound of the folder that is heard besides, as a fraction of the "
      "window's own: 0.1 is a signal-to-noise ratio of 20 dB",
  .folder = "Folder of sounds, a piece of one of which is heard besides (unset: nothing)",
  .maximum = 10,
  .apply_sound = background,
};
