/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of presets; each is a file in presets/. */
#include <generative/preset.h>

#include <string.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenPreset gen_preset_auto = {
  .name = "auto",
  .description = "The recipe's first one for the medium of the data",
};

const GenPreset *const *
gen_preset_list (void)
{
  static const GenPreset *const list[] = {
    &gen_preset_auto,
    &gen_preset_mlp,
    &gen_preset_dcgan,
    &gen_preset_stylegan_lite,
    &gen_preset_r3gan_lite,
    &gen_preset_wavegan,
    &gen_preset_vae,
    &gen_preset_autoencoder,
    &gen_preset_vq_vae,
    &gen_preset_classifier,
    &gen_preset_masked_autoencoder,
    &gen_preset_super_resolver,
    &gen_preset_inpainter,
    &gen_preset_cleaner,
    &gen_preset_bandwidth_extender,
    &gen_preset_sound_vae,
    &gen_preset_sound_classifier,
    &gen_preset_masked_sound_autoencoder,
    &gen_preset_interpolator,
    &gen_preset_frame_predictor,
    &gen_preset_pix2pix,
    &gen_preset_cyclegan,
    &gen_preset_unet_diffusion,
    &gen_preset_transformer,
    NULL,
  };

  return list;
}

const GenPreset *
gen_preset_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_preset_list (), name, "preset", GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, error);
}

gboolean
gen_preset_reads (const GenPreset *preset, const char *name)
{
  if (preset->reads != NULL && g_strv_contains (preset->reads, name))
    return TRUE;
  if (strcmp (name, "width") == 0)
    return preset->width > 0;
  if (strcmp (name, "length") == 0)
    return preset->medium == &gen_medium_sound;
  return preset->conditional &&
         (strcmp (name, "conditional") == 0 || strcmp (name, "classes") == 0);
}

int
gen_preset_length (const GenPreset *preset)
{
  if (preset->length > 0)
    return preset->length;
  return preset->extents != NULL ? preset->extents[0] : 0;
}

char *
gen_preset_describe (const GenPreset *preset)
{
  const GenPresetSetting *setting = preset->settings;
  GString *text = g_string_new (preset->description);

  if (setting == NULL)
    return g_string_free (text, FALSE);
  g_string_append (text, "; by itself with");
  for (; setting->name != NULL; setting++)
    g_string_append_printf (text, " %s=%s", setting->name, setting->value);
  return g_string_free (text, FALSE);
}

const GenPreset *
gen_preset_find_for (const GenRecipe *recipe, const GenMedium *medium, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    if ((*preset)->recipe != recipe)
      continue;
    if ((*preset)->medium == medium)
      return *preset;
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", (*preset)->name);
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "recipe %s has no preset for %s; it has %s", recipe->name, medium->plural,
      names->len > 0 ? names->str : "none, so that its nets are to be given as models");
  return NULL;
}
