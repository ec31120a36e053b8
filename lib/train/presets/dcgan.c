/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutional nets for 28, 32, 64 and 128 pixels: from a small picture of many channels up to the
 * whole, doubling the extents and halving the channels, and the way back. Weights start normal
 * with deviation 0.02, as the paper says. The first layer of G, a transposed convolution of one
 * pixel, and the last of D, a convolution to one pixel, are written as the dense layers that
 * they are. */
#include "condition.h"

#define SPREAD 0.02f
/* Channels beside the picture; each halving of the extents doubles them. */
#define WIDTH 64

static gint64
width_of (const GenPresetOptions *options)
{
  return options->width > 0 ? options->width : WIDTH;
}

static const int extents[] = { 28, 32, 64, 128, 0 };

static gboolean
measure (const GenPresetOptions *options, gint64 *smallest, int *doublings, GError **error)
{
  return gen_layers_measure ("dcgan", options, extents, smallest, doublings, error);
}

static GenGraph *
generator (const GenPresetOptions *options, GError **error)
{
  gint64 extent, channels;
  int doublings;
  GenLayers layers;
  GenCondition condition;
  GenTensor *y;

  if (!measure (options, &extent, &doublings, error))
    return NULL;
  layers = gen_layers_begin ("dcgan generator", options->seed, SPREAD);
  channels = width_of (options) << (doublings - 1);
  y = gen_graph_add_input (
      layers.graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  y = gen_condition_join (&condition, y, error);
  y = gen_layers_dense (&layers, "up0", y, channels * extent * extent, FALSE, error);
  y = gen_layers_reshape (&layers, y, (gint64[]){ channels, extent, extent }, 3, error);
  for (int i = 1; i <= doublings; i++) {
    g_autofree char *normalize = g_strdup_printf ("normalize%d", i - 1);
    g_autofree char *up = g_strdup_printf ("up%d", i);

    y = gen_layers_normalize (&layers, normalize, y, error);
    y = gen_unary (layers.graph, "Relu", y, error);
    channels /= 2;
    y = gen_layers_up (&layers, up, y, i < doublings ? channels : options->format.channels, error);
  }
  y = gen_unary (layers.graph, "Tanh", y, error);
  return gen_layers_end (&layers, y, "generative.output-range");
}

static GenGraph *
discriminator (const GenPresetOptions *options, GError **error)
{
  gint64 extent, channels = width_of (options);
  int halvings;
  GenLayers layers;
  GenCondition condition;
  GenTensor *y, *features;

  if (!measure (options, &extent, &halvings, error))
    return NULL;
  layers = gen_layers_begin ("dcgan discriminator", options->seed, SPREAD);
  y = gen_graph_add_input (layers.graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));
  if (!gen_condition_begin (&condition, &layers, options, error))
    return gen_layers_end (&layers, NULL, NULL);
  for (int i = 1; i <= halvings; i++, channels *= 2) {
    g_autofree char *normalize = g_strdup_printf ("normalize%d", i);
    g_autofree char *down = g_strdup_printf ("down%d", i);

    y = gen_layers_down (&layers, down, y, channels, error);
    if (i > 1)
      y = gen_layers_normalize (&layers, normalize, y, error);
    y = gen_layers_leaky_relu (&layers, y, error);
    y = gen_layers_dropout (&layers, y, options->dropout, error);
  }
  features = gen_unary (layers.graph, "Flatten", y, error);
  y = gen_layers_dense (&layers, "last", features, 1, FALSE, error);
  y = gen_condition_project (&condition, y, features, error);
  y = gen_unary (layers.graph, "Sigmoid", y, error);
  return gen_layers_end (&layers, y, "generative.input-range");
}

const GenPreset gen_preset_dcgan = {
  .name = "dcgan",
  .description = "Convolutional nets for 28x28, 32x32, 64x64 and 128x128 pixels, grey or colour",
  .recipe = &gen_recipe_adversarial,
  .medium = &gen_medium_picture,
  .extents = extents,
  .conditional = TRUE,
  .nets = { generator, discriminator },
  .reads = (const char *const[]){ "latent-size", "dropout", NULL },
  .width = WIDTH,
};
