/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "head.h"

#include <generative/trainer.h>

gboolean
gen_head_check (const GenPresetOptions *options, GError **error)
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

GenTensor *
gen_head_append (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *features, GError **error)
{
  GenTensor *y = gen_layers_dropout (layers, features, options->dropout, error);

  layers->gain = 1;
  y = gen_layers_dense (layers, "head", y, options->classes, TRUE, error);
  return y == NULL
             ? NULL
             : gen_graph_op (layers->graph, "Softmax", &y, 1, 1, error, "axis", GEN_INT, 1, NULL);
}
