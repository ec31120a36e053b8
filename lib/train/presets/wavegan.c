/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutional nets for sounds of 4096, 8192 and 16384 frames: from a short sound of many channels
 * up to the whole, making the length fourfold and halving the channels, and the way back. Filters
 * are 25 long. There are no normalisations; what the discriminator's convolutions read is shifted
 * at random by 2 frames at most in training, as the paper says. The paper's nets have 64 channels
 * beside the sound, which take a GPU; fewer learn single sounds on a processor.
 *
 * Weights start uniform, of variance 2 / inputs before (leaky) ReLU (He et al., 2015) and 1 /
 * inputs in the last layer; biases at 0. */
#include "condition.h"
#include "sound-coder.h"

#include <generative/trainer.h>

#include "../phase-shuffle.h"

/* Channels beside the sound; each layer away from it doubles them. */
#define WIDTH 16
#define SHUFFLED "2"

static void
note (GenGraph *graph, const char *key, const char *value)
{
  g_hash_table_insert (graph->metadata, g_strdup (key), g_strdup (value));
}

static GenGraph *
end (GenLayers *layers, GenTensor *y, const char *range_key, const GenPresetOptions *options)
{
  GenGraph *graph = gen_layers_end (layers, y, range_key);
  g_autofree char *rate = g_strdup_printf ("%d", options->format.rate);

  if (graph != NULL && options->format.rate > 0)
    note (graph, "generative.sample-rate", rate);
  return graph;
}

static GenGraph *
generator (const GenPresetOptions *options, GError **error)
{
  GenSoundCoder coder;
  gint64 channels;
  GenLayers layers;
  GenCondition condition;
  GenTensor *y;

  if (!gen_sound_coder_measure (&coder, "wavegan", options, WIDTH, error))
    return NULL;
  layers = gen_layers_begin ("wavegan generator", options->seed, 0);
  layers.gain = (float)G_SQRT2;
  channels = gen_sound_coder_channels (&coder, coder.layers);
  y = gen_graph_add_input (
      layers.graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_condition_join (&condition, y, error);
  y = gen_layers_dense (&layers, "up0", y, channels * coder.shortest, TRUE, error);
  y = gen_layers_reshape (&layers, y, (gint64[]){ channels, coder.shortest }, 2, error);
  for (int i = 1; i <= coder.layers; i++) {
    g_autofree char *up = g_strdup_printf ("up%d", i);

    y = gen_unary (layers.graph, "Relu", y, error);
    channels /= 2;
    layers.gain = i < coder.layers ? (float)G_SQRT2 : 1;
    y = gen_layers_up_sound (
        &layers, up, y, i < coder.layers ? channels : options->format.channels, error);
  }
  y = gen_unary (layers.graph, "Tanh", y, error);
  return end (&layers, y, "generative.output-range", options);
}

static GenGraph *
discriminator (const GenPresetOptions *options, GError **error)
{
  GenSoundCoder coder;
  gint64 channels;
  GenLayers layers;
  GenCondition condition;
  GenGraph *graph;
  GenTensor *y, *features;

  if (!gen_sound_coder_measure (&coder, "wavegan", options, WIDTH, error))
    return NULL;
  channels = coder.width;
  layers = gen_layers_begin ("wavegan discriminator", options->seed, 0);
  layers.gain = (float)G_SQRT2;
  y = gen_graph_add_input (layers.graph, "sound", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, (gint64)options->format.length));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  for (int i = 1; i <= coder.layers; i++, channels *= 2) {
    g_autofree char *down = g_strdup_printf ("down%d", i);

    y = gen_layers_down_sound (&layers, down, y, channels, error);
    y = gen_layers_leaky_relu (&layers, y, error);
    y = gen_layers_dropout (&layers, y, options->dropout, error);
  }
  features = gen_unary (layers.graph, "Flatten", y, error);
  layers.gain = 1;
  y = gen_layers_dense (&layers, "last", features, 1, TRUE, error);
  y = gen_condition_project (&condition, y, features, error);
  y = gen_unary (layers.graph, "Sigmoid", y, error);
  graph = end (&layers, y, "generative.input-range", options);
  if (graph != NULL)
    note (graph, GEN_PHASE_SHUFFLE, SHUFFLED);
  return graph;
}

/* The discriminator learns four times as fast as the generator, at the rates of Zhang et al.,
 * "Self-attention generative adversarial networks", 2019, and may not be too sure: that keeps the
 * generator from making one sound only. */
static const GenPresetSetting settings[] = {
  { "loss", "hinge" },
  { "r1", "0.5" },
  { "learning-rate", "0.0004" },
  { "generator-rate", "0.25" },
  { "beta1", "0" },
  { "beta2", "0.9" },
  { "ema", "0.999" },
  { "batch-size", "16" },
  { NULL },
};

const GenPreset gen_preset_wavegan = {
  .name = "wavegan",
  .description = "Convolutional nets for " GEN_SOUND_CODER_LENGTHS,
  .recipe = &gen_recipe_adversarial,
  .medium = &gen_medium_sound,
  .extents = gen_sound_coder_lengths,
  .channels = 2,
  .conditional = TRUE,
  .nets = { generator, discriminator },
  .reads = (const char *const[]){ "latent-size", "dropout", NULL },
  .settings = settings,
  .width = WIDTH,
};
