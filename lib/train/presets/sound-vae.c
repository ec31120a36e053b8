/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The variational nets of sounds: the encoder is the trunk of sounds and two dense layers behind
 * its features, the decoder goes the way back of the trunk's convolutions. Waves of noise cannot be
 * made of a few numbers, but their spectra can: by itself it learns with the distance of these.
 * That is a mean, which the recipe multiplies by the frames of a sound, so that beta is far
 * above 1. */
#include "condition.h"
#include "sound-trunk.h"

#include <generative/trainer.h>

/* Means and logarithms of variances are near 0 at first: a variance is an exponential, and features
 * are large. */
#define GAIN_OF_LATENTS 0.1f

static GenGraph *
encoder (const GenPresetOptions *options, GError **error)
{
  static const char *const names[] = { "mean", "log-variance" };
  GenSoundTrunk trunk;
  GenLayers layers;
  GenCondition condition;
  GenTensor *y, *results[2];

  if (!gen_sound_trunk_measure (&trunk, "sound-vae", options, error))
    return NULL;
  layers = gen_layers_begin ("sound-vae encoder", options->seed, 0);
  y = gen_sound_trunk_append (&trunk, &layers, options, error);
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_condition_add (&condition, y, error);
  layers.gain = GAIN_OF_LATENTS;
  for (int i = 0; i < 2; i++)
    results[i] = gen_layers_dense (&layers, names[i], y, options->latent_size, TRUE, error);
  return gen_layers_end_all (&layers, results, names, 2, "generative.input-range");
}

static GenGraph *
decoder (const GenPresetOptions *options, GError **error)
{
  GenSoundTrunk trunk;
  GenLayers layers;
  GenCondition condition;
  GenTensor *y;

  if (!gen_sound_trunk_measure (&trunk, "sound-vae", options, error))
    return NULL;
  layers = gen_layers_begin ("sound-vae decoder", options->seed, 0);
  y = gen_graph_add_input (
      layers.graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_condition_join (&condition, y, error);
  y = gen_sound_coder_decode (&trunk.coder, &layers, options->format.channels, y, error);
  y = gen_unary (layers.graph, "Tanh", y, error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static const GenPresetSetting settings[] = {
  { "reconstruction", "stft" },
  { "beta", "20" },
  { "beta-warm-up", "100" },
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "ema", "0.99" },
  { "batch-size", "16" },
  { NULL },
};

const GenPreset gen_preset_sound_vae = {
  .name = "sound-vae",
  .description = "Convolutional nets for " GEN_SOUND_CODER_LENGTHS,
  .recipe = &gen_recipe_variational,
  .medium = &gen_medium_sound,
  .extents = gen_sound_coder_lengths,
  .channels = 2,
  .conditional = TRUE,
  .nets = { encoder, decoder },
  .reads = (const char *const[]){ "latent-size", NULL },
  .settings = settings,
  .width = GEN_SOUND_TRUNK_WIDTH,
};
