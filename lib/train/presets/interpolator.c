/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame between two: a U-Net says how much each pixel is of the one and of the other, and what
 * is to be added to that. */
#include "u-net.h"

#include <generative/trainer.h>

#define WIDTH 16

/* first + share (second - first) + added */
static GenTensor *
blend (GenGraph *graph, GenTensor *frames, GenTensor *share, GenTensor *added, gint64 channels,
    GError **error)
{
  GenTensor *first = gen_graph_op (graph, "Split",
      (GenTensor *[]){ frames, gen_graph_ints (graph, (gint64[]){ channels, channels }, 2) }, 2, 2,
      error, "axis", GEN_INT, 1, NULL);
  GenTensor *change;

  if (first == NULL)
    return NULL;
  change = gen_binary (graph, "Sub", gen_node_output (first->producer, 1), first, error);
  share = gen_unary (graph, "Sigmoid", share, error);
  change = gen_binary (graph, "Mul", share, change, error);
  return gen_binary (graph, "Add", gen_binary (graph, "Add", first, change, error), added, error);
}

static GenGraph *
interpolator (const GenPresetOptions *options, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : WIDTH;
  const gint64 channels = options->format.channels;
  GenLayers layers = gen_layers_begin ("interpolator", options->seed, 0);
  GenPresetOptions made = *options;
  GenTensor *x, *y;

  made.format.channels = (int)channels + 1;
  x = gen_graph_add_input (
      layers.graph, "frames", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2 * channels, 8, 8));
  y = gen_u_net (&layers, &made, x, width, error);
  if (y != NULL)
    y = gen_graph_op (layers.graph, "Split",
        (GenTensor *[]){ y, gen_graph_ints (layers.graph, (gint64[]){ 1, channels }, 2) }, 2, 2,
        error, "axis", GEN_INT, 1, NULL);
  if (y != NULL)
    y = blend (layers.graph, x, y, gen_node_output (y->producer, 1), channels, error);
  return gen_layers_end_of_any_size (&layers, y);
}

static const GenPresetSetting settings[] = {
  { "reconstruction", "l1" },
  { "learning-rate", "0.001" },
  { "ema", "0.98" },
  { "batch-size", "8" },
  { NULL },
};

const GenPreset gen_preset_interpolator = {
  .name = "interpolator",
  .description = "A U-Net that makes the frame between two, of any extents that 8 (or, as the "
                 "data, 4 or 2) divides",
  .recipe = &gen_recipe_interpolation,
  .medium = &gen_medium_picture,
  .nets = { interpolator },
  .settings = settings,
  .width = WIDTH,
};
