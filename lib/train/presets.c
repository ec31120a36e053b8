/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of presets; each is a file in presets/. */
#include <generative/preset.h>

static const GenPreset *const presets[] = {
  &gen_preset_mlp,
  &gen_preset_dcgan,
  &gen_preset_wavegan,
  NULL,
};

const GenPreset *const *
gen_preset_list (void)
{
  return presets;
}

const GenPreset *
gen_preset_find (const char *name)
{
  for (int i = 0; presets[i] != NULL; i++)
    if (g_strcmp0 (presets[i]->name, name) == 0)
      return presets[i];
  return NULL;
}
