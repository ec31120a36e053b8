/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of presets; each is a file in presets/. */
#include <generative/preset.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenPreset *const *
gen_preset_list (void)
{
  static const GenPreset *const list[] = {
    &gen_preset_mlp,
    &gen_preset_dcgan,
    &gen_preset_wavegan,
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
