/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets after Karras et al., "Analyzing and improving the image quality of StyleGAN", 2020, in
 * widths that processors can train. A mapping net makes a style of the latent; from a constant
 * picture of 4 or 7 pixels up, each extent has a convolution before it doubles and one behind that,
 * whose inputs the style scales, and adds what it has of the picture to that of the extent before.
 * The discriminator is residual, and sees how much a batch varies.
 *
 * Channels are scaled where the paper scales weights, which is the same and leaves one convolution
 * for the whole batch: conv (x, d W s) = d conv (s x, W). Extents double by linear interpolation,
 * where the paper has a transposed convolution and a blur.
 *
 * Weights begin normal, of deviation 1, and are scaled where they are read, so that all learn alike
 * fast (Karras et al., "Progressive growing of GANs", 2018). */
#include "layers.h"

#include <math.h>

#include <generative/trainer.h>

#include "../fresh-noise.h"

#define WIDTH 16
/* Channels at most, as multiples of those beside the picture. */
#define MOST_MULTIPLES 8
#define MAPPING_LAYERS 2
/* By how much slower the mapping net learns. */
#define MAPPING_RATE 0.01f
/* And the strengths of noise: grain is what a net that knows little else finds first. */
#define NOISE_RATE 0.001f
/* Behind LeakyRelu about half of what a layer gives is left. */
#define GAIN ((float)G_SQRT2)
#define TINY 1e-8f

typedef struct {
  GenLayers layers;
  gint64 width;
  GenTensor *style; /* [batch, latent] */
  GError **error;
} Net;

static const int extents[] = { 28, 32, 64, 128, 256, 0 };

static gboolean
measure (const GenPresetOptions *options, gint64 *smallest, int *doublings, GError **error)
{
  if (options->width != 1)
    return gen_layers_measure ("stylegan-lite", options, extents, smallest, doublings, error);
  g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset stylegan-lite has a width of at least 2");
  return FALSE;
}

/* Of the layer that is `halvings` halvings away from the picture. */
static gint64
channels_at (const Net *net, int halvings)
{
  return net->width * MIN (G_GINT64_CONSTANT (1) << halvings, MOST_MULTIPLES);
}

/* --- layers --- */

static GenTensor *
scale (Net *net, GenTensor *x, float by)
{
  return gen_binary (
      net->layers.graph, "Mul", x, gen_graph_float (net->layers.graph, by), net->error);
}

/* A weight that counts as if it had been drawn for results of which each sums up `fan_in` values,
 * and learns `rate` times as fast as those of others. */
static GenTensor *
weigh (Net *net, const char *name, const char *part, const GenShape *shape, gint64 fan_in,
    float gain, float rate)
{
  net->layers.spread = 1 / rate;
  return scale (net, gen_layers_drawn (&net->layers, name, part, shape, fan_in, 0),
      rate * gain / sqrtf ((float)fan_in));
}

static GenTensor *
dense (Net *net, const char *name, GenTensor *x, gint64 outputs, float gain, float rate)
{
  GenTensor *inputs[3] = { x };
  gint64 fan_in;

  if (x == NULL)
    return NULL;
  fan_in = x->shape.dims[1];
  inputs[1] = weigh (net, name, "weight", &GEN_SHAPE (outputs, fan_in), fan_in, gain, rate);
  inputs[2] = gen_layers_filled (&net->layers, name, "bias", outputs, 0);
  return gen_graph_op (
      net->layers.graph, "Gemm", inputs, 3, 1, net->error, "transB", GEN_INT, 1, NULL);
}

static GenTensor *
bend (Net *net, GenTensor *x)
{
  return gen_layers_leaky_relu (&net->layers, x, net->error);
}

static GenTensor *
reduce_mean (Net *net, GenTensor *x, const gint64 *axes, int n)
{
  return x == NULL ? NULL
                   : gen_graph_op (net->layers.graph, "ReduceMean", &x, 1, 1, net->error, "axes",
                         GEN_INTS, n, axes, NULL);
}

static GenTensor *
root (Net *net, GenTensor *x)
{
  GenGraph *graph = net->layers.graph;

  return gen_unary (graph, "Sqrt",
      gen_binary (graph, "Add", x, gen_graph_float (graph, TINY), net->error), net->error);
}

/* --- the generator --- */

/* The latent, of length 1 for each of its numbers in the mean, through some dense layers. */
static GenTensor *
map (Net *net, GenTensor *latent)
{
  GenGraph *graph = net->layers.graph;
  const gint64 size = latent->shape.dims[1];
  GenTensor *y = gen_binary (graph, "Mul", latent, latent, net->error);

  y = root (net, reduce_mean (net, y, (gint64[]){ 1 }, 1));
  y = gen_binary (graph, "Div", latent, y, net->error);
  for (int i = 1; i <= MAPPING_LAYERS; i++) {
    g_autofree char *name = g_strdup_printf ("mapping%d", i);

    y = bend (net, dense (net, name, y, size, GAIN, MAPPING_RATE));
  }
  return y;
}

/* What the style says of the `inputs` channels that layer `name` reads: [batch, inputs]. */
static GenTensor *
find_scales (Net *net, const char *name, gint64 inputs)
{
  g_autofree char *full = g_strconcat (name, ".style", NULL);
  GenTensor *one = gen_layers_filled (&net->layers, full, "bias", inputs, 1);
  GenTensor *weight = weigh (net, full, "weight", &GEN_SHAPE (inputs, net->style->shape.dims[1]),
      net->style->shape.dims[1], 1, 1);

  return gen_graph_op (net->layers.graph, "Gemm", (GenTensor *[]){ net->style, weight, one }, 3, 1,
      net->error, "transB", GEN_INT, 1, NULL);
}

/* x with each channel times its number in [batch, channels]. */
static GenTensor *
modulate (Net *net, GenTensor *x, GenTensor *scales)
{
  if (scales == NULL)
    return NULL;
  scales = gen_layers_reshape (
      &net->layers, scales, (gint64[]){ scales->shape.dims[1], 1, 1 }, 3, net->error);
  return gen_binary (net->layers.graph, "Mul", x, scales, net->error);
}

/* For each result's size, [batch, outputs], what it has to be multiplied by to be that of a
 * convolution whose inputs are not scaled: of `weight`, whose squares are summed up over the
 * kernel. */
static GenTensor *
find_factors (Net *net, GenTensor *weight, GenTensor *scales)
{
  GenGraph *graph = net->layers.graph;
  GenTensor *squares = gen_binary (graph, "Mul", weight, weight, net->error);

  squares = gen_binary (
      graph, "ReduceSum", squares, gen_graph_ints (graph, (gint64[]){ 2, 3 }, 2), net->error);
  scales = gen_binary (graph, "Mul", scales, scales, net->error);
  if (squares == NULL || scales == NULL)
    return NULL;
  squares = gen_layers_reshape (&net->layers, squares, squares->shape.dims + 1, 1, net->error);
  if (squares == NULL)
    return NULL;
  scales = gen_graph_op (graph, "Gemm", (GenTensor *[]){ scales, squares }, 2, 1, net->error,
      "alpha", GEN_FLOAT, 1 / (GAIN * GAIN), "transB", GEN_INT, 1, NULL);
  return gen_unary (graph, "Reciprocal", root (net, scales), net->error);
}

/* A convolution of kernel x kernel whose inputs the style scales; its results have the size that
 * those of unscaled inputs would have, or a bias. */
static GenTensor *
modulated (
    Net *net, const char *name, GenTensor *x, gint64 outputs, gint64 kernel, gboolean normalizes)
{
  const gint64 pad = kernel / 2;
  GenTensor *inputs[3] = { NULL }, *scales, *y;
  gint64 channels;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  scales = find_scales (net, name, channels);
  inputs[0] = modulate (net, x, scales);
  inputs[1] = weigh (net, name, "weight", &GEN_SHAPE (outputs, channels, kernel, kernel),
      channels * kernel * kernel, 1, 1);
  if (!normalizes)
    inputs[2] = gen_layers_filled (&net->layers, name, "bias", outputs, 0);
  if (inputs[0] == NULL || inputs[1] == NULL)
    return NULL;
  y = gen_graph_op (net->layers.graph, "Conv", inputs, normalizes ? 2 : 3, 1, net->error,
      "kernel_shape", GEN_INTS, 2, (gint64[]){ kernel, kernel }, "pads", GEN_INTS, 4,
      (gint64[]){ pad, pad, pad, pad }, NULL);
  return normalizes ? modulate (net, y, find_factors (net, inputs[1], scales)) : y;
}

/* One value a channel that is added, 0 at first. */
static GenTensor *
shift (Net *net, const char *name, GenTensor *x)
{
  GenTensor *bias;
  gint64 channels;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  bias = gen_layers_shaped (&net->layers, name, "bias", &GEN_SHAPE (1, channels, 1, 1), 0);
  return gen_binary (net->layers.graph, "Add", x, bias, net->error);
}

/* Noise that each channel has as much of as it has learned to take, none at first. That of the
 * model as it plays is always the same; training draws it anew. */
static GenTensor *
add_noise (Net *net, const char *name, GenTensor *x)
{
  GenGraph *graph = net->layers.graph;
  GenTensor *noise, *strength;

  if (x == NULL)
    return NULL;
  net->layers.spread = 1;
  noise = gen_layers_drawn (&net->layers, name, GEN_FRESH_NOISE_PART,
      &GEN_SHAPE (1, 1, x->shape.dims[2], x->shape.dims[3]), 1, 0);
  strength = gen_layers_shaped (
      &net->layers, name, "noise-strength", &GEN_SHAPE (1, x->shape.dims[1], 1, 1), 0);
  strength = scale (net, strength, NOISE_RATE);
  /* What passes Identity is no weight. */
  noise = gen_unary (graph, "Identity", noise, net->error);
  return gen_binary (
      graph, "Add", x, gen_binary (graph, "Mul", noise, strength, net->error), net->error);
}

/* A layer, which doubles the extents where that is wanted. */
static GenTensor *
styled (Net *net, const char *name, GenTensor *x, gint64 outputs, gboolean doubles)
{
  GenTensor *y = modulated (net, name, x, outputs, 3, TRUE);

  if (doubles)
    y = gen_layers_double (&net->layers, y, net->error);
  return bend (net, shift (net, name, add_noise (net, name, y)));
}

/* The picture with what the layers of this extent add to it. */
static GenTensor *
draw (Net *net, int level, GenTensor *x, GenTensor *picture, gint64 colours)
{
  g_autofree char *name = g_strdup_printf ("colours%d", level);
  GenTensor *y = modulated (net, name, x, colours, 1, FALSE);

  if (picture == NULL)
    return y;
  picture = gen_layers_double (&net->layers, picture, net->error);
  return gen_binary (net->layers.graph, "Add", y, picture, net->error);
}

static GenTensor *
synthesize (Net *net, gint64 smallest, int doublings, gint64 colours)
{
  const gint64 channels = channels_at (net, doublings);
  GenTensor *picture, *x;

  net->layers.spread = 1;
  x = gen_layers_drawn (
      &net->layers, "start", "weight", &GEN_SHAPE (1, channels, smallest, smallest), 1, 0);
  x = styled (net, "same0", x, channels, FALSE);
  picture = draw (net, 0, x, NULL, colours);
  for (int i = 1; i <= doublings && picture != NULL; i++) {
    const gint64 outputs = channels_at (net, doublings - i);
    g_autofree char *up = g_strdup_printf ("up%d", i);
    g_autofree char *same = g_strdup_printf ("same%d", i);

    x = styled (net, up, x, outputs, TRUE);
    x = styled (net, same, x, outputs, FALSE);
    picture = draw (net, i, x, picture, colours);
  }
  return picture;
}

static gint64
width_of (const GenPresetOptions *options)
{
  return options->width > 0 ? options->width : WIDTH;
}

static GenGraph *
generator (const GenPresetOptions *options, GError **error)
{
  Net net = { .width = width_of (options), .error = error };
  GenTensor *latent, *y;
  GenGraph *graph;
  gint64 smallest;
  int doublings;

  if (!measure (options, &smallest, &doublings, error))
    return NULL;
  net.layers = gen_layers_begin ("stylegan-lite generator", options->seed, 1);
  latent = gen_graph_add_input (
      net.layers.graph, "latent", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, options->latent_size));
  net.style = map (&net, latent);
  y = net.style == NULL ? NULL : synthesize (&net, smallest, doublings, options->format.channels);
  graph = gen_layers_end (&net.layers, y, "generative.output-range");
  if (graph != NULL)
    gen_fresh_noise_note (graph);
  return graph;
}

/* --- the discriminator --- */

/* kernel x kernel at stride 1, or 4x4 at stride 2. */
static GenTensor *
convolution (Net *net, const char *name, GenTensor *x, gint64 outputs, gint64 kernel, float gain)
{
  const gint64 stride = kernel == 4 ? 2 : 1, pad = (kernel - 1) / 2;
  GenTensor *inputs[3] = { x };
  gint64 channels;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  inputs[1] = weigh (net, name, "weight", &GEN_SHAPE (outputs, channels, kernel, kernel),
      channels * kernel * kernel, gain, 1);
  inputs[2] = gen_layers_filled (&net->layers, name, "bias", outputs, 0);
  return gen_graph_op (net->layers.graph, "Conv", inputs, 3, 1, net->error, "kernel_shape",
      GEN_INTS, 2, (gint64[]){ kernel, kernel }, "strides", GEN_INTS, 2,
      (gint64[]){ stride, stride }, "pads", GEN_INTS, 4, (gint64[]){ pad, pad, pad, pad }, NULL);
}

/* Two convolutions, of which the second halves the extents, and a shortcut. */
static GenTensor *
halve (Net *net, int level, GenTensor *x, gint64 outputs, double dropout)
{
  GenGraph *graph = net->layers.graph;
  g_autofree char *same = g_strdup_printf ("same%d", level);
  g_autofree char *down = g_strdup_printf ("down%d", level);
  g_autofree char *beside = g_strdup_printf ("shortcut%d", level);
  GenTensor *y;

  if (x == NULL)
    return NULL;
  y = bend (net, convolution (net, same, x, x->shape.dims[1], 3, GAIN));
  y = gen_layers_dropout (&net->layers, y, dropout, net->error);
  y = bend (net, convolution (net, down, y, outputs, 4, GAIN));
  x = gen_layers_halve (&net->layers, x, net->error);
  x = convolution (net, beside, x, outputs, 1, 1);
  return scale (net, gen_binary (graph, "Add", x, y, net->error), 1 / GAIN);
}

/* Each channel is told how much the values of a batch deviate at a place, in the mean of all places
 * and channels: what a further channel would tell everywhere. */
static GenTensor *
tell_variety (Net *net, GenTensor *x, GenTensor *y)
{
  GenGraph *graph = net->layers.graph;
  GenTensor *apart = reduce_mean (net, x, (gint64[]){ 0 }, 1), *weight;

  apart = gen_binary (graph, "Sub", x, apart, net->error);
  apart = gen_binary (graph, "Mul", apart, apart, net->error);
  apart = root (net, reduce_mean (net, apart, (gint64[]){ 0 }, 1));
  apart = reduce_mean (net, apart, (gint64[]){ 0, 1, 2, 3 }, 4);
  if (y == NULL || apart == NULL)
    return NULL;
  weight = weigh (net, "variety", "weight", &GEN_SHAPE (1, y->shape.dims[1], 1, 1), 1, 1, 1);
  return gen_binary (
      graph, "Add", y, gen_binary (graph, "Mul", apart, weight, net->error), net->error);
}

static GenTensor *
judge (Net *net, GenTensor *x, double dropout)
{
  gint64 channels;
  GenTensor *y;

  if (x == NULL)
    return NULL;
  channels = x->shape.dims[1];
  y = convolution (net, "last.convolution", x, channels, 3, GAIN);
  y = bend (net, tell_variety (net, x, y));
  y = gen_unary (net->layers.graph, "Flatten", y, net->error);
  y = gen_layers_dropout (&net->layers, y, dropout, net->error);
  y = bend (net, dense (net, "last.dense", y, channels, GAIN, 1));
  y = dense (net, "last", y, 1, 1, 1);
  return gen_unary (net->layers.graph, "Sigmoid", y, net->error);
}

static GenGraph *
discriminator (const GenPresetOptions *options, GError **error)
{
  Net net = { .width = width_of (options), .error = error };
  gint64 smallest;
  int halvings;
  GenTensor *y;

  if (!measure (options, &smallest, &halvings, error))
    return NULL;
  net.layers = gen_layers_begin ("stylegan-lite discriminator", options->seed, 1);
  y = gen_graph_add_input (net.layers.graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));
  y = bend (&net, convolution (&net, "colours", y, net.width, 1, 1));
  for (int i = 1; i <= halvings; i++)
    y = halve (&net, i, y, channels_at (&net, i), options->dropout);
  y = judge (&net, y, options->dropout);
  return gen_layers_end (&net.layers, y, "generative.input-range");
}

static const GenPresetSetting settings[] = {
  { "loss", "non-saturating" },
  { "r1", "0.05" },
  { "learning-rate", "0.002" },
  { "beta1", "0" },
  { "beta2", "0.99" },
  { "ema", "0.998" },
  { "batch-size", "16" },
  { NULL },
};

const GenPreset gen_preset_stylegan_lite = {
  .name = "stylegan-lite",
  .description = "Modulated convolutions and a residual discriminator, for 28x28, 32x32, 64x64, "
                 "128x128 and 256x256 pixels, grey or colour",
  .recipe = &gen_recipe_adversarial,
  .medium = &gen_medium_picture,
  .extents = extents,
  .nets = { generator, discriminator },
  .reads = (const char *const[]){ "latent-size", "dropout", NULL },
  .settings = settings,
  .width = WIDTH,
};
