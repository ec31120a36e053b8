/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets after Huang et al., "The GAN is dead; long live the GAN! A modern baseline GAN", 2024, in
 * widths that processors can train: in both, from 4 or 7 pixels up or down to there, each extent
 * has residual blocks of three convolutions (1x1 to twice the channels, 3x3 in groups, 1x1 back),
 * with neither normalisation nor styles. The last convolution of a block is zeros at first, and the
 * others are the smaller the more blocks there are (Zhang et al., "Fixup initialization", 2019), so
 * that each net begins as its shortcuts. Extents change by linear interpolation and by means of
 * 2x2. What keeps such nets together are the relativistic loss and penalties on the gradients on
 * real and on made samples, which the preset brings along. */
#include "layers.h"

#include <math.h>

#define WIDTH 16
/* Channels at most, as multiples of those beside the picture. */
#define MOST_MULTIPLES 8
#define BLOCKS 1 /* at each extent */
#define EXPANSION 2
#define CHANNELS_OF_GROUP 16
#define CONVOLUTIONS 3 /* of a block */

typedef struct {
  GenLayers layers;
  gint64 width;
  float gain; /* of the convolutions in blocks */
  GError **error;
} Net;

static const int extents[] = { 28, 32, 64, 128, 256, 0 };

static gboolean
measure (const GenPresetOptions *options, gint64 *smallest, int *doublings, GError **error)
{
  return gen_layers_measure ("r3gan-lite", options, extents, smallest, doublings, error);
}

static Net
begin (const char *name, const GenPresetOptions *options, int doublings, GError **error)
{
  const float blocks = (float)(BLOCKS * (doublings + 1));

  return (Net){ .layers = gen_layers_begin (name, options->seed, 0),
    .width = options->width > 0 ? options->width : WIDTH,
    .gain = (float)G_SQRT2 * powf (blocks, -1.0f / (2 * CONVOLUTIONS - 2)),
    .error = error };
}

/* Of the layer that is `halvings` halvings away from the picture. */
static gint64
channels_at (const Net *net, int halvings)
{
  return net->width * MIN (G_GINT64_CONSTANT (1) << halvings, MOST_MULTIPLES);
}

/* --- layers --- */

typedef struct {
  gint64 outputs, kernel, groups;
  float gain;
  gboolean with_bias;
  gboolean inside; /* of the picture: nothing is put around it */
} Convolution;

static GenTensor *
convolve (Net *net, const char *name, const Convolution *layer, GenTensor *x)
{
  const gint64 kernel = layer->kernel, pad = layer->inside ? 0 : kernel / 2;
  GenTensor *inputs[3] = { x };
  gint64 channels;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1] / layer->groups;
  net->layers.gain = layer->gain;
  inputs[1] = gen_layers_drawn (&net->layers, name, "weight",
      &GEN_SHAPE (layer->outputs, channels, kernel, kernel), channels * kernel * kernel, 0);
  if (layer->with_bias)
    inputs[2] = gen_layers_filled (&net->layers, name, "bias", layer->outputs, 0);
  return gen_graph_op (net->layers.graph, "Conv", inputs, layer->with_bias ? 3 : 2, 1, net->error,
      "kernel_shape", GEN_INTS, 2, (gint64[]){ kernel, kernel }, "group", GEN_INT,
      (int)layer->groups, "pads", GEN_INTS, 4, (gint64[]){ pad, pad, pad, pad }, NULL);
}

static GenTensor *
part (Net *net, const char *block, const char *name, const Convolution *layer, GenTensor *x)
{
  g_autofree char *full = g_strconcat (block, ".", name, NULL);

  return convolve (net, full, layer, x);
}

static gint64
count_groups (gint64 channels)
{
  gint64 groups = MAX (channels / CHANNELS_OF_GROUP, 1);

  while (channels % groups != 0)
    groups--;
  return groups;
}

static GenTensor *
block (Net *net, const char *name, GenTensor *x)
{
  gint64 channels, many;
  GenTensor *y;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  many = EXPANSION * channels;
  y = part (net, name, "out", &(Convolution){ many, 1, 1, net->gain, TRUE, FALSE }, x);
  y = gen_layers_leaky_relu (&net->layers, y, net->error);
  y = part (net, name, "around",
      &(Convolution){ many, 3, count_groups (many), net->gain, TRUE, FALSE }, y);
  y = gen_layers_leaky_relu (&net->layers, y, net->error);
  y = part (net, name, "back", &(Convolution){ channels, 1, 1, 0, FALSE, FALSE }, y);
  return gen_binary (net->layers.graph, "Add", x, y, net->error);
}

static GenTensor *
blocks (Net *net, int level, GenTensor *x)
{
  for (int i = 0; i < BLOCKS; i++) {
    g_autofree char *name = g_strdup_printf ("block%d.%d", level, i);

    x = block (net, name, x);
  }
  return x;
}

/* x with `outputs` channels, which it may have already. */
static GenTensor *
widen (Net *net, const char *name, GenTensor *x, gint64 outputs)
{
  if (x == NULL || x->shape.dims[1] == outputs)
    return x;
  return convolve (net, name, &(Convolution){ outputs, 1, 1, 1, FALSE, FALSE }, x);
}

/* --- nets --- */

/* A learned picture whose channels the latent weighs. */
static GenTensor *
start (Net *net, GenTensor *latent, gint64 channels, gint64 extent)
{
  GenTensor *weights, *basis;

  net->layers.spread = 1;
  basis = gen_layers_drawn (
      &net->layers, "start", "basis", &GEN_SHAPE (1, channels, extent, extent), 1, 0);
  net->layers.spread = 0;
  net->layers.gain = 1;
  weights = gen_layers_dense (&net->layers, "start", latent, channels, FALSE, net->error);
  weights = gen_layers_reshape (&net->layers, weights, (gint64[]){ channels, 1, 1 }, 3, net->error);
  return gen_binary (net->layers.graph, "Mul", weights, basis, net->error);
}

static GenGraph *
generator (const GenPresetOptions *options, GError **error)
{
  gint64 smallest;
  int doublings;
  GenTensor *y;
  Net net;

  if (!measure (options, &smallest, &doublings, error))
    return NULL;
  net = begin ("r3gan-lite generator", options, doublings, error);
  y = gen_graph_add_input (
      net.layers.graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  y = start (&net, y, channels_at (&net, doublings), smallest);
  y = blocks (&net, 0, y);
  for (int i = 1; i <= doublings; i++) {
    g_autofree char *name = g_strdup_printf ("up%d", i);

    y = widen (&net, name, y, channels_at (&net, doublings - i));
    y = blocks (&net, i, gen_layers_double (&net.layers, y, error));
  }
  y = convolve (
      &net, "colours", &(Convolution){ options->format.channels, 1, 1, 1, TRUE, FALSE }, y);
  return gen_layers_end (&net.layers, y, "generative.output-range");
}

/* One number of each channel, and a score of these. */
static GenTensor *
judge (Net *net, GenTensor *x)
{
  gint64 channels;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  x = convolve (
      net, "whole", &(Convolution){ channels, x->shape.dims[2], channels, 1, FALSE, TRUE }, x);
  x = x != NULL ? gen_unary (net->layers.graph, "Flatten", x, net->error) : NULL;
  net->layers.gain = 1;
  x = gen_layers_dense (&net->layers, "last", x, 1, FALSE, net->error);
  return gen_unary (net->layers.graph, "Sigmoid", x, net->error);
}

static GenGraph *
discriminator (const GenPresetOptions *options, GError **error)
{
  gint64 smallest;
  int halvings;
  GenTensor *y;
  Net net;

  if (!measure (options, &smallest, &halvings, error))
    return NULL;
  net = begin ("r3gan-lite discriminator", options, halvings, error);
  y = gen_graph_add_input (net.layers.graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));
  y = convolve (&net, "colours", &(Convolution){ net.width, 1, 1, 1, TRUE, FALSE }, y);
  for (int i = 0; i < halvings; i++) {
    g_autofree char *name = g_strdup_printf ("down%d", i + 1);

    y = gen_layers_halve (&net.layers, blocks (&net, i, y), error);
    y = widen (&net, name, y, channels_at (&net, i + 1));
    y = gen_layers_dropout (&net.layers, y, options->dropout, error);
  }
  y = judge (&net, blocks (&net, halvings, y));
  return gen_layers_end (&net.layers, y, "generative.input-range");
}

static const GenPresetSetting settings[] = {
  { "loss", "relativistic" },
  { "r1", "0.5" },
  { "r2", "0.5" },
  { "learning-rate", "0.0005" },
  { "beta1", "0" },
  { "beta2", "0.99" },
  { "ema", "0.998" },
  { "batch-size", "16" },
  { NULL },
};

const GenPreset gen_preset_r3gan_lite = {
  .name = "r3gan-lite",
  .description = "Residual blocks without normalisation, for 28x28, 32x32, 64x64, 128x128 and "
                 "256x256 pixels, grey or colour",
  .recipe = &gen_recipe_adversarial,
  .medium = &gen_medium_picture,
  .extents = extents,
  .nets = { generator, discriminator },
  .reads = (const char *const[]){ "latent-size", "dropout", NULL },
  .settings = settings,
  .width = WIDTH,
};
