/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building the graph of a step. A net may stand in it several times, with one set of weights: what
 * an optimiser has made of these is what it has from there on. The running statistics of its
 * normalisations go from one to the next, as if it were called several times. */
#include "step-adapter.h"
#include "step-exchange.h"
#include "step-private.h"
#include "step-retention.h"

#include <string.h>

#include <generative/parameters.h>
#include <generative/random.h>

#define LABELS "labels"

GenGraph *
gen_step_graph (GenStep *step)
{
  return step->graph;
}

const GenTrainerSettings *
gen_step_settings (const GenStep *step)
{
  return step->settings;
}

gboolean
gen_step_trains (const GenStep *step)
{
  return step->purpose == GEN_STEP_TRAINS || step->purpose == GEN_STEP_WEIGHS;
}

gint64
gen_step_batch (const GenStep *step)
{
  return step->settings->batch_size;
}

const GenGraph *
gen_step_net (const GenStep *step, guint net)
{
  return step->nets[net].source;
}

void
gen_step_range (const GenStep *step, float *low, float *high)
{
  gen_step_net_range (step->recipe->coded ? step->settings->tokenizer->encoder
                                          : step->nets[step->recipe->data_net].source,
      low, high);
}

GenTensor *
gen_step_count (GenStep *step)
{
  return step->count;
}

gboolean
gen_step_sees_batch (const GenStep *step, guint net)
{
  const GenTensor *input = g_ptr_array_index (step->nets[net].source->inputs, 0);

  return step->nets[net].statistics->len > 0 || input->shape.dims[0] >= 0 ||
         gen_step_net_mixes_batch (step->nets[net].source);
}

GenTensor *
gen_step_whole_number (GenStep *step, gint64 value)
{
  return gen_graph_add_constant (
      step->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&value, sizeof value));
}

/* --- what flows in --- */

static GenTensor *
add_input (GenStep *step, const char *name, GenDataType type, const GenShape *shape, int *number)
{
  *number = (int)step->graph->inputs->len;
  return gen_graph_add_input (step->graph, name, type, shape);
}

GenShape
gen_step_input_shape (const GenStep *step, guint net, guint input)
{
  GenShape shape;

  /* Which has been checked. */
  gen_step_net_shape (&step->nets[net], input, gen_step_batch (step), &shape, NULL);
  return shape;
}

GenTensor *
gen_step_samples (GenStep *step)
{
  if (step->samples == NULL)
    step->samples =
        add_input (step, "samples", GEN_TYPE_FLOAT32, &step->sample_shape, &step->built->samples);
  return step->samples;
}

GenTensor *
gen_step_labels (GenStep *step)
{
  const GenShape shape = GEN_SHAPE (gen_step_batch (step));

  if (step->labels == NULL)
    step->labels = add_input (step, LABELS, GEN_TYPE_INT64, &shape, &step->built->labels);
  return step->labels;
}

GenTensor *
gen_step_shares (GenStep *step)
{
  const GenShape shape = GEN_SHAPE (gen_step_batch (step), step->built->classes);

  if (step->shares == NULL)
    step->shares = add_input (step, "class-shares", GEN_TYPE_FLOAT32, &shape, &step->built->shares);
  return step->shares;
}

void
gen_step_set_classes (GenStep *step, gint64 classes)
{
  step->built->classes = classes;
}

gint64
gen_step_told_classes (const GenStep *step, guint net)
{
  return step->nets[net].classes;
}

void
gen_step_tell (GenStep *step, GenTensor *classes)
{
  step->told = classes;
}

/* In a step that trains they are the graph's own: on a device they would be waited for. */
GenTensor *
gen_step_latents (GenStep *step, guint net, GError **error)
{
  const GenShape shape = gen_step_input_shape (step, net, 0);
  GenTensor *latents;

  if (step->purpose == GEN_STEP_PLAYS)
    return gen_graph_add_input (step->graph, "latents", GEN_TYPE_FLOAT32, &shape);
  latents = gen_graph_op (step->graph, "RandomNormal", NULL, 0, 1, error, "shape", GEN_INTS,
      shape.rank, shape.dims, NULL);
  if (latents != NULL) {
    latents->producer->stream = GEN_STREAM_TRAINING_LATENT;
    latents->producer->id = 0;
  }
  return latents;
}

/* --- nets --- */

/* The classes of `n` samples, a multiple of the batch, as a conditional net takes them. */
static GenTensor *
make_classes (GenStep *step, const GenStepNet *net, gint64 n, GError **error)
{
  const GenTensor *input = g_ptr_array_index (net->source->inputs, net->net->n_inputs);
  const gint64 repeats[] = { n / gen_step_batch (step) }, column[] = { n, 1 };
  GenTensor *classes = step->told != NULL ? step->told : gen_step_labels (step);

  if (repeats[0] > 1)
    classes =
        gen_binary (step->graph, "Tile", classes, gen_graph_ints (step->graph, repeats, 1), error);
  if (classes != NULL && input->type != classes->type)
    classes = gen_graph_op (
        step->graph, "Cast", &classes, 1, 1, error, "to", GEN_INT, (int)input->type, NULL);
  return input->shape.rank == 1 ? classes
                                : gen_binary (step->graph, "Reshape", classes,
                                      gen_graph_ints (step->graph, column, 2), error);
}

gboolean
gen_step_apply_all (
    GenStep *step, guint net, GenTensor *const *inputs, GenTensor **outputs, GError **error)
{
  GenStepNet *applied = &step->nets[net];
  const guint n = applied->net->n_inputs;
  GenTensor *all[GEN_RECIPE_MAX_INPUTS + 1];

  memcpy (all, inputs, n * sizeof *all);
  if (applied->classes > 0)
    all[n] =
        inputs[0] != NULL ? make_classes (step, applied, inputs[0]->shape.dims[0], error) : NULL;
  return gen_step_net_apply (applied, step->graph, all, outputs, error) &&
         gen_step_retention_note (applied, all, outputs);
}

GenTensor *
gen_step_apply (GenStep *step, guint net, GenTensor *const *inputs, GError **error)
{
  GenTensor *outputs[GEN_RECIPE_MAX_OUTPUTS];

  return gen_step_apply_all (step, net, inputs, outputs, error) ? outputs[0] : NULL;
}

static char *
average_name (const GenTensor *state)
{
  return g_strconcat ("average.", state->name, NULL);
}

/* The moving average of a weight, as it is before the step. */
static GenTensor *
find_average (GenStep *step, const GenTensor *state)
{
  g_autofree char *name = average_name (state);
  GenTensor *average = gen_graph_find (step->graph, name);

  if (average != NULL)
    return average;
  return gen_graph_add_state (
      step->graph, name, state->type, &state->shape, g_bytes_ref (state->data));
}

static gboolean
is_averaged (const GenStep *step, const GenStepNet *net)
{
  return net->net->averaged && step->settings->ema > 0;
}

GenTensor *
gen_step_apply_average (GenStep *step, guint net, GenTensor *const *inputs, GError **error)
{
  GenStepNet *applied = &step->nets[net];
  g_autoptr (GPtrArray) weights = gen_step_net_weights (applied);
  GenTensor *result;

  /* Where nothing is trained, weights are what they are asked for as. */
  if (!gen_step_trains (step) || !is_averaged (step, applied))
    return gen_step_apply (step, net, inputs, error);
  for (guint i = 0; i < weights->len; i++)
    gen_step_net_change (applied, i, find_average (step, applied->states->pdata[i]));
  result = gen_step_apply (step, net, inputs, error);
  for (guint i = 0; i < weights->len; i++)
    gen_step_net_change (applied, i, weights->pdata[i]);
  return result;
}

GenTensor *
gen_step_apply_to (GenStep *step, guint net, GenTensor *x, GError **error)
{
  return gen_step_apply (step, net, &x, error);
}

GenTensor *
gen_step_features (GenStep *step, guint net, GError **error)
{
  GenTensor *features = step->nets[net].seen;

  if (features == NULL)
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "the %s has no layer with weights, whose features could be compared",
        step->recipe->nets[net].role->name);
  return features;
}

GenTensor *
gen_step_precise (GenStep *step, GenTensor *x, GError **error)
{
  return step->scales && x != NULL ? gen_unary (step->graph, "Precise", x, error) : x;
}

/* --- what is told --- */

guint
gen_step_output (GenStep *step, GenTensor *tensor)
{
  const GPtrArray *outputs = step->graph->outputs;
  guint number;

  if (g_ptr_array_find ((GPtrArray *)outputs, tensor, &number))
    return number;
  gen_graph_add_output (step->graph, tensor);
  return outputs->len - 1;
}

gboolean
gen_step_report (GenStep *step, const char *figure, GenTensor *numbers, GenReportKind kind)
{
  GenStepReport report;

  if (numbers == NULL)
    return FALSE;
  report = (GenStepReport){ gen_recipe_figure (step->recipe, figure),
    gen_step_output (step, numbers), kind };
  g_array_append_val (step->built->reports, report);
  return TRUE;
}

gboolean
gen_step_watch (GenStep *step, const char *what, GenTensor *numbers)
{
  GenStepWatch watch;

  if (numbers == NULL)
    return FALSE;
  watch = (GenStepWatch){ what, gen_step_output (step, numbers) };
  g_array_append_val (step->built->watches, watch);
  return TRUE;
}

gboolean
gen_step_show (GenStep *step, GenTensor *samples)
{
  if (samples == NULL)
    return FALSE;
  gen_graph_add_output (step->graph, samples);
  return TRUE;
}

/* --- the whole --- */

static void
weight_free (gpointer data)
{
  GenWeight *weight = data;

  g_free (weight->state);
  g_free (weight->average);
  g_free (weight->direction);
  g_free (weight);
}

static gboolean
add_average (
    GenStep *step, const GenStepNet *net, GenTensor *state, GenTensor *next, GError **error)
{
  GenTensor *average = find_average (step, state);

  next = gen_graph_op (step->graph, "MovingAverage",
      (GenTensor *[]){ average, next, net->updates, net->factor }, net->factor != NULL ? 4 : 3, 1,
      error, "decay", GEN_FLOAT, step->settings->ema, NULL);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (step->graph, average, next);
  return TRUE;
}

/* `next`, or `state` where an update that it hangs on is left out. */
static GenTensor *
keep (GenStep *step, const GenStepNet *net, GenTensor *state, GenTensor *next, GError **error)
{
  for (guint i = 0; next != NULL && i < net->factors->len; i += 2)
    next = gen_loss_scaling_keep (step->graph, state, next,
        (GenTensor *[]){
            net->factors->pdata[i], i + 1 < net->factors->len ? net->factors->pdata[i + 1] : NULL },
        error);
  return next;
}

/* Which layer's adapter weight `i` begins, if any, or has the ranks of. */
static void
note_part (GenStep *step, const GenStepNet *net, guint i, GenWeight *weight)
{
  for (guint k = 0; k < net->parts->len; k++) {
    const GenNetPart *part = &g_array_index (net->parts, GenNetPart, k);

    weight->ranks =
        weight->ranks || (step->settings->adapter->has_ranks && i == part->first + GEN_PART_RANKS);
    if (part->first != i)
      continue;
    weight->adapted = gen_graph_find (net->source, part->layer.weight->name);
    weight->rank = part->rank;
  }
}

/* The last values of a net's statistics, of all members in the mean; those that stay are their
 * states. (transfer full) */
static GenTensor **
find_statistics (GenStep *step, const GenStepNet *net, GError **error)
{
  const guint n = net->statistics->len;
  g_autofree GenTensor **changed = g_new0 (GenTensor *, n + 1);
  GenTensor **all = g_new0 (GenTensor *, n + 1);

  for (guint i = 0; i < n; i++) {
    all[i] = g_hash_table_lookup (net->map, net->statistics->pdata[i]);
    if (all[i] != net->states->pdata[net->weights->len + i])
      changed[i] = all[i];
  }
  if (!gen_step_average_over_members (step, changed, n, error)) {
    g_free (all);
    return NULL;
  }
  for (guint i = 0; i < n; i++)
    if (changed[i] != NULL)
      all[i] = changed[i];
  return all;
}

/* Settle the states of a net: statistics get their last values, weights their moving averages, and
 * all are listed beside the constants that they are in the net as it was given. */
static gboolean
settle (GenStep *step, GenStepNet *net, GPtrArray *list, GError **error)
{
  const gboolean averaged = is_averaged (step, net);
  g_autofree GenTensor **statistics = find_statistics (step, net, error);

  if (statistics == NULL)
    return FALSE;
  for (guint i = 0; i < net->states->len; i++) {
    const guint n = net->weights->len;
    const gboolean learned = i < n;
    GenTensor *state = net->states->pdata[i];
    const GenTensor *tensor = learned ? net->weights->pdata[i] : net->statistics->pdata[i - n];
    GenTensor *next = learned ? g_hash_table_lookup (net->map, tensor) : statistics[i - n];
    GenWeight *weight = g_new0 (GenWeight, 1);

    weight->constant = gen_graph_find (net->source, tensor->name);
    note_part (step, net, i, weight);
    weight->state = g_strdup (state->name);
    weight->statistic = !learned;
    g_ptr_array_add (list, weight);
    if (learned && net->divisions[i].state != NULL) {
      weight->direction = g_strdup (net->divisions[i].state->name);
      gen_graph_assign (step->graph, net->divisions[i].state, net->divisions[i].direction);
    }
    if (!learned && next != state) {
      next = keep (step, net, state, next, error);
      if (next == NULL)
        return FALSE;
      gen_graph_assign (step->graph, state, next);
    }
    if (!averaged || !learned)
      continue;
    weight->average = average_name (state);
    if (!add_average (step, net, state, next, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
settle_all (GenStep *step, GError **error)
{
  GenTensor *next;

  for (guint i = 0; i < step->built->n_nets; i++) {
    step->built->weights[i] = g_ptr_array_new_with_free_func (weight_free);
    if (!settle (step, &step->nets[i], step->built->weights[i], error))
      return FALSE;
  }
  next = gen_binary (step->graph, "Add", step->count, gen_step_whole_number (step, 1), error);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (step->graph, step->count, next);
  return TRUE;
}

/* Names that mean nothing are mistaken, and so are those that leave nothing. */
static gboolean
check_trainable (const GenStep *step, GenGraph *const *nets, GError **error)
{
  const char *names[GEN_RECIPE_MAX_NETS];
  g_autofree char *idle = NULL;

  for (guint i = 0; i < step->built->n_nets; i++)
    names[i] = step->recipe->nets[i].role->name;
  idle = gen_parameters_find_idle (nets, names, step->built->n_nets, step->settings->trainable);
  if (idle == NULL) {
    for (guint i = 0; i < step->built->n_nets; i++)
      if (gen_parameters_are_trained (nets[i], names[i], step->settings->trainable))
        return TRUE;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "trainable: '%s' leaves no weight to train", step->settings->trainable);
    return FALSE;
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "trainable: no weight is called '%s'; 'all', 'head' or names are wanted, as "
      "`generative-model inspect --weights` lists them, with * for any letters",
      idle);
  return FALSE;
}

/* A batch of the data, as far as it is known. */
static GenShape
data_shape (const GenStep *step)
{
  const GenFormat *format = &step->settings->format;

  if (format->medium == &gen_medium_picture)
    return GEN_SHAPE (gen_step_batch (step), format->channels, format->height, format->width);
  if (format->medium == &gen_medium_sound)
    return GEN_SHAPE (gen_step_batch (step), format->channels, (gint64)format->length);
  return GEN_SHAPE (gen_step_batch (step));
}

/* Samples are like `tensor`, the input or output of net `net`. */
static gboolean
find_data_shape (
    GenStep *step, const char *net, const char *side, const GenTensor *tensor, GError **error)
{
  const GenShape data = data_shape (step);
  GenShape *shape = &step->sample_shape;

  *shape = tensor->shape;
  if (shape->rank > 0)
    shape->dims[0] = gen_step_batch (step);
  for (int i = 1; i < shape->rank && shape->rank == data.rank; i++)
    if (shape->dims[i] < 0)
      shape->dims[i] = data.dims[i];
  if (shape->rank >= 3 && gen_shape_is_known (shape) && gen_shape_elements (shape) > 0) {
    shape->dims[1] *= MAX (step->recipe->frames, 1);
    return TRUE;
  }
  g_autofree char *text = gen_shape_to_string (&tensor->shape);
  g_autofree char *has = gen_shape_to_string (&data);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s's %s '%s' has the shape %s, and the data %s; [batch, channels, height, width] or "
      "[batch, channels, length] is wanted, of which the data knows what the net leaves free",
      net, side, tensor->name, text, has);
  return FALSE;
}

static gboolean
find_made_shape (GenStep *step, const GenStepNet *net, GError **error)
{
  return find_data_shape (
      step, net->net->role->name, "output", g_ptr_array_index (net->source->outputs, 0), error);
}

static gboolean
find_coded_shape (GenStep *step, GError **error)
{
  const GenTokenizer *tokenizer = step->settings->tokenizer;

  return find_data_shape (step, "tokenizer's encoder", "input",
      g_ptr_array_index (tokenizer->encoder->inputs, 0), error);
}

/* All conditional nets are told of as many classes. */
static gboolean
note_classes (GenStep *step, const GenStepNet *net, GError **error)
{
  gint64 *classes = &step->built->classes;

  if (net->classes == 0 || *classes == 0 || net->classes == *classes) {
    *classes = MAX (*classes, net->classes);
    return TRUE;
  }
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s is told of %" G_GINT64_FORMAT " classes, and another net of %" G_GINT64_FORMAT,
      net->net->role->name, net->classes, *classes);
  return FALSE;
}

static gboolean
prepare_net (GenStep *step, guint i, GError **error)
{
  const GenRecipe *recipe = step->recipe;
  const gboolean is_data = i == recipe->data_net;
  const GenStepNet *net = &step->nets[i];
  GenShape shape;

  if (is_data && recipe->data_free)
    return find_data_shape (
        step, net->net->role->name, "input", g_ptr_array_index (net->source->inputs, 0), error);
  if (is_data && recipe->data_made && recipe->made_of == GEN_MADE_OF_SAMPLES)
    return find_made_shape (step, net, error);
  for (guint k = 0; k < net->net->n_inputs && !net->net->of_data; k++)
    if (!gen_step_net_shape (net, k, gen_step_batch (step), &shape, error))
      return FALSE;
  if (is_data && recipe->data_made)
    return find_made_shape (step, net, error);
  if (is_data && recipe->coded)
    return find_coded_shape (step, error);
  if (is_data)
    step->sample_shape = gen_step_input_shape (step, i, 0);
  return TRUE;
}

static gboolean
prepare (GenStep *step, GenGraph *const *nets, GError **error)
{
  for (guint i = 0; i < step->built->n_nets; i++) {
    if (!gen_step_net_prepare (&step->nets[i], &step->recipe->nets[i], nets[i], step->settings,
            step->purpose == GEN_STEP_TRAINS, error) ||
        !note_classes (step, &step->nets[i], error) || !prepare_net (step, i, error))
      return FALSE;
  }
  return TRUE;
}

/* What training alone has besides the recipe. */
static void
add_count (GenStep *step)
{
  step->rate = add_input (step, "rate", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR, &step->built->rate);
  step->count = gen_graph_add_state (step->graph, GEN_STEP_COUNT, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
      g_bytes_new_take (g_new0 (gint64, 1), sizeof (gint64)));
}

static void
add_states (GenStep *step, GenStepNet *net)
{
  gen_step_net_add_states (net, step->graph);
  if (gen_step_trains (step) && step->settings->spectral_norm && net->net->scores)
    gen_step_net_divide (net, step->graph, step->settings->seed);
}

static gboolean
build (GenStep *step, GenGraph *const *nets, GError **error)
{
  if (!gen_tokenizer_check (step->recipe, step->settings->tokenizer, error) ||
      !gen_step_adapter_check (nets, step->settings, error) || !prepare (step, nets, error) ||
      !check_trainable (step, nets, error) || !gen_step_retention_check (step, error))
    return FALSE;
  if (gen_step_trains (step))
    add_count (step);
  for (guint i = 0; i < step->built->n_nets; i++)
    add_states (step, &step->nets[i]);
  if (step->purpose == GEN_STEP_PLAYS)
    return step->recipe->make (step, error);
  return step->recipe->build (step, error) &&
         (step->purpose != GEN_STEP_TRAINS || settle_all (step, error));
}

static gboolean
wrap (GenStepGraph *built, const GenRecipe *recipe, GError **error)
{
  GenGraph *wrapped;

  if (recipe->wrap == NULL)
    return TRUE;
  wrapped = recipe->wrap (built->graph, &built->runs, error);
  if (wrapped == NULL)
    return FALSE;
  gen_graph_unref (built->graph);
  built->graph = wrapped;
  for (guint i = 0; built->labels >= 0 && i < wrapped->inputs->len; i++)
    if (strcmp (((const GenTensor *)g_ptr_array_index (wrapped->inputs, i))->name, LABELS) == 0)
      built->labels = (int)i;
  return TRUE;
}

gboolean
gen_step_graph_build (GenStepGraph *built, GenStepPurpose purpose, GenGraph *const *nets,
    const GenTrainerSettings *settings, GError **error)
{
  static const char *const names[] = { "training step", "measuring step", "what is made",
    "weighing step" };
  GenStep step = { .purpose = purpose,
    .settings = settings,
    .recipe = settings->recipe,
    .built = built,
    .graph = gen_graph_new (names[purpose]),
    .scales = purpose == GEN_STEP_TRAINS && gen_loss_scaling_wanted (settings) };
  gboolean done;

  *built = (GenStepGraph){ .graph = step.graph,
    .n_nets = gen_recipe_n_nets (settings->recipe),
    .reports = g_array_new (FALSE, FALSE, sizeof (GenStepReport)),
    .watches = g_array_new (FALSE, FALSE, sizeof (GenStepWatch)),
    .samples = -1,
    .labels = -1,
    .shares = -1,
    .rate = -1,
    .runs = 1 };
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++)
    built->scales[i] = -1;
  done = build (&step, nets, error) &&
         (purpose != GEN_STEP_PLAYS || wrap (built, settings->recipe, error));
  for (guint i = 0; i < built->n_nets; i++)
    gen_step_net_clear (&step.nets[i]);
  return done;
}

void
gen_step_graph_clear (GenStepGraph *built)
{
  g_clear_pointer (&built->graph, gen_graph_unref);
  g_clear_pointer (&built->reports, g_array_unref);
  g_clear_pointer (&built->watches, g_array_unref);
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++)
    g_clear_pointer (&built->weights[i], g_ptr_array_unref);
}
