/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As dcgan's nets: strided convolutions down to a small picture of many channels, and transposed
 * ones back, each halving or doubling the extents, with batch normalisation between them. Weights
 * start uniform, of variance 2 / inputs before ReLU and 1 / inputs in the last layer. */
#include "coder.h"

#include <generative/trainer.h>

/* Channels beside the picture; each halving of the extents doubles them. */

const int gen_coder_extents[] = { 28, 32, 64, 0 };

gboolean
gen_coder_check (const char *preset, const GenPresetOptions *options, GError **error)
{
  for (const int *extent = gen_coder_extents; *extent != 0; extent++)
    if (options->format.width == *extent && options->format.height == *extent)
      return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "preset %s takes pictures of 28x28, 32x32 or 64x64 pixels, not %dx%d", preset,
      options->format.width, options->format.height);
  return FALSE;
}

static gint64
width_of (const GenPresetOptions *options)
{
  return options->width > 0 ? options->width : GEN_CODER_WIDTH;
}

/* How often the extents are halved: to 7 or 4 pixels. */
static int
count_halvings (const GenPresetOptions *options)
{
  return options->format.width == 28 ? 2 : options->format.width == 32 ? 3 : 4;
}

GenTensor *
gen_coder_begin (GenLayers *layers, const GenPresetOptions *options)
{
  return gen_graph_add_input (layers->graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));
}

GenTensor *
gen_coder_encode (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *picture, GError **error)
{
  GenTensor *y = picture;

  layers->gain = (float)G_SQRT2;
  for (int i = 1; i <= count_halvings (options); i++) {
    g_autofree char *normalize = g_strdup_printf ("normalize%d", i);
    g_autofree char *down = g_strdup_printf ("down%d", i);

    y = gen_layers_down (layers, down, y, width_of (options) << (i - 1), error);
    y = gen_layers_normalize (layers, normalize, y, error);
    y = gen_unary (layers->graph, "Relu", y, error);
  }
  layers->gain = 1;
  return gen_unary (layers->graph, "Flatten", y, error);
}

GenTensor *
gen_coder_decode (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *code, GError **error)
{
  const int doublings = count_halvings (options);
  const gint64 extent = options->format.width >> doublings;
  gint64 channels = width_of (options) << (doublings - 1);
  GenTensor *y;

  layers->gain = (float)G_SQRT2;
  y = gen_layers_dense (layers, "up0", code, channels * extent * extent, FALSE, error);
  y = gen_layers_reshape (layers, y, (gint64[]){ channels, extent, extent }, 3, error);
  for (int i = 1; i <= doublings; i++) {
    g_autofree char *normalize = g_strdup_printf ("normalize%d", i - 1);
    g_autofree char *up = g_strdup_printf ("up%d", i);

    y = gen_layers_normalize (layers, normalize, y, error);
    y = gen_unary (layers->graph, "Relu", y, error);
    channels /= 2;
    layers->gain = i < doublings ? (float)G_SQRT2 : 1;
    y = gen_layers_up (layers, up, y, i < doublings ? channels : options->format.channels, error);
  }
  return y;
}
