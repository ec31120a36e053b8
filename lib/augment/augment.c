/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists of augmentations, and what all draws have in common. */
#include "augment-private.h"

#include <gio/gio.h>

#include "../base/family.h"
#include "picture/picture.h"
#include "sound/sound.h"

/* As light, lens, sensor and file follow each other; what is cut out of the result is last. */
static const GenAugmentation *const of_pictures[] = {
  &gen_augmentation_picture_flip,
  &gen_augmentation_picture_crop,
  &gen_augmentation_picture_resized_crop,
  &gen_augmentation_picture_scale,
  &gen_augmentation_picture_rotate,
  &gen_augmentation_picture_shear,
  &gen_augmentation_picture_translate,
  &gen_augmentation_picture_perspective,
  &gen_augmentation_picture_grid_distortion,
  &gen_augmentation_picture_elastic,
  &gen_augmentation_picture_fog,
  &gen_augmentation_picture_shadow,
  &gen_augmentation_picture_defocus,
  &gen_augmentation_picture_blur,
  &gen_augmentation_picture_motion_blur,
  &gen_augmentation_picture_brightness,
  &gen_augmentation_picture_contrast,
  &gen_augmentation_picture_saturation,
  &gen_augmentation_picture_hue,
  &gen_augmentation_picture_gamma,
  &gen_augmentation_picture_auto_contrast,
  &gen_augmentation_picture_equalise,
  &gen_augmentation_picture_clahe,
  &gen_augmentation_picture_posterise,
  &gen_augmentation_picture_solarise,
  &gen_augmentation_picture_invert,
  &gen_augmentation_picture_grey,
  &gen_augmentation_picture_channel_shuffle,
  &gen_augmentation_picture_sharpen,
  &gen_augmentation_picture_shot_noise,
  &gen_augmentation_picture_iso_noise,
  &gen_augmentation_picture_noise,
  &gen_augmentation_picture_salt_and_pepper,
  &gen_augmentation_picture_downscale,
  &gen_augmentation_picture_jpeg,
  &gen_augmentation_picture_mpeg,
  &gen_augmentation_picture_cutout,
  &gen_augmentation_picture_grid_mask,
  NULL,
};

/* In the order of a recording: what moves a sound, what a room and a loudspeaker make of it, how
 * loud it is, what else is heard, of which noise goes by the level of the rest, and last what the
 * apparatus makes of all that. */
static const GenAugmentation *const of_sounds[] = {
  &gen_augmentation_sound_time_stretch,
  &gen_augmentation_sound_pitch_shift,
  &gen_augmentation_sound_shift,
  &gen_augmentation_sound_crop,
  &gen_augmentation_sound_reverse,
  &gen_augmentation_sound_time_mask,
  &gen_augmentation_sound_channel_swap,
  &gen_augmentation_sound_channel_drop,
  &gen_augmentation_sound_room,
  &gen_augmentation_sound_low_pass,
  &gen_augmentation_sound_high_pass,
  &gen_augmentation_sound_band_pass,
  &gen_augmentation_sound_peak,
  &gen_augmentation_sound_low_shelf,
  &gen_augmentation_sound_high_shelf,
  &gen_augmentation_sound_frequency_mask,
  &gen_augmentation_sound_spectrogram_mask,
  &gen_augmentation_sound_loudness,
  &gen_augmentation_sound_gain,
  &gen_augmentation_sound_polarity,
  &gen_augmentation_sound_fade,
  &gen_augmentation_sound_noise,
  &gen_augmentation_sound_pink_noise,
  &gen_augmentation_sound_brown_noise,
  &gen_augmentation_sound_background,
  &gen_augmentation_sound_compress,
  &gen_augmentation_sound_limit,
  &gen_augmentation_sound_soft_clip,
  &gen_augmentation_sound_hard_clip,
  &gen_augmentation_sound_decimate,
  &gen_augmentation_sound_bit_depth,
  &gen_augmentation_sound_telephone,
  &gen_augmentation_sound_opus,
  &gen_augmentation_sound_mp3,
  NULL,
};

G_STATIC_ASSERT (G_N_ELEMENTS (of_pictures) <= GEN_AUGMENT_MAX + 1);
G_STATIC_ASSERT (G_N_ELEMENTS (of_sounds) <= GEN_AUGMENT_MAX + 1);

const GenAugmentation *const *
gen_augmentation_list (const GenMedium *medium)
{
  static const GenAugmentation *const none[] = { NULL };

  if (medium == &gen_medium_picture)
    return of_pictures;
  if (medium == &gen_medium_sound)
    return of_sounds;
  return none;
}

const GenAugmentation *
gen_augmentation_find (const GenMedium *medium, const char *name, GError **error)
{
  g_autofree char *kind = g_strconcat ("augmentation of ", medium->plural, NULL);

  return GEN_FAMILY_FIND (
      gen_augmentation_list (medium), name, kind, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, error);
}

void
gen_augment_settings_init (GenAugmentSettings *settings, const GenMedium *medium)
{
  const GenAugmentation *const *list = gen_augmentation_list (medium);

  *settings = (GenAugmentSettings){ .medium = medium, .probability = 1 };
  for (int i = 0; list[i] != NULL; i++)
    for (int p = 0; p < GEN_AUGMENT_PARAMETERS; p++)
      settings->parameters[i][p] = list[i]->parameters[p].standard;
}

gboolean
gen_augment_settings_check (const GenAugmentSettings *settings, GError **error)
{
  const GenAugmentation *const *list = gen_augmentation_list (settings->medium);

  for (int i = 0; list[i] != NULL; i++)
    if (settings->amounts[i] > 0 && list[i]->check != NULL && !list[i]->check (error)) {
      g_prefix_error (error, "%s: ", list[i]->name);
      return FALSE;
    }
  return TRUE;
}

gboolean
gen_augment_settings_are_idle (const GenAugmentSettings *settings)
{
  const GenAugmentation *const *list = gen_augmentation_list (settings->medium);

  if (settings->policy != NULL)
    return FALSE;
  if (settings->probability <= 0)
    return TRUE;
  for (int i = 0; list[i] != NULL; i++)
    if (settings->amounts[i] > 0)
      return FALSE;
  return TRUE;
}

gboolean
gen_augment_takes (
    const GenAugmentSettings *settings, int index, guint64 number, double *amount, float uniform[3])
{
  const GenAugmentation *augmentation = gen_augmentation_list (settings->medium)[index];
  GenRandom random;
  float numbers[4];

  if (settings->amounts[index] <= 0)
    return FALSE;
  random = gen_random_new (settings->seed, augmentation->stream, 0);
  gen_random_uniform (&random, number, 0, numbers, 4);
  memcpy (uniform, numbers, 3 * sizeof *uniform);
  *amount = MIN (settings->amounts[index], augmentation->maximum);
  /* The last of the four decides whether, the others say how. */
  return numbers[3] < settings->probability;
}
