/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "step-net.h"

#include <string.h>

#include <generative/exchange.h>
#include <generative/operator.h>
#include <generative/parameters.h>

#include "fresh-noise.h"
#include "phase-shuffle.h"
#include "spectral-norm.h"
#include "step-adapter.h"

static gboolean
is (const GenNode *node, const char *name)
{
  return node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

static void
make_state (GPtrArray *list, GenTensor *tensor)
{
  if (tensor->role == GEN_ROLE_STATE)
    return;
  tensor->role = GEN_ROLE_STATE;
  g_ptr_array_add (list, tensor);
}

/* In training a normalisation's statistics are those of the batch, unless they stay. */
static void
prepare_normalization (GenStepNet *self, GenNode *node, const GenTrainerSettings *settings)
{
  if (gen_node_input (node, 3)->role != GEN_ROLE_STATE)
    return;
  gen_node_set_int (node, "training_mode", 1);
  if (settings->synchronised_normalization)
    gen_node_set_int (node, "members", gen_exchange_size (settings->exchange));
  g_ptr_array_set_size (node->outputs, 1);
  for (guint k = 0; k < 2; k++) {
    GenTensor *next = gen_graph_add_value (self->graph, NULL);

    next->producer = node;
    g_ptr_array_add (node->outputs, next);
    gen_graph_add_output (self->graph, next);
  }
}

static void
prepare_dropout (GenStepNet *self, GenNode *node)
{
  static const guint8 yes = 1;

  while (node->inputs->len < 3)
    g_ptr_array_add (node->inputs, NULL);
  node->inputs->pdata[2] = gen_graph_add_constant (
      self->graph, NULL, GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR, g_bytes_new_static (&yes, sizeof yes));
}

/* What is trainable becomes states. Beside adapters that is what is said, and else nothing. */
static gboolean
prepare_parameters (GenStepNet *self, const GenTrainerSettings *settings, GError **error)
{
  g_autoptr (GArray) layers = gen_step_adapter_layers (self->graph, self->net, settings);
  g_autoptr (GArray) list =
      gen_parameters_list (self->graph, self->net->role->name, settings->trainable);
  const gboolean stays = layers->len > 0 && settings->trainable == NULL;

  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);

    self->n_parameters += !parameter->statistic;
    if (parameter->trainable && !stays)
      make_state (parameter->statistic ? self->statistics : self->weights, parameter->tensor);
  }
  return layers->len == 0 || gen_step_adapter_attach (self, layers, settings, error);
}

static void
prepare_node (GenStepNet *self, GenNode *node, const GenTrainerSettings *settings)
{
  if (is (node, "BatchNormalization"))
    prepare_normalization (self, node, settings);
  if (is (node, "Dropout"))
    prepare_dropout (self, node);
}

void
gen_step_net_take_scores (GenGraph *graph)
{
  GenTensor *y = g_ptr_array_index (graph->outputs, 0);

  if (y->producer != NULL && (is (y->producer, "Sigmoid") || is (y->producer, "Softmax")))
    graph->outputs->pdata[0] = gen_node_input (y->producer, 0);
}

/* What the last layer with weights takes on the way to the result; NULL where there is none. */
static GenTensor *
find_features (const GenGraph *graph)
{
  GenTensor *x = g_ptr_array_index (graph->outputs, 0);

  while (x != NULL && x->producer != NULL) {
    const GenNode *node = x->producer;

    x = gen_node_input (node, 0);
    if (node->op->weights != 0 && !node->op->elementwise)
      return x;
  }
  return NULL;
}

static guint
n_outputs (const GenRecipeNet *net)
{
  return MAX (net->n_outputs, 1);
}

/* Whether `source` has an input for a class. */
static gboolean
takes_class (const GenRecipeNet *net, const GenGraph *source)
{
  return net->conditional && source->inputs->len == net->n_inputs + 1;
}

static gboolean
find_classes (GenStepNet *self, GError **error)
{
  const char *text = g_hash_table_lookup (self->source->metadata, "generative.classes");
  const GenTensor *input;

  if (!takes_class (self->net, self->source))
    return TRUE;
  input = g_ptr_array_index (self->source->inputs, self->net->n_inputs);
  if ((input->type == GEN_TYPE_INT64 || input->type == GEN_TYPE_INT32) && text != NULL &&
      g_ascii_string_to_signed (text, 10, 2, G_MAXINT32, &self->classes, NULL))
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s's input '%s' must be the class of each sample, whole numbers, of which metadata "
      "generative.classes says how many there are, such as 10",
      self->net->role->name, input->name);
  return FALSE;
}

static gboolean
check_ports (const GenRecipeNet *net, const GenGraph *source, GError **error)
{
  static const char *const numbers[] = { "no", "one", "two", "three", "four" };
  const guint n_in = net->n_inputs, n_out = n_outputs (net);

  if ((source->inputs->len == n_in || takes_class (net, source)) && source->outputs->len == n_out)
    return TRUE;
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s must have %s input%s and %s output%s, not %u and %u", net->role->name, numbers[n_in],
      n_in > 1 ? "s" : "", numbers[n_out], n_out > 1 ? "s" : "", source->inputs->len,
      source->outputs->len);
  return FALSE;
}

gboolean
gen_step_net_prepare (GenStepNet *self, const GenRecipeNet *net, const GenGraph *source,
    const GenTrainerSettings *settings, gboolean trains, GError **error)
{
  const gint64 batch = settings->batch_size;
  guint n_nodes;

  if (!check_ports (net, source, error))
    return FALSE;
  *self = (GenStepNet){ .net = net,
    .source = source,
    .graph = gen_graph_copy (source),
    .weights = g_ptr_array_new (),
    .statistics = g_ptr_array_new (),
    .states = g_ptr_array_new (),
    .parts = g_array_new (FALSE, FALSE, sizeof (GenNetPart)),
    .map = g_hash_table_new (NULL, NULL),
    .factors = g_ptr_array_new () };
  if (!find_classes (self, error) || !prepare_parameters (self, settings, error))
    return FALSE;
  n_nodes = self->graph->nodes->len;
  self->divisions = g_new0 (GenDivision, self->weights->len);
  for (guint i = 0; trains && i < n_nodes; i++)
    prepare_node (self, g_ptr_array_index (self->graph->nodes, i), settings);
  if (self->n_parameters == 0) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "the %s has no weights that could be trained", net->role->name);
    return FALSE;
  }
  if (trains && (!gen_phase_shuffle_insert (self->graph, batch, net->role->name, error) ||
                    !gen_fresh_noise_insert (self->graph, batch, net->role->name, error)))
    return FALSE;
  if (net->scores)
    gen_step_net_take_scores (self->graph);
  self->features = find_features (self->graph);
  if (self->features != NULL)
    gen_graph_add_output (self->graph, self->features);
  return TRUE;
}

/* Whether a reduction goes over the first extent. */
static gboolean
reduces_batch (const GenNode *node)
{
  const GenTensor *input = gen_node_input (node, 1);
  gint64 given[GEN_MAX_RANK];
  const gint64 *axes;
  int n = 0;

  if (node->op->domain != NULL || !g_str_has_prefix (node->op->name, "Reduce"))
    return FALSE;
  axes = gen_node_ints (node, "axes", &n);
  if (input != NULL && gen_tensor_ints (input, given, GEN_MAX_RANK, &n))
    axes = given;
  if (n == 0)
    return gen_node_int (node, "noop_with_empty_axes", 0) == 0;
  for (int i = 0; i < n; i++)
    if (axes[i] == 0 || axes[i] == -gen_node_input (node, 0)->shape.rank)
      return TRUE;
  return FALSE;
}

gboolean
gen_step_net_only_scores (const GenRecipeNet *net, const GenRecipe *recipe)
{
  for (guint i = 0; net->scores && recipe->nets[i].role != NULL; i++)
    if (!recipe->nets[i].scores)
      return TRUE;
  return FALSE;
}

gboolean
gen_step_net_mixes_batch (const GenGraph *net)
{
  for (guint i = 0; i < net->nodes->len; i++)
    if (reduces_batch (g_ptr_array_index (net->nodes, i)))
      return TRUE;
  return FALSE;
}

void
gen_step_net_clear (GenStepNet *self)
{
  g_clear_pointer (&self->graph, gen_graph_unref);
  g_clear_pointer (&self->weights, g_ptr_array_unref);
  g_clear_pointer (&self->statistics, g_ptr_array_unref);
  g_clear_pointer (&self->states, g_ptr_array_unref);
  g_clear_pointer (&self->parts, g_array_unref);
  g_clear_pointer (&self->divisions, g_free);
  g_clear_pointer (&self->map, g_hash_table_unref);
  g_clear_pointer (&self->factors, g_ptr_array_unref);
}

void
gen_step_net_add_states (GenStepNet *self, GenGraph *graph)
{
  const GPtrArray *lists[] = { self->weights, self->statistics };

  for (guint l = 0; l < G_N_ELEMENTS (lists); l++)
    for (guint i = 0; i < lists[l]->len; i++) {
      GenTensor *tensor = g_ptr_array_index (lists[l], i);
      g_autofree char *name = g_strconcat (self->net->role->name, ".", tensor->name, NULL);
      GenTensor *state = gen_graph_add_state (
          graph, name, tensor->type, &tensor->shape, g_bytes_ref (tensor->data));

      g_ptr_array_add (self->states, state);
      g_hash_table_insert (self->map, tensor, state);
    }
}

/* --- weights that are divided by their norms --- */

/* Whether a layer has it for its matrix. */
static gboolean
is_matrix (const GenGraph *graph, const GenTensor *tensor)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (gen_node_input (node, k) == tensor && gen_spectral_norm_suits (node, k))
        return TRUE;
  }
  return FALSE;
}

void
gen_step_net_divide (GenStepNet *self, GenGraph *graph, guint64 seed)
{
  for (guint i = 0; i < self->weights->len; i++) {
    const GenTensor *weight = self->weights->pdata[i];
    GenDivision *division = &self->divisions[i];

    if (!is_matrix (self->graph, weight))
      continue;
    g_autofree char *name =
        g_strconcat (self->net->role->name, ".", weight->name, ".direction", NULL);
    division->state = gen_graph_add_state (graph, name, GEN_TYPE_FLOAT32,
        &GEN_SHAPE (weight->shape.dims[0], 1), gen_spectral_norm_begin (weight, seed, i));
    division->direction = division->state;
  }
}

/* Find the quotients of weights that have changed. */
static gboolean
update_divided (GenStepNet *self, GenGraph *graph, GError **error)
{
  for (guint i = 0; i < self->weights->len; i++) {
    GenDivision *division = &self->divisions[i];

    if (division->state == NULL || division->divided != NULL)
      continue;
    division->divided = gen_spectral_norm_divide (graph,
        g_hash_table_lookup (self->map, self->weights->pdata[i]), &division->direction, error);
    if (division->divided == NULL)
      return FALSE;
  }
  return TRUE;
}

/* Exchange weights and their quotients in the map. */
static void
swap_divided (GenStepNet *self)
{
  for (guint i = 0; i < self->weights->len; i++) {
    GenTensor *weight = self->weights->pdata[i], *other = self->divisions[i].divided;

    if (other == NULL)
      continue;
    self->divisions[i].divided = g_hash_table_lookup (self->map, weight);
    g_hash_table_insert (self->map, weight, other);
  }
}

/* --- */

gboolean
gen_step_net_apply (GenStepNet *self, GenGraph *graph, GenTensor *const *inputs,
    GenTensor **outputs, GError **error)
{
  const guint n_own = n_outputs (self->net), n = self->graph->outputs->len;
  const guint n_features = self->features != NULL;
  g_autofree GenTensor **all = g_new0 (GenTensor *, n);
  g_autofree char *prefix = g_strconcat (self->net->role->name, ".", NULL);
  gboolean appended;

  for (guint i = 0; i < self->source->inputs->len; i++)
    if (inputs[i] == NULL)
      return FALSE;
  if (!update_divided (self, graph, error))
    return FALSE;
  swap_divided (self);
  appended = gen_graph_append (graph, self->graph, prefix, inputs, all, self->map, error);
  swap_divided (self);
  if (!appended)
    return FALSE;
  for (guint i = 0; i + n_own + n_features < n; i++)
    g_hash_table_insert (self->map, g_ptr_array_index (self->statistics, i), all[n_own + i]);
  memcpy (outputs, all, n_own * sizeof *outputs);
  self->seen = n_features > 0 ? all[n - 1] : NULL;
  self->applied = TRUE;
  return TRUE;
}

GPtrArray *
gen_step_net_weights (const GenStepNet *self)
{
  GPtrArray *result = g_ptr_array_new ();

  for (guint i = 0; i < self->weights->len; i++)
    g_ptr_array_add (result, g_hash_table_lookup (self->map, g_ptr_array_index (self->weights, i)));
  return result;
}

void
gen_step_net_change (GenStepNet *self, guint i, GenTensor *next)
{
  g_hash_table_insert (self->map, g_ptr_array_index (self->weights, i), next);
  self->divisions[i].divided = NULL;
}

gboolean
gen_step_net_shape (
    const GenStepNet *self, guint input, gint64 batch, GenShape *shape, GError **error)
{
  const GenTensor *tensor = g_ptr_array_index (self->source->inputs, input);

  *shape = tensor->shape;
  if (shape->rank >= 1 && (shape->dims[0] < 0 || shape->dims[0] == batch)) {
    shape->dims[0] = batch;
    if (gen_shape_is_known (shape))
      return TRUE;
  }
  g_autofree char *text = gen_shape_to_string (&tensor->shape);
  if (shape->rank >= 1 && shape->dims[0] > 0 && shape->dims[0] != batch) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "the %s's input '%s' has the shape %s, whose first extent, the batch, was fixed at "
        "%" G_GINT64_FORMAT " when it was exported, and training is by %" G_GINT64_FORMAT
        ": export it with a free one (torch.onnx.export with dynamic_axes={'%s': {0: 'batch'}}, or "
        "dynamic_shapes), or set batch-size=%" G_GINT64_FORMAT,
        self->net->role->name, tensor->name, text, shape->dims[0], batch, tensor->name,
        shape->dims[0]);
    return FALSE;
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s's input '%s' has the shape %s; only its first extent, the batch, may be free, and "
      "must take %" G_GINT64_FORMAT,
      self->net->role->name, tensor->name, text, batch);
  return FALSE;
}

gboolean
gen_step_read_range (const GenGraph *net, const char *key, float *low, float *high)
{
  const char *range = g_hash_table_lookup (net->metadata, key);
  char *end = NULL;

  *low = -1;
  *high = 1;
  if (range == NULL)
    return FALSE;
  *low = (float)g_ascii_strtod (range, &end);
  if (*end == ',')
    *high = (float)g_ascii_strtod (end + 1, NULL);
  return TRUE;
}

void
gen_step_net_range (const GenGraph *net, float *low, float *high)
{
  if (!gen_step_read_range (net, "generative.input-range", low, high))
    gen_step_read_range (net, "generative.output-range", low, high);
}
