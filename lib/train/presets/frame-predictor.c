/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame behind two: the second of them, and what a U-Net adds to it. At first it adds little,
 * so that training begins where repeating a frame ends. */
#include "u-net.h"

#include <generative/trainer.h>

#define WIDTH 16

static GenGraph *
frame_predictor (const GenPresetOptions *options, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : WIDTH;
  const gint64 channels = options->format.channels;
  GenLayers layers = gen_layers_begin ("frame-predictor", options->seed, 0);
  GenTensor *x = gen_graph_add_input (
      layers.graph, "frames", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2 * channels, 8, 8));
  GenTensor *y = gen_u_net (&layers, options, x, width, error);
  GenTensor *frames = gen_graph_op (layers.graph, "Split",
      (GenTensor *[]){ x, gen_graph_ints (layers.graph, (gint64[]){ channels, channels }, 2) }, 2,
      2, error, "axis", GEN_INT, 1, NULL);

  if (frames == NULL)
    y = NULL;
  else
    y = gen_binary (layers.graph, "Add", gen_node_output (frames->producer, 1), y, error);
  return gen_layers_end_of_any_size (&layers, y);
}

static const GenPresetSetting settings[] = {
  { "next-frame", "true" },
  { "reconstruction", "l1" },
  { "learning-rate", "0.001" },
  { "ema", "0.98" },
  { "batch-size", "8" },
  { NULL },
};

const GenPreset gen_preset_frame_predictor = {
  .name = "frame-predictor",
  .description = "A U-Net that makes the frame behind two, of any extents that 8 (or, as the data, "
                 "4 or 2) divides",
  .recipe = &gen_recipe_interpolation,
  .medium = &gen_medium_picture,
  .settings = settings,
  .nets = { frame_predictor },
  .width = WIDTH,
};
