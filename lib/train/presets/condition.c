/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "condition.h"

#include <math.h>

#include <generative/trainer.h>

gboolean
gen_condition_check (const GenPresetOptions *options, GError **error)
{
  if (options->classes >= 2)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      options->classes == 0 ? "conditional: the data does not say how many classes there are, as "
                              "datasetsrc does of a "
                              "folder with a sub-folder for each, or with rows-per-label of a "
                              "sheet; classes=10 would "
                              "say it"
                            : "conditional: two classes or more are wanted, and there is %d",
      options->classes);
  return FALSE;
}

gboolean
gen_condition_begin (
    GenCondition *condition, GenLayers *layers, const GenPresetOptions *options, GError **error)
{
  static const float values[] = { 0, 1 };
  GenGraph *graph = layers->graph;
  GenTensor *inputs[3];

  *condition = (GenCondition){ .layers = layers };
  if (!options->conditional)
    return TRUE;
  if (!gen_condition_check (options, error))
    return FALSE;
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.classes"), g_strdup_printf ("%d", options->classes));
  inputs[0] = gen_graph_add_input (graph, "class", GEN_TYPE_INT64, &GEN_SHAPE (1));
  inputs[1] = gen_graph_ints (graph, (gint64[]){ options->classes }, 1);
  inputs[2] = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (2), g_bytes_new (values, sizeof values));
  condition->class = gen_graph_op (graph, "OneHot", inputs, 3, 1, error, NULL);
  return condition->class != NULL;
}

/* `n` numbers of each class, [batch, n], of a variance of `variance` at first. */
static GenTensor *
embed (const GenCondition *condition, gint64 n, double variance, GError **error)
{
  GenLayers *layers = condition->layers;
  const GenLayers before = *layers;
  GenTensor *embedded;

  layers->spread = 0;
  layers->gain = (float)sqrt (variance * (double)condition->class->shape.dims[1]);
  embedded = gen_layers_dense (layers, "class", condition->class, n, FALSE, error);
  layers->spread = before.spread;
  layers->gain = before.gain;
  return embedded;
}

GenTensor *
gen_condition_join (const GenCondition *condition, GenTensor *x, GError **error)
{
  GenTensor *embedded;

  if (condition->class == NULL || x == NULL)
    return x;
  embedded = embed (condition, x->shape.dims[1], 1, error);
  return embedded == NULL
             ? NULL
             : gen_graph_op (condition->layers->graph, "Concat", (GenTensor *[]){ x, embedded }, 2,
                   1, error, "axis", GEN_INT, 1, NULL);
}

GenTensor *
gen_condition_add (const GenCondition *condition, GenTensor *x, GError **error)
{
  if (condition->class == NULL || x == NULL)
    return x;
  return gen_binary (
      condition->layers->graph, "Add", x, embed (condition, x->shape.dims[1], 1, error), error);
}

GenTensor *
gen_condition_put (const GenCondition *condition, GenTensor *x, GError **error)
{
  GenTensor *plane;
  gint64 height, width;

  if (condition->class == NULL || x == NULL)
    return x;
  height = x->shape.dims[2];
  width = x->shape.dims[3];
  plane = embed (condition, height * width, 1, error);
  plane = gen_layers_reshape (condition->layers, plane, (gint64[]){ 1, height, width }, 3, error);
  return plane == NULL ? NULL
                       : gen_graph_op (condition->layers->graph, "Concat",
                             (GenTensor *[]){ x, plane }, 2, 1, error, "axis", GEN_INT, 1, NULL);
}

GenTensor *
gen_condition_project (
    const GenCondition *condition, GenTensor *score, GenTensor *features, GError **error)
{
  GenGraph *graph = condition->layers->graph;
  GenTensor *product;
  gint64 n;

  if (condition->class == NULL || score == NULL)
    return score;
  n = features->shape.dims[1];
  product = gen_binary (graph, "Mul", features, embed (condition, n, 1 / (double)n, error), error);
  if (product == NULL)
    return NULL;
  product = gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ product, gen_graph_ints (graph, (gint64[]){ 1 }, 1) }, 2, 1, error,
      "keepdims", GEN_INT, 1, NULL);
  return gen_binary (graph, "Add", score, product, error);
}
