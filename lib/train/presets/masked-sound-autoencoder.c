/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The encoder is the trunk of sounds; the decoder makes a short sound of many channels of the
 * features, and its length fourfold up to the whole one. */
#include "sound-trunk.h"

#include <generative/trainer.h>

static GenGraph *
encoder (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenSoundTrunk trunk;
  GenTensor *y;

  if (!gen_sound_trunk_measure (&trunk, "masked-sound-autoencoder", options, error))
    return NULL;
  layers = gen_layers_begin ("masked sound encoder", options->seed, 0);
  y = gen_sound_trunk_append (&trunk, &layers, options, error);
  return gen_layers_end (&layers, y, "generative.input-range");
}

static GenGraph *
decoder (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenSoundTrunk trunk;
  GenTensor *y;

  if (!gen_sound_trunk_measure (&trunk, "masked-sound-autoencoder", options, error))
    return NULL;
  layers = gen_layers_begin ("masked sound decoder", options->seed, 0);
  y = gen_graph_add_input (
      layers.graph, "features", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, trunk.features));
  y = gen_sound_coder_decode (&trunk.coder, &layers, options->format.channels, y, error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static const GenPresetSetting settings[] = {
  { "patch", "256" },
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "batch-size", "32" },
  { NULL },
};

const GenPreset gen_preset_masked_sound_autoencoder = {
  .name = "masked-sound-autoencoder",
  .description = "Convolutional nets for " GEN_SOUND_CODER_LENGTHS "; the encoder is a "
                 "sound-classifier but for its head",
  .recipe = &gen_recipe_masked,
  .medium = &gen_medium_sound,
  .extents = gen_sound_coder_lengths,
  .channels = 2,
  .nets = { encoder, decoder },
  .settings = settings,
  .width = GEN_SOUND_TRUNK_WIDTH,
};
