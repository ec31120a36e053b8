/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture of twice the width and height: convolutions in a row at the small extents, whose last
 * channels are spread over the large picture (Shi et al., "Real-time single image and video
 * super-resolution using an efficient sub-pixel convolutional neural network", 2016), make what the
 * picture as linear interpolation enlarges it lacks. */
#include "layers.h"

#include <generative/trainer.h>

#define FACTOR 2
#define WIDTH 32
#define LAYERS 6
/* What is added is small at first, so that training begins with the interpolation. */
#define GAIN_OF_LAST 0.1f

static GenTensor *
enlarge (GenGraph *graph, GenTensor *x, GError **error)
{
  static const float scales[] = { 1, 1, FACTOR, FACTOR };
  GenTensor *constant = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new_static (scales, sizeof scales));

  return gen_graph_op (graph, "Resize", (GenTensor *[]){ x, NULL, constant }, 3, 1, error, "mode",
      GEN_STRING, "linear", NULL);
}

/* Inference would write it out for these extents, and they are to be free. */
static GenTensor *
spread (GenGraph *graph, GenTensor *x, gint64 channels, GError **error)
{
  GenTensor *y;
  GenNode *node;

  if (x == NULL)
    return NULL;
  y = gen_graph_add_value (graph, NULL);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (1, channels, x->shape.dims[2] * FACTOR, x->shape.dims[3] * FACTOR);
  node = gen_graph_add_node (graph, NULL, NULL, "DepthToSpace", GEN_OPSET, &x, 1, &y, 1, error);
  if (node == NULL)
    return NULL;
  gen_node_set_int (node, "blocksize", FACTOR);
  return y;
}

static GenGraph *
restorer (const GenPresetOptions *options, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : WIDTH;
  const gint64 channels = options->format.channels;
  GenLayers layers = gen_layers_begin ("super-resolver", options->seed, 0);
  GenTensor *x = gen_graph_add_input (
      layers.graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, 8, 8));
  GenTensor *y = x;

  layers.gain = G_SQRT2;
  for (int i = 0; i < LAYERS; i++) {
    g_autofree char *name = g_strdup_printf ("convolution%d", i);

    y = gen_layers_convolution (&layers, name, y, width, 3, error);
    y = gen_layers_leaky_relu (&layers, y, error);
  }
  layers.gain = GAIN_OF_LAST;
  y = gen_layers_convolution (&layers, "last", y, channels * FACTOR * FACTOR, 3, error);
  y = spread (layers.graph, y, channels, error);
  y = gen_binary (layers.graph, "Add", y, enlarge (layers.graph, x, error), error);
  g_hash_table_insert (
      layers.graph->metadata, g_strdup ("generative.degradation"), g_strdup ("downscale"));
  return gen_layers_end_of_any_size (&layers, y);
}

static const GenPresetSetting settings[] = {
  { "reconstruction", "l1" },
  { "learning-rate", "0.001" },
  { "ema", "0.99" },
  { "batch-size", "8" },
  { NULL },
};

const GenPreset gen_preset_super_resolver = {
  .name = "super-resolver",
  .description = "Convolutions that make pictures of twice the width and height, of any size",
  .recipe = &gen_recipe_restoration,
  .medium = &gen_medium_picture,
  .nets = { restorer },
  .settings = settings,
  .width = WIDTH,
};
