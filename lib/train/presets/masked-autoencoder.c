/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The encoder is the trunk; the decoder makes a small picture of many channels of the features, and
 * doubles its extents up to the whole one. */
#include "trunk.h"

#include <generative/trainer.h>

static GenGraph *
encoder (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenTrunk trunk;
  GenTensor *y;

  if (!gen_trunk_measure (&trunk, "masked-autoencoder", options, error))
    return NULL;
  layers = gen_layers_begin ("masked encoder", options->seed, 0);
  layers.gain = (float)G_SQRT2;
  y = gen_trunk_append (&trunk, &layers, options, error);
  return gen_layers_end (&layers, y, "generative.input-range");
}

static GenGraph *
decoder (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenTrunk trunk;
  GenTensor *y;

  if (!gen_trunk_measure (&trunk, "masked-autoencoder", options, error))
    return NULL;
  layers = gen_layers_begin ("masked decoder", options->seed, 0);
  layers.gain = (float)G_SQRT2;
  y = gen_graph_add_input (
      layers.graph, "features", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, trunk.features));
  y = gen_layers_dense (
      &layers, "grid", y, trunk.channels * trunk.extent * trunk.extent, FALSE, error);
  y = gen_layers_reshape (
      &layers, y, (gint64[]){ trunk.channels, trunk.extent, trunk.extent }, 3, error);
  y = gen_trunk_activate (&layers, "grid.normalize", y, error);
  for (int i = trunk.halvings - 1; i > 0; i--) {
    g_autofree char *up = g_strdup_printf ("up%d", i);
    g_autofree char *normalize = g_strdup_printf ("up%d.normalize", i);

    y = gen_layers_up (&layers, up, y, gen_trunk_channels (options, i), error);
    y = gen_trunk_activate (&layers, normalize, y, error);
  }
  layers.gain = 1;
  y = gen_layers_up (&layers, "up0", y, options->format.channels, error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static const int extents[] = { 28, 32, 64, 0 };

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "batch-size", "64" },
  { NULL },
};

const GenPreset gen_preset_masked_autoencoder = {
  .name = "masked-autoencoder",
  .description =
      "Convolutional nets for 28x28, 32x32 and 64x64 pixels, grey or colour; the encoder "
      "is a classifier but for its head",
  .recipe = &gen_recipe_masked,
  .medium = &gen_medium_picture,
  .extents = extents,
  .nets = { encoder, decoder },
  .settings = settings,
  .width = GEN_TRUNK_WIDTH,
};
