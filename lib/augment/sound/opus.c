/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opus (RFC 6716): the sound as calls over the internet and streams leave it, at a bitrate of which
 * there are as many in each octave. */
#include "codec.h"
#include "sound.h"

#define HIGHEST 96.0 /* kbit/s of a channel, at which nobody hears it */

static const GenAugmentCodec codec = {
  .kind = "Opus",
  .encoder = "libopus",
  .id = AV_CODEC_ID_OPUS,
  .format = AV_SAMPLE_FMT_FLT,
  .rates = { 48000 },
};

static gboolean
check (GError **error)
{
  return gen_augment_codec_check (&codec, error);
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  gen_augment_codec_run (&codec, step->values[0], part);
}

static void
opus (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  if (amount < HIGHEST)
    gen_augment_sound_add (draw, run)->values[0] =
        1000 * gen_augment_evenly (MAX (amount, 3), HIGHEST, uniform[0]);
}

const GenAugmentation gen_augmentation_sound_opus = {
  .medium = &gen_medium_sound,
  .name = "opus",
  .stream = "sound-opus",
  .description = "Lowest bitrate of Opus, in kbit/s of each channel, up to 96 (0: not coded)",
  .maximum = 96,
  .check = check,
  .apply_sound = opus,
};
