/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reverse: the sound backwards. */
#include "../../simd.h"
#include "sound.h"

GEN_CLONES (void, turn, (float *samples, gsize n), (samples, n))
{
  float *last = samples + n - 1;

#pragma GCC ivdep
  for (gsize i = 0; i < n / 2; i++) {
    const float kept = samples[i];

    samples[i] = *(last - i);
    *(last - i) = kept;
  }
}

/* Of two channels a frame is one number. */
typedef guint64 Frame __attribute__ ((aligned (4), may_alias));

GEN_CLONES (void, turn_stereo, (Frame * frames, gsize n), (frames, n))
{
  Frame *last = frames + n - 1;

#pragma GCC ivdep
  for (gsize i = 0; i < n / 2; i++) {
    const guint64 kept = frames[i];

    frames[i] = *(last - i);
    *(last - i) = kept;
  }
}

static void
turn_frames (GenSound *part)
{
  const gsize frame = (gsize)part->channels;

  for (gsize i = 0; i < part->frames / 2; i++) {
    float *a = part->data + i * frame, *b = part->data + (part->frames - 1 - i) * frame;

    for (gsize c = 0; c < frame; c++) {
      const float kept = a[c];

      a[c] = b[c];
      b[c] = kept;
    }
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  if (part->channels == 1)
    turn (part->data, part->frames);
  else if (part->channels == 2)
    turn_stereo ((Frame *)part->data, part->frames);
  else
    turn_frames (part);
}

static void
reverse (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  if (uniform[0] < amount)
    gen_augment_sound_add (draw, run);
}

const GenAugmentation gen_augmentation_sound_reverse = {
  .medium = &gen_medium_sound,
  .name = "reverse",
  .stream = "sound-reverse",
  .description = "How many of the windows are played backwards, as a fraction",
  .maximum = 1,
  .apply_sound = reverse,
};
