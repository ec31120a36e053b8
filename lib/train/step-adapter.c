/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "step-adapter.h"

#include <math.h>
#include <string.h>

#include <generative/parameters.h>
#include <generative/random.h>

#include "../graph/graph-private.h"
#include "../model/layer-units.h"
#include "loss-scaling.h"
#include "step-private.h"

/* --- which layers --- */

gint64
gen_step_adapter_rank (const GenAdaptedLayer *layer, const GenTrainerSettings *settings)
{
  return MIN (settings->adapter_settings.rank, MIN (layer->rows, layer->columns));
}

double
gen_step_adapter_scaling (const GenTrainerSettings *settings)
{
  const GenAdapterSettings *adapter = &settings->adapter_settings;

  return adapter->alpha > 0 ? adapter->alpha / adapter->rank : 1;
}

/* Whether `weight` is meant by the parameters `list`. */
static gboolean
is_meant (const GArray *list, const GenTensor *weight)
{
  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);

    if (parameter->tensor == weight)
      return parameter->trainable;
  }
  return FALSE;
}

static gboolean
is_smaller (const GenAdaptedLayer *layer, const GenTrainerSettings *settings)
{
  return gen_adapted_layer_count (layer, gen_step_adapter_rank (layer, settings)) <
         gen_shape_elements (&layer->weight->shape);
}

GArray *
gen_step_adapter_layers (
    const GenGraph *graph, const GenRecipeNet *net, const GenTrainerSettings *settings)
{
  const char *target = settings->adapter_settings.target;
  g_autoptr (GArray) all = NULL, list = NULL;
  GArray *chosen = g_array_new (FALSE, FALSE, sizeof (GenAdaptedLayer));

  if (!settings->adapter->adapts ||
      (target == NULL && gen_step_net_only_scores (net, settings->recipe)))
    return chosen;
  all = gen_adapted_layers_list (graph);
  list = gen_parameters_list (graph, net->role->name, target);
  for (guint i = 0; i < all->len; i++) {
    const GenAdaptedLayer *layer = &g_array_index (all, GenAdaptedLayer, i);

    if (is_meant (list, layer->weight) && is_smaller (layer, settings))
      g_array_append_val (chosen, *layer);
  }
  return chosen;
}

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* What is divided by its norm, or changed several times in a step, has no adapter that could be
 * told apart from it. */
static gboolean
check_scoring (const GenTrainerSettings *settings, const GenRecipeNet *net, GError **error)
{
  if (net->scores && settings->spectral_norm)
    return fail (error,
        "spectral-norm: the %s has adapters, whose weights it would divide, and not those that "
        "stay; adapter-target=!%s.* leaves it without",
        net->role->name, net->role->name);
  if (net->scores && settings->discriminator_steps > 1 && settings->adapter->choose != NULL)
    return fail (error,
        "discriminator-steps: adapter %s chooses ranks once in a step; adapter-target=!%s.* leaves "
        "the %s without",
        settings->adapter->name, net->role->name, net->role->name);
  return TRUE;
}

gboolean
gen_step_adapter_check (GenGraph *const *nets, const GenTrainerSettings *settings, GError **error)
{
  const GenRecipeNet *of = settings->recipe->nets;
  const char *names[GEN_RECIPE_MAX_NETS] = { NULL };
  g_autofree char *idle = NULL;
  guint n = 0, n_layers = 0;

  if (!settings->adapter->adapts)
    return TRUE;
  for (; of[n].role != NULL; n++) {
    g_autoptr (GArray) layers = gen_step_adapter_layers (nets[n], &of[n], settings);

    names[n] = of[n].role->name;
    n_layers += layers->len;
    if (layers->len > 0 && !check_scoring (settings, &of[n], error))
      return FALSE;
  }
  idle = gen_parameters_find_idle (nets, names, n, settings->adapter_settings.target);
  if (idle != NULL)
    return fail (error,
        "adapter-target: no weight is called '%s'; 'all', 'head' or names are wanted, as "
        "`generative-model inspect --weights` lists them, with * for any letters",
        idle);
  return n_layers > 0 ||
         fail (error,
             "adapter: no layer can have one of rank %d, which has fewer numbers than its weights; "
             "a smaller adapter-rank, or another adapter-target, may help",
             settings->adapter_settings.rank);
}

/* --- in a net --- */

static GBytes *
draw (const GenRandom *random, guint64 part, const GenShape *shape, double uniform, double normal)
{
  const gsize n = (gsize)gen_shape_elements (shape);
  float *numbers = g_new0 (float, n);

  if (uniform > 0) {
    gen_random_uniform (random, part, 0, numbers, n);
    for (gsize i = 0; i < n; i++)
      numbers[i] = (float)(uniform * (2 * (double)numbers[i] - 1));
  } else if (normal > 0) {
    gen_random_normal (random, part, 0, numbers, n);
    for (gsize i = 0; i < n; i++)
      numbers[i] *= (float)normal;
  }
  return g_bytes_new_take (numbers, n * sizeof *numbers);
}

static GenTensor *
add (GenStepNet *net, const GenAdaptedLayer *layer, const char *ending, const GenShape *shape,
    GBytes *numbers)
{
  g_autofree char *name = g_strconcat (layer->weight->name, ending, NULL);
  GenTensor *tensor = gen_graph_add_constant (net->graph, name, GEN_TYPE_FLOAT32, shape, numbers);

  tensor->role = GEN_ROLE_STATE;
  g_ptr_array_add (net->weights, tensor);
  return tensor;
}

/* Numbers of a rank in `down`. */
static double
count_down (const GenAdaptedLayer *layer)
{
  return (double)(layer->factors == GEN_FACTORS_OUT_IN ? layer->columns : layer->rows);
}

/* The same of `up`. */
static double
count_up (const GenAdaptedLayer *layer)
{
  return (double)(layer->factors == GEN_FACTORS_OUT_IN ? layer->rows : layer->columns);
}

double
gen_step_adapter_rank_factor (const GenAdaptedLayer *layer)
{
  return sqrt (count_up (layer));
}

/* What the weights of each unit are as long as. */
static GBytes *
measure (const GenAdaptedLayer *layer, gint64 n)
{
  g_autofree double *lengths = g_new (double, n);
  float *numbers = g_new (float, n);

  gen_layer_units_lengths (layer, gen_tensor_constant (layer->weight), lengths);
  for (gint64 i = 0; i < n; i++)
    numbers[i] = (float)lengths[i];
  return g_bytes_new_take (numbers, (gsize)n * sizeof *numbers);
}

static gboolean
attach (GenStepNet *net, const GenAdaptedLayer *layer, const GenTrainerSettings *settings,
    GenTensor *scaling, GError **error)
{
  const GenAdapter *adapter = settings->adapter;
  g_autofree char *name = g_strconcat (net->net->role->name, ".", layer->weight->name, NULL);
  const GenRandom random = gen_random_new (settings->seed, GEN_STREAM_ADAPTER, g_str_hash (name));
  GenNetPart part = {
    .layer = *layer, .first = net->weights->len, .rank = gen_step_adapter_rank (layer, settings)
  };
  const double down_unit = 1 / sqrt (count_down (layer)), up_unit = 1 / sqrt (count_up (layer));
  GenTensor *tensors[GEN_PART_TENSORS] = { NULL }, *factors[2] = { scaling };
  const GenShape ranks = gen_adapted_layer_ranks (layer, part.rank);
  GenShape down, up;

  gen_adapted_layer_shapes (layer, part.rank, &down, &up);
  tensors[GEN_PART_DOWN] = add (net, layer, ".lora_A", &down,
      draw (
          &random, 0, &down, adapter->uniform_down * down_unit, adapter->normal_down * down_unit));
  tensors[GEN_PART_UP] =
      add (net, layer, ".lora_B", &up, draw (&random, 1, &up, 0, adapter->normal_up * up_unit));
  if (adapter->has_ranks) {
    tensors[GEN_PART_RANKS] = factors[1] =
        add (net, layer, ".lora_E", &ranks, draw (&random, 2, &ranks, 0, 0));
    factors[0] = gen_graph_float (net->graph,
        (float)(gen_step_adapter_scaling (settings) * gen_step_adapter_rank_factor (layer)));
  }
  g_array_append_val (net->parts, part);
  if (adapter->has_magnitudes) {
    const gint64 units = gen_layer_units_count (layer);

    return gen_layer_units_insert (net->graph, layer, tensors[GEN_PART_DOWN], tensors[GEN_PART_UP],
        scaling,
        add (net, layer, ".lora_magnitude_vector", &GEN_SHAPE (units), measure (layer, units)),
        error);
  }
  return gen_adapted_layer_insert (net->graph, layer, tensors[GEN_PART_DOWN], tensors[GEN_PART_UP],
      factors, adapter->has_ranks ? 2 : 1, error);
}

gboolean
gen_step_adapter_attach (
    GenStepNet *net, GArray *layers, const GenTrainerSettings *settings, GError **error)
{
  GenTensor *scaling = gen_graph_float (net->graph, (float)gen_step_adapter_scaling (settings));

  for (guint i = 0; i < layers->len; i++)
    if (!attach (net, &g_array_index (layers, GenAdaptedLayer, i), settings, scaling, error))
      return FALSE;
  gen_graph_sort (net->graph);
  return TRUE;
}

/* --- in a step --- */

/* The parts of a net as they are by now. */
static GenAdapterPart *
read_parts (const GenStepNet *net, const GenAdapter *adapter, const GPtrArray *weights)
{
  GenAdapterPart *parts = g_new0 (GenAdapterPart, net->parts->len);

  for (guint i = 0; i < net->parts->len; i++) {
    const GenNetPart *part = &g_array_index (net->parts, GenNetPart, i);

    parts[i].name = ((const GenTensor *)net->states->pdata[part->first])->name;
    parts[i].layer = part->layer;
    parts[i].rank = part->rank;
    for (guint k = 0; k < (adapter->has_ranks ? GEN_PART_TENSORS : GEN_PART_RANKS); k++)
      parts[i].now[k] = weights->pdata[part->first + k];
  }
  return parts;
}

static GenTensor *
penalise (GenStep *step, const GenStepNet *net, GenTensor *loss, GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  g_autoptr (GPtrArray) weights = gen_step_net_weights (net);
  g_autofree GenAdapterPart *parts = read_parts (net, settings->adapter, weights);
  GenTensor *penalty = settings->adapter->penalty (
      step->graph, parts, net->parts->len, &settings->adapter_settings, error);

  return gen_binary (step->graph, "Add", loss, penalty, error);
}

GenTensor *
gen_step_adapter_penalise (
    GenStep *step, const guint *nets, guint n, GenTensor *loss, GError **error)
{
  for (guint i = 0; i < n && loss != NULL; i++)
    if (step->settings->adapter->penalty != NULL && step->nets[nets[i]].parts->len > 0)
      loss = penalise (step, &step->nets[nets[i]], loss, error);
  return loss;
}

/* Whether a loss reaches all of a part, whose weights begin with the net's number `first`. */
static gboolean
has_gradients (GenTensor *const *gradients, guint first)
{
  for (guint k = 0; k < GEN_PART_TENSORS; k++)
    if (gradients[first + k] == NULL)
      return FALSE;
  return TRUE;
}

/* What `choose` has made of part `part`, whose weights begin with the net's number `first`. */
static void
take_chosen (
    GenStep *step, GenStepNet *net, const GenAdapterPart *part, guint first, const GPtrArray *after)
{
  for (guint k = 0; k < GEN_PART_TENSORS; k++) {
    if (part->next[k] == after->pdata[first + k])
      continue;
    gen_graph_assign (step->graph, net->states->pdata[first + k], part->next[k]);
    gen_step_net_change (net, first + k, part->next[k]);
  }
}

gboolean
gen_step_adapter_choose (GenStep *step, GenStepNet *net, GPtrArray *before,
    GenTensor *const *gradients, GenTensor *count, GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  g_autofree GenAdapterPart *parts = NULL;
  g_autofree guint *firsts = NULL;
  g_autoptr (GPtrArray) after = NULL;
  guint n = 0;

  if (settings->adapter->choose == NULL || net->parts->len == 0)
    return TRUE;
  after = gen_step_net_weights (net);
  parts = read_parts (net, settings->adapter, before);
  firsts = g_new (guint, net->parts->len);
  /* A layer that the loss does not reach has ranks of 0, and no share in the budget. */
  for (guint i = 0; i < net->parts->len; i++) {
    const guint first = g_array_index (net->parts, GenNetPart, i).first;

    if (!has_gradients (gradients, first))
      continue;
    parts[n] = parts[i];
    for (guint k = 0; k < GEN_PART_TENSORS; k++) {
      parts[n].gradients[k] = gradients[first + k];
      parts[n].next[k] = after->pdata[first + k];
    }
    firsts[n++] = first;
  }
  if (n > 0 &&
      !settings->adapter->choose (step->graph, parts, n, &settings->adapter_settings, count, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    take_chosen (step, net, &parts[i], firsts[i], after);
  return TRUE;
}
