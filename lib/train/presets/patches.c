/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patches.h"

#include <generative/trainer.h>

/* From so many pixels on parts are larger. */
#define LARGE 128

static GenTensor *
activate (GenLayers *layers, const GenPresetOptions *options, GenTensor *x, GError **error)
{
  return gen_layers_dropout (
      layers, gen_layers_leaky_relu (layers, x, error), options->dropout, error);
}

/* Down by half, with twice the channels of the one before. */
static GenTensor *
halve (GenLayers *layers, const GenPresetOptions *options, int i, GenTensor *x, gint64 width,
    GError **error)
{
  g_autofree char *down = g_strdup_printf ("down%d", i);
  g_autofree char *normalize = g_strdup_printf ("normalize%d", i);

  x = gen_layers_down (layers, down, x, width << i, error);
  if (i > 0)
    x = gen_layers_instance_normalize (layers, normalize, x, error);
  return activate (layers, options, x, error);
}

GenGraph *
gen_patches (const char *name, const GenPresetOptions *options, gint64 channels, GError **error)
{
  const int halvings = MIN (options->format.width, options->format.height) < LARGE ? 2 : 3;
  const gint64 width = options->width > 0 ? options->width : GEN_TRANSLATION_WIDTH;
  GenLayers layers = gen_layers_begin (name, options->seed, GEN_TRANSLATION_SPREAD);
  GenTensor *x = gen_graph_add_input (layers.graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, channels, options->format.height, options->format.width));

  for (int i = 0; i < halvings; i++)
    x = halve (&layers, options, i, x, width, error);
  x = gen_layers_convolution (&layers, "wide", x, width << halvings, 3, error);
  x = gen_layers_instance_normalize (&layers, "normalize", x, error);
  x = activate (&layers, options, x, error);
  x = gen_layers_convolution (&layers, "last", x, 1, 3, error);
  x = gen_unary (layers.graph, "Sigmoid", x, error);
  return gen_layers_end_of_scores (&layers, x);
}
