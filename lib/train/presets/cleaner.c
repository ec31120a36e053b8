/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be added to a picture so that it is as it was: noise taken off, a blur sharpened. */
#include "u-net.h"

#include <generative/trainer.h>

#define WIDTH 24

static GenGraph *
restorer (const GenPresetOptions *options, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : WIDTH;
  const gint64 channels = options->format.channels;
  GenLayers layers = gen_layers_begin ("cleaner", options->seed, 0);
  GenTensor *x = gen_graph_add_input (
      layers.graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, 8, 8));
  GenTensor *y =
      gen_binary (layers.graph, "Add", x, gen_u_net (&layers, options, x, width, error), error);

  g_hash_table_insert (
      layers.graph->metadata, g_strdup ("generative.degradation"), g_strdup ("noise"));
  return gen_layers_end_of_any_size (&layers, y);
}

static const GenPresetSetting settings[] = {
  { "reconstruction", "l1" },
  { "learning-rate", "0.001" },
  { "ema", "0.99" },
  { "batch-size", "16" },
  { NULL },
};

const GenPreset gen_preset_cleaner = {
  .name = "cleaner",
  .description =
      "A U-Net that takes noise, a blur or blocks off pictures, of any extents that 8 (or, as "
      "the data, 4 or 2) divides",
  .recipe = &gen_recipe_restoration,
  .medium = &gen_medium_picture,
  .nets = { restorer },
  .settings = settings,
  .width = WIDTH,
};
