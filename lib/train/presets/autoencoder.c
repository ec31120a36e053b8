/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The code is one dense layer behind the convolutions, with nothing that bounds it. */
#include "coder.h"

#include <generative/trainer.h>

static GenGraph *
encoder (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenTensor *code;

  if (!gen_coder_check ("autoencoder", options, error))
    return NULL;
  layers = gen_layers_begin ("autoencoder encoder", options->seed, 0);
  layers.range = "0,1";
  code = gen_coder_encode (&layers, options, gen_coder_begin (&layers, options), error);
  code = gen_layers_dense (&layers, "code", code, options->latent_size, TRUE, error);
  return gen_layers_end_all (
      &layers, &code, (const char *const[]){ "code" }, 1, "generative.input-range");
}

static GenGraph *
decoder (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenTensor *y;

  if (!gen_coder_check ("autoencoder", options, error))
    return NULL;
  layers = gen_layers_begin ("autoencoder decoder", options->seed, 0);
  layers.range = "0,1";
  y = gen_graph_add_input (
      layers.graph, "code", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  y = gen_coder_decode (&layers, options, y, error);
  y = gen_unary (layers.graph, "Sigmoid", y, error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "batch-size", "64" },
  { NULL },
};

const GenPreset gen_preset_autoencoder = {
  .name = "autoencoder",
  .description = "Convolutional nets for " GEN_CODER_EXTENTS,
  .recipe = &gen_recipe_autoencoder,
  .medium = &gen_medium_picture,
  .extents = gen_coder_extents,
  .nets = { encoder, decoder },
  .reads = (const char *const[]){ "latent-size", NULL },
  .settings = settings,
  .width = GEN_CODER_WIDTH,
};
