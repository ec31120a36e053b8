/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options for the nets of any preset, small ones of sounds and of those that take long. */
#pragma once

#include <generative/preset.h>

static inline GenPresetOptions
preset_options (const GenPreset *preset)
{
  GenPresetOptions options = { GEN_PRESET_DEFAULTS };

  options.classes = 10;
  options.tokens = 49;
  if (preset->medium == &gen_medium_sound) {
    options.format = (GenFormat){ preset->medium, .channels = 1, .rate = 16000,
      .length = preset->extents != NULL ? (gsize)preset->extents[0] : 512 };
    options.width = 2;
  }
  if (preset == &gen_preset_unet_diffusion || preset == &gen_preset_stylegan_lite ||
      preset == &gen_preset_r3gan_lite || preset == &gen_preset_pix2pix ||
      preset == &gen_preset_cyclegan || preset == &gen_preset_transformer)
    options.width = 4;
  return options;
}
