/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trunk.h"

#include <generative/trainer.h>

/* Features, as multiples of the channels beside the picture. */
#define FEATURES 4

gint64
gen_trunk_channels (const GenPresetOptions *options, int halvings)
{
  return (gint64)(options->width > 0 ? options->width : GEN_TRUNK_WIDTH) << (halvings - 1);
}

gboolean
gen_trunk_measure (
    GenTrunk *trunk, const char *preset, const GenPresetOptions *options, GError **error)
{
  const int extent = options->format.width;

  if (options->format.height != extent || (extent != 28 && extent != 32 && extent != 64)) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "preset %s takes pictures of 28x28, 32x32 or 64x64 pixels, not %dx%d", preset, extent,
        options->format.height);
    return FALSE;
  }
  trunk->halvings = extent == 64 ? 3 : 2;
  trunk->extent = extent >> trunk->halvings;
  trunk->channels = gen_trunk_channels (options, trunk->halvings);
  trunk->features = FEATURES * gen_trunk_channels (options, 1);
  return TRUE;
}

GenTensor *
gen_trunk_activate (GenLayers *layers, const char *name, GenTensor *x, GError **error)
{
  return gen_unary (layers->graph, "Relu", gen_layers_normalize (layers, name, x, error), error);
}

GenTensor *
gen_trunk_append (
    const GenTrunk *trunk, GenLayers *layers, const GenPresetOptions *options, GError **error)
{
  GenTensor *x;
  GenTensor *y = gen_graph_add_input (layers->graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));

  for (int i = 1; i <= trunk->halvings; i++) {
    g_autofree char *down = g_strdup_printf ("trunk.down%d", i);
    g_autofree char *normalize = g_strdup_printf ("trunk.down%d.normalize", i);

    y = gen_layers_down (layers, down, y, gen_trunk_channels (options, i), error);
    y = gen_trunk_activate (layers, normalize, y, error);
  }
  x = y;
  y = gen_layers_convolution (layers, "trunk.block", y, trunk->channels, 3, error);
  y = gen_binary (layers->graph, "Add", x,
      gen_trunk_activate (layers, "trunk.block.normalize", y, error), error);
  y = gen_unary (layers->graph, "Flatten", y, error);
  y = gen_layers_dense (layers, "trunk.features", y, trunk->features, FALSE, error);
  return gen_trunk_activate (layers, "trunk.features.normalize", y, error);
}
