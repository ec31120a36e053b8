/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trunk of sounds, and a dense layer that makes a score for each class of its features. */
#include "head.h"
#include "sound-trunk.h"

#include <generative/trainer.h>

static GenGraph *
classifier (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenSoundTrunk trunk;
  GenTensor *y;

  if (!gen_sound_trunk_measure (&trunk, "sound-classifier", options, error) ||
      !gen_head_check (options, error))
    return NULL;
  layers = gen_layers_begin ("sound-classifier", options->seed, 0);
  y = gen_sound_trunk_append (&trunk, &layers, options, error);
  y = gen_head_append (&layers, options, y, error);
  return gen_layers_end (&layers, y, "generative.input-range");
}

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "batch-size", "32" },
  { NULL },
};

const GenPreset gen_preset_sound_classifier = {
  .name = "sound-classifier",
  .description = "A convolutional net for " GEN_SOUND_CODER_LENGTHS ", that gives a probability "
                 "for each class",
  .recipe = &gen_recipe_classifier,
  .medium = &gen_medium_sound,
  .extents = gen_sound_coder_lengths,
  .channels = 2,
  .nets = { classifier },
  .reads = (const char *const[]){ "dropout", "classes", NULL },
  .settings = settings,
  .width = GEN_SOUND_TRUNK_WIDTH,
};
