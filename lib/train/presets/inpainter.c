/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is missing of a picture. Its last channel is alpha: white where it is as it was, black where
 * something is missing; whatever else stands there, the net does not see. Only what is missing is
 * made. Pictures that are grey or have alpha themselves have no such channel: what is missing there
 * is what lies between black and white, and the net finds out. */
#include "u-net.h"

#include <generative/trainer.h>

#define WIDTH 24

/* A picture and, from 0 to 1, how much of it is there. */
static gboolean
divide (GenGraph *graph, GenTensor *x, gint64 channels, GenTensor **picture, GenTensor **seen,
    GError **error)
{
  GenTensor *half = gen_graph_float (graph, 0.5f);

  *picture = gen_graph_op (graph, "Split",
      (GenTensor *[]){ x, gen_graph_ints (graph, (gint64[]){ channels, 1 }, 2) }, 2, 2, error,
      "axis", GEN_INT, 1, NULL);
  if (*picture == NULL)
    return FALSE;
  *seen = gen_binary (graph, "Mul", gen_node_output ((*picture)->producer, 1), half, error);
  *seen = gen_binary (graph, "Add", *seen, half, error);
  *picture = gen_binary (graph, "Mul", *picture, *seen, error);
  return *picture != NULL;
}

/* picture + (1 - seen) made */
static GenTensor *
fill (GenGraph *graph, GenTensor *picture, GenTensor *seen, GenTensor *made, GError **error)
{
  GenTensor *missing = gen_binary (graph, "Sub", gen_graph_float (graph, 1), seen, error);

  return gen_binary (graph, "Add", picture, gen_binary (graph, "Mul", missing, made, error), error);
}

static GenTensor *
layers_of (GenLayers *layers, const GenPresetOptions *options, gint64 channels, GError **error)
{
  const gint64 width = options->width > 0 ? options->width : WIDTH;
  const gboolean has_alpha = channels == 3;
  GenTensor *x = gen_graph_add_input (
      layers->graph, "picture", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels + has_alpha, 8, 8));
  GenTensor *picture, *seen;

  if (!has_alpha)
    return gen_binary (
        layers->graph, "Add", x, gen_u_net (layers, options, x, width, error), error);
  if (!divide (layers->graph, x, channels, &picture, &seen, error))
    return NULL;
  x = gen_graph_op (layers->graph, "Concat", (GenTensor *[]){ picture, seen }, 2, 1, error, "axis",
      GEN_INT, 1, NULL);
  return fill (layers->graph, picture, seen, gen_u_net (layers, options, x, width, error), error);
}

static GenGraph *
restorer (const GenPresetOptions *options, GError **error)
{
  GenLayers layers = gen_layers_begin ("inpainter", options->seed, 0);
  GenTensor *y = layers_of (&layers, options, options->format.channels, error);

  g_hash_table_insert (
      layers.graph->metadata, g_strdup ("generative.degradation"), g_strdup ("box"));
  return gen_layers_end_of_any_size (&layers, y);
}

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.001" },
  { "ema", "0.99" },
  { "batch-size", "16" },
  { NULL },
};

const GenPreset gen_preset_inpainter = {
  .name = "inpainter",
  .description = "A U-Net that fills what is cut out of pictures, of any extents that 8 (or, as "
                 "the data, 4 or 2) divides",
  .recipe = &gen_recipe_restoration,
  .medium = &gen_medium_picture,
  .nets = { restorer },
  .settings = settings,
  .width = WIDTH,
};
