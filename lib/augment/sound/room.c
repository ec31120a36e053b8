/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room: the sound as it is heard in one, by convolution with the response of the room to an
 * impulse: of a folder, or one that is made: the impulse, and behind it noise that falls by 60 dB
 * in the time that is drawn. What comes out is as loud as what went in, and is as long: what sounds
 * on behind the window is lost. */
#include <math.h>

#include "convolution.h"
#include "sound.h"
#include "sounds.h"

/* The noise is so much quieter than the impulse, in all, as a factor of energy: 0 to 15 dB. */
#define LEAST_RATIO 1.0
#define GREATEST_RATIO 31.6
/* Longer responses of a folder are cut (seconds). */
#define LONGEST 10

static void
make_response (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *response)
{
  const double seconds = step->values[0], decay = log (1000) / (seconds * draw->rate);
  const GenRandom random = gen_random_new (draw->seed, gen_augmentation_sound_room.stream, 1);
  const gsize n = (gsize)MIN (ceil (seconds * draw->rate) + 1, (double)draw->length);
  double energy = 0;

  gen_sound_init (response, draw->rate, 1, MAX (n, 1));
  gen_random_normal (&random, draw->window, 0, response->data, response->frames);
  for (gsize t = 1; t < n; t++) {
    response->data[t] *= (float)exp (-decay * (double)t);
    energy += (double)response->data[t] * response->data[t];
  }
  for (gsize t = 1; t < n; t++)
    response->data[t] *= (float)sqrt (1 / (energy * step->values[1]));
  response->data[0] = 1;
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const double level = gen_augment_sound_level (part);
  g_auto (GenSound) response = { 0 };

  if (!(level > 0) || !isfinite (level))
    return;
  if (step->sounds == NULL)
    make_response (draw, step, &response);
  else if (!gen_augment_sounds_load (step->sounds, step->values[2], 0, draw->rate, 1,
               (gsize)draw->rate * LONGEST, &response))
    return;
  gen_augment_convolve (part, response.data, MIN (response.frames, part->frames));
  gen_augment_sound_bring (part, level);
}

static void
room (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  double *values = gen_augment_sound_add (draw, run)->values;

  values[0] = amount * uniform[0];
  values[1] = gen_augment_evenly (LEAST_RATIO, GREATEST_RATIO, uniform[1]);
  values[2] = uniform[2];
}

const GenAugmentation gen_augmentation_sound_room = {
  .medium = &gen_medium_sound,
  .name = "room",
  .stream = "sound-room",
  .description =
      "Longest reverberation of a room, in seconds until it is 60 dB less; with a folder, "
      "whose sounds are rooms' responses to an impulse, any number above 0",
  .folder = "Folder of impulse responses of rooms, one of which a window draws (unset: noise that "
            "fades)",
  .maximum = 10,
  .apply_sound = room,
};
