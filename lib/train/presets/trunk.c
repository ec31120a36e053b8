/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trunk.h"

#include <generative/trainer.h>

#define WIDTH 32
/* Layers of 3x3 at the smallest extent, each added to what it reads: by these a place sees nearly
 * all of a picture of 28x28. */
#define BLOCKS 2

gint64
gen_trunk_channels (const GenPresetOptions *options, int halvings)
{
  return (gint64)(options->width > 0 ? options->width : WIDTH) << (halvings - 1);
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
  return TRUE;
}

static GenTensor *
activate (GenLayers *layers, const char *name, GenTensor *x, GError **error)
{
  return gen_unary (layers->graph, "Relu", gen_layers_normalize (layers, name, x, error), error);
}

GenTensor *
gen_trunk_append (
    const GenTrunk *trunk, GenLayers *layers, const GenPresetOptions *options, GError **error)
{
  GenTensor *y = gen_graph_add_input (layers->graph, "picture", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, options->format.channels, options->format.height, options->format.width));

  for (int i = 1; i <= trunk->halvings; i++) {
    g_autofree char *down = g_strdup_printf ("trunk.down%d", i);
    g_autofree char *normalize = g_strdup_printf ("trunk.down%d.normalize", i);

    y = gen_layers_down (layers, down, y, gen_trunk_channels (options, i), error);
    y = activate (layers, normalize, y, error);
  }
  for (int i = 1; i <= BLOCKS; i++) {
    g_autofree char *block = g_strdup_printf ("trunk.block%d", i);
    g_autofree char *normalize = g_strdup_printf ("trunk.block%d.normalize", i);
    GenTensor *x = y;

    y = gen_layers_convolution (layers, block, y, trunk->channels, 3, error);
    y = activate (layers, normalize, y, error);
    y = gen_binary (layers->graph, "Add", x, y, error);
  }
  return y;
}
