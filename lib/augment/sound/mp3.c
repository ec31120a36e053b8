/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MP3 (MPEG audio layer III, by LAME): the sound as old files have it, at a bitrate of which there
 * are as many in each octave; LAME takes the nearest that the rate knows, of which there are none
 * below 32 kbit/s from 32 kHz on. */
#include "codec.h"
#include "sound.h"

#define HIGHEST 160.0 /* kbit/s of a channel: the format's highest */

static const GenAugmentCodec codec = {
  .kind = "MP3",
  .encoder = "libmp3lame",
  .id = AV_CODEC_ID_MP3,
  .format = AV_SAMPLE_FMT_FLTP,
  .rates = { 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000 },
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
mp3 (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  if (amount < HIGHEST)
    gen_augment_sound_add (draw, run)->values[0] =
        1000 * gen_augment_evenly (MAX (amount, 4), HIGHEST, uniform[0]);
}

const GenAugmentation gen_augmentation_sound_mp3 = {
  .medium = &gen_medium_sound,
  .name = "mp3",
  .stream = "sound-mp3",
  .description = "Lowest bitrate of MP3, in kbit/s of each channel, up to 160 (0: not coded)",
  .maximum = 160,
  .check = check,
  .apply_sound = mp3,
};
