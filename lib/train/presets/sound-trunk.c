/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-trunk.h"

/* Features, as multiples of the channels beside the sound. */
#define FEATURES 8

gboolean
gen_sound_trunk_measure (
    GenSoundTrunk *trunk, const char *preset, const GenPresetOptions *options, GError **error)
{
  if (!gen_sound_coder_measure (&trunk->coder, preset, options, GEN_SOUND_TRUNK_WIDTH, error))
    return FALSE;
  trunk->features = FEATURES * trunk->coder.width;
  return TRUE;
}

GenTensor *
gen_sound_trunk_append (
    const GenSoundTrunk *trunk, GenLayers *layers, const GenPresetOptions *options, GError **error)
{
  const gint64 channels = gen_sound_coder_channels (&trunk->coder, trunk->coder.layers);
  GenTensor *x = gen_sound_coder_encode (
      &trunk->coder, layers, "trunk.", gen_sound_coder_begin (layers, options), error);
  GenTensor *y;

  layers->gain = (float)G_SQRT2;
  y = gen_layers_convolution_of_sound (layers, "trunk.block", x, channels, 3, 1, error);
  y = gen_sound_coder_activate (layers, "trunk.block.normalize", y, error);
  y = gen_unary (layers->graph, "Flatten", gen_binary (layers->graph, "Add", x, y, error), error);
  y = gen_layers_dense (layers, "trunk.features", y, trunk->features, FALSE, error);
  return gen_sound_coder_activate (layers, "trunk.features.normalize", y, error);
}
