/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise that a filter colours: white noise of each sample, which the window's number draws, from a
 * while before the window begins, so that the filter has settled there. */
#include <math.h>

#include "sound.h"

/* Seconds before the window. */
#define SETTLING 0.1

static void
colour (GenSound *noise, double zero, double pole, double next_zero, double next_pole)
{
  const double z = exp (-2 * G_PI * zero / noise->rate), p = exp (-2 * G_PI * pole / noise->rate);
  const double y = next_zero == 0 ? 0 : exp (-2 * G_PI * next_zero / noise->rate);
  const double q = next_pole == 0 ? 0 : exp (-2 * G_PI * next_pole / noise->rate);
  const double first = zero == 0 ? 0 : z;

  gen_augment_sound_run_biquad (
      (const double[5]){ 1, -(first + y), first * y, -(p + q), p * q }, noise);
}

/* Poles and zeros in turns, evenly in octaves: between the lowest pole and half of the rate a
 * slope of 3 dB an octave with a ripple of a fraction of one. */
static void
make_pink (GenSound *noise)
{
  const double ratio = 4;

  for (double pole = GEN_AUGMENT_LOWEST_NOISE; pole < noise->rate / 2.0; pole *= ratio * ratio)
    if (pole * ratio < noise->rate / 2.0)
      colour (noise, 2 * pole, pole, 2 * ratio * pole, ratio * pole);
    else
      colour (noise, 2 * pole, pole, 0, 0);
}

static void
make_brown (GenSound *noise)
{
  colour (noise, 0, GEN_AUGMENT_LOWEST_NOISE, 0, 0);
}

static const struct {
  const GenAugmentation *augmentation;
  void (*make) (GenSound *noise); /* of white noise */
} colours[] = {
  [GEN_AUGMENT_PINK] = { &gen_augmentation_sound_pink_noise, make_pink },
  [GEN_AUGMENT_BROWN] = { &gen_augmentation_sound_brown_noise, make_brown },
};

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const int kind = (int)step->values[1];
  const gsize settling = (gsize)(SETTLING * draw->rate) + first, frame = (gsize)part->channels;
  const GenRandom random = gen_random_new (draw->seed, colours[kind].augmentation->stream, 1);
  g_auto (GenSound) noise = { 0 };
  GenSound heard;

  gen_sound_init (&noise, draw->rate, draw->channels, settling + part->frames);
  gen_random_normal (&random, draw->window, 0, noise.data, noise.frames * frame);
  colours[kind].make (&noise);
  heard = noise;
  heard.data += settling * frame;
  heard.frames = part->frames;
  gen_augment_sound_mix (part, &heard, step->values[0]);
}

void
gen_augment_sound_add_noise (GenAugmentSoundDraw *draw, GenAugmentColour kind, double level)
{
  GenAugmentSoundStep *step = gen_augment_sound_add (draw, run);

  step->values[0] = level;
  step->values[1] = kind;
}
