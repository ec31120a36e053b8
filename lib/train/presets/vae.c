/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* At 28 pixels the nets are dense, with one hidden layer of 400 on either side of the latents,
 * unless a width of convolutional ones is asked for, as the others are. */
#include "coder.h"
#include "condition.h"

#include <generative/trainer.h>

#define HIDDEN 400

static gboolean
is_dense (const GenPresetOptions *options)
{
  return options->format.width == 28 && options->width == 0;
}

static GenTensor *
encode_dense (GenLayers *layers, GenTensor *picture, GError **error)
{
  GenTensor *y = gen_unary (layers->graph, "Flatten", picture, error);

  layers->gain = (float)G_SQRT2;
  y = gen_layers_dense (layers, "hidden", y, HIDDEN, TRUE, error);
  layers->gain = 1;
  return gen_unary (layers->graph, "Relu", y, error);
}

static GenTensor *
decode_dense (GenLayers *layers, const GenPresetOptions *options, GenTensor *latent, GError **error)
{
  const gint64 extents[] = { options->format.channels, options->format.height,
    options->format.width };
  GenTensor *y;

  layers->gain = (float)G_SQRT2;
  y = gen_layers_dense (layers, "hidden", latent, HIDDEN, TRUE, error);
  y = gen_unary (layers->graph, "Relu", y, error);
  layers->gain = 1;
  y = gen_layers_dense (layers, "last", y, extents[0] * extents[1] * extents[2], TRUE, error);
  return gen_layers_reshape (layers, y, extents, 3, error);
}

static GenGraph *
encoder (const GenPresetOptions *options, GError **error)
{
  static const char *const names[] = { "mean", "log-variance" };
  GenLayers layers;
  GenCondition condition;
  GenTensor *y, *results[2];

  if (!gen_coder_check ("vae", options, error))
    return NULL;
  layers = gen_layers_begin ("vae encoder", options->seed, 0);
  layers.range = "0,1";
  y = gen_coder_begin (&layers, options);
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_condition_put (&condition, y, error);
  y = is_dense (options) ? encode_dense (&layers, y, error)
                         : gen_coder_encode (&layers, options, y, error);
  for (int i = 0; i < 2; i++)
    results[i] = gen_layers_dense (&layers, names[i], y, options->latent_size, TRUE, error);
  return gen_layers_end_all (&layers, results, names, 2, "generative.input-range");
}

static GenGraph *
decoder (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenCondition condition;
  GenTensor *y;

  if (!gen_coder_check ("vae", options, error))
    return NULL;
  layers = gen_layers_begin ("vae decoder", options->seed, 0);
  layers.range = "0,1";
  y = gen_graph_add_input (
      layers.graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_condition_join (&condition, y, error);
  y = is_dense (options) ? decode_dense (&layers, options, y, error)
                         : gen_coder_decode (&layers, options, y, error);
  y = gen_unary (layers.graph, "Sigmoid", y, error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "beta-warm-up", "500" },
  { "ema", "0.998" },
  { NULL },
};

const GenPreset gen_preset_vae = {
  .name = "vae",
  .description = "Nets for " GEN_CODER_EXTENTS ": dense ones of 784-400-latent-400-784 at 28x28, "
                 "unless a width is set, convolutional ones else",
  .recipe = &gen_recipe_variational,
  .medium = &gen_medium_picture,
  .extents = gen_coder_extents,
  .conditional = TRUE,
  .nets = { encoder, decoder },
  .reads = (const char *const[]){ "latent-size", NULL },
  .settings = settings,
  .width = GEN_CODER_WIDTH,
};
