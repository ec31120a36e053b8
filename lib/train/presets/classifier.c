/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trunk, and a dense layer that makes a score for each class of its features. */
#include "head.h"
#include "trunk.h"

#include <generative/trainer.h>

static GenGraph *
classifier (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenTrunk trunk;
  GenTensor *y;

  if (!gen_trunk_measure (&trunk, "classifier", options, error) || !gen_head_check (options, error))
    return NULL;
  layers = gen_layers_begin ("classifier", options->seed, 0);
  layers.gain = (float)G_SQRT2;
  y = gen_trunk_append (&trunk, &layers, options, error);
  y = gen_head_append (&layers, options, y, error);
  return gen_layers_end (&layers, y, "generative.input-range");
}

static const int extents[] = { 28, 32, 64, 0 };

static const GenPresetSetting settings[] = {
  { "learning-rate", "0.001" },
  { "beta1", "0.9" },
  { "batch-size", "64" },
  { NULL },
};

const GenPreset gen_preset_classifier = {
  .name = "classifier",
  .description =
      "A convolutional net for 28x28, 32x32 and 64x64 pixels, grey or colour, that gives "
      "a probability for each class",
  .recipe = &gen_recipe_classifier,
  .medium = &gen_medium_picture,
  .extents = extents,
  .nets = { classifier },
  .reads = (const char *const[]){ "dropout", "classes", NULL },
  .settings = settings,
  .width = GEN_TRUNK_WIDTH,
};
