/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The trunk, and a dense layer that makes a score for each class of its features. */
#include "trunk.h"

#include <generative/trainer.h>

static gboolean
check_classes (const GenPresetOptions *options, GError **error)
{
  if (options->classes >= 2)
    return TRUE;
  if (options->classes == 0)
    g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "classes: the data does not say how many there are, as datasetsrc does of a folder with a "
        "sub-folder for each, or with rows-per-label of a sheet; classes=10 would say it");
  else
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "classes: a classifier tells two or more apart, and there is %d", options->classes);
  return FALSE;
}

static GenGraph *
classifier (const GenPresetOptions *options, GError **error)
{
  GenLayers layers;
  GenTrunk trunk;
  GenTensor *y;

  if (!gen_trunk_measure (&trunk, "classifier", options, error) || !check_classes (options, error))
    return NULL;
  layers = gen_layers_begin ("classifier", options->seed, 0);
  layers.gain = (float)G_SQRT2;
  y = gen_trunk_append (&trunk, &layers, options, error);
  y = gen_layers_dropout (&layers, y, options->dropout, error);
  layers.gain = 1;
  y = gen_layers_dense (&layers, "head", y, options->classes, TRUE, error);
  if (y != NULL)
    y = gen_graph_op (layers.graph, "Softmax", &y, 1, 1, error, "axis", GEN_INT, 1, NULL);
  return gen_layers_end (&layers, y, "generative.input-range");
}

static const int extents[] = { 28, 32, 64, 0 };

const GenPreset gen_preset_classifier = {
  .name = "classifier",
  .description =
      "A convolutional net for 28x28, 32x32 and 64x64 pixels, grey or colour, that gives "
      "a probability for each class",
  .recipe = &gen_recipe_classifier,
  .medium = &gen_medium_picture,
  .extents = extents,
  .nets = { classifier },
};
