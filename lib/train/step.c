/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building the graph of a step. A net may stand in it several times, with one set of weights: what
 * an optimiser has made of these is what it has from there on. The running statistics of its
 * normalisations go from one to the next, as if it were called several times. */
#include "step-graph.h"

#include <string.h>

#include <generative/parameters.h>
#include <generative/random.h>

#include "loss-scaling.h"
#include "step-net.h"

struct _GenStep {
  GenStepPurpose purpose;
  const GenTrainerSettings *settings;
  const GenRecipe *recipe;
  GenStepGraph *built;
  GenGraph *graph;
  GenStepNet nets[GEN_RECIPE_MAX_NETS];
  GenShape sample_shape; /* of a batch */
  GenTensor *samples, *labels, *rate, *count;
  gboolean scales; /* the losses */
};

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
  return step->purpose == GEN_STEP_TRAINS;
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
  gen_step_net_range (step->nets[step->recipe->data_net].source, low, high);
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

  return step->nets[net].statistics->len > 0 || input->shape.dims[0] >= 0;
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

/* `extent` elements along an axis, anywhere. */
static GenTensor *
crop_axis (GenStep *step, GenTensor *x, int axis, gint64 extent, GError **error)
{
  const gint64 room = x->shape.dims[axis] - extent;
  g_autofree gint64 *places = g_new (gint64, extent);
  GenTensor *first;

  if (room <= 0)
    return x;
  for (gint64 i = 0; i < extent; i++)
    places[i] = i;
  first = gen_graph_op (step->graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1,
      (gint64[]){ 1 }, "high", GEN_FLOAT, (double)(room + 1), NULL);
  first = gen_unary (step->graph, "Floor",
      gen_binary (step->graph, "Min", first, gen_graph_float (step->graph, (float)room), error),
      error);
  if (first == NULL)
    return NULL;
  first = gen_graph_op (
      step->graph, "Cast", &first, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_INT64, NULL);
  first = gen_binary (
      step->graph, "Add", first, gen_graph_ints (step->graph, places, (gsize)extent), error);
  if (first == NULL)
    return NULL;
  return gen_graph_op (
      step->graph, "Gather", (GenTensor *[]){ x, first }, 2, 1, error, "axis", GEN_INT, axis, NULL);
}

GenTensor *
gen_step_cropped_samples (GenStep *step, GError **error)
{
  const int extent = step->settings->crop;
  GenTensor *x = gen_step_samples (step);

  if (extent == 0 || !gen_step_trains (step))
    return x;
  for (int axis = 2; x != NULL && axis < step->sample_shape.rank; axis++)
    x = crop_axis (step, x, axis, extent, error);
  return x;
}

GenTensor *
gen_step_labels (GenStep *step)
{
  const GenShape shape = GEN_SHAPE (gen_step_batch (step));

  if (step->labels == NULL)
    step->labels = add_input (step, "labels", GEN_TYPE_INT64, &shape, &step->built->labels);
  return step->labels;
}

void
gen_step_set_classes (GenStep *step, gint64 classes)
{
  step->built->classes = classes;
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

gboolean
gen_step_apply_all (
    GenStep *step, guint net, GenTensor *const *inputs, GenTensor **outputs, GError **error)
{
  return gen_step_net_apply (&step->nets[net], step->graph, inputs, outputs, error);
}

GenTensor *
gen_step_apply (GenStep *step, guint net, GenTensor *const *inputs, GError **error)
{
  GenTensor *outputs[GEN_RECIPE_MAX_OUTPUTS];

  return gen_step_apply_all (step, net, inputs, outputs, error) ? outputs[0] : NULL;
}

GenTensor *
gen_step_apply_to (GenStep *step, guint net, GenTensor *x, GError **error)
{
  return gen_step_apply (step, net, &x, error);
}

GenTensor *
gen_step_precise (GenStep *step, GenTensor *x, GError **error)
{
  return step->scales && x != NULL ? gen_unary (step->graph, "Precise", x, error) : x;
}

/* The number of the output that `tensor` is from here on. */
static guint
make_output (GenStep *step, GenTensor *tensor)
{
  const GPtrArray *outputs = step->graph->outputs;
  guint number;

  if (g_ptr_array_find ((GPtrArray *)outputs, tensor, &number))
    return number;
  gen_graph_add_output (step->graph, tensor);
  return outputs->len - 1;
}

/* --- losses --- */

/* The weights of several nets as one list. */
static GPtrArray *
collect_weights (GenStep *step, const guint *nets, guint n)
{
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; i < n; i++) {
    g_autoptr (GPtrArray) weights = gen_step_net_weights (&step->nets[nets[i]]);

    for (guint k = 0; k < weights->len; k++)
      g_ptr_array_add (all, weights->pdata[k]);
  }
  return all;
}

/* The gradients of `loss`; where it is scaled, with the factor that takes the scale off again. */
static gboolean
find_gradients (GenStep *step, GenLossScaling *scaling, const char *name, GenTensor *loss,
    GPtrArray *weights, GenTensor **gradients, GError **error)
{
  GenTensor *scaled = loss;

  if (step->scales)
    scaled = gen_loss_scaling_begin (scaling, step->graph, name, loss, error);
  if (scaled == NULL || !gen_graph_gradients (step->graph, scaled,
                            (GenTensor *const *)weights->pdata, weights->len, gradients, error))
    return FALSE;
  return !step->scales ||
         gen_loss_scaling_end (scaling, step->graph, loss, gradients, weights->len, error);
}

/* Which nets have a share in an update that may be left out: those that it changes, and those that
 * were changed before and have been applied since. */
static void
note_factor (GenStep *step, const guint *nets, guint n, GenTensor *factor)
{
  for (guint i = 0; i < n; i++)
    step->nets[nets[i]].minimised = TRUE;
  for (guint i = 0; i < step->built->n_nets; i++) {
    GenStepNet *net = &step->nets[i];

    if (!net->minimised || !net->applied)
      continue;
    net->applied = FALSE;
    if (factor != NULL)
      g_ptr_array_add (net->factors, factor);
  }
}

/* How the gradients of one loss become updates. */
typedef struct {
  GenTensor *rate;
  GenTensor *count;  /* of updates before this one */
  GenTensor *factor; /* of the gradients; NULL: 1 */
  GenLossScaling scaling;
} Update;

/* `factor` times what keeps the norm of all gradients within the limit (Pascanu et al., "On the
 * difficulty of training recurrent neural networks", 2013). */
static gboolean
clip (GenStep *step, Update *update, GenTensor *const *gradients, guint n, GError **error)
{
  const double limit = step->settings->clip_norm;
  GenGraph *graph = step->graph;
  g_autoptr (GPtrArray) squares = g_ptr_array_new ();
  GenTensor *norm, *within;

  for (guint i = 0; i < n; i++) {
    GenTensor *gradient = gradients[i];

    if (gradient == NULL)
      continue;
    gradient = gen_graph_op (
        graph, "ReduceSumSquare", &gradient, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
    if (gradient == NULL)
      return FALSE;
    g_ptr_array_add (squares, gradient);
  }
  norm =
      gen_graph_op (graph, "Sum", (GenTensor **)squares->pdata, (int)squares->len, 1, error, NULL);
  norm = norm != NULL ? gen_unary (graph, "Sqrt", norm, error) : NULL;
  if (update->factor != NULL)
    norm = gen_binary (graph, "Mul", norm, update->factor, error);
  within = gen_binary (graph, "Div", gen_graph_float (graph, (float)limit), norm, error);
  within = gen_binary (graph, "Min", within, gen_graph_float (graph, 1), error);
  if (within == NULL)
    return FALSE;
  update->factor =
      update->factor == NULL ? within : gen_binary (graph, "Mul", within, update->factor, error);
  return update->factor != NULL;
}

static GenTensor *
whole_number (GenStep *step, gint64 value)
{
  return gen_graph_add_constant (
      step->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&value, sizeof value));
}

/* 1 in the last of the steps whose gradients make one update, else 0. */
static GenTensor *
is_last (GenStep *step, GError **error)
{
  const int n = step->settings->accumulate;
  GenTensor *place = gen_binary (step->graph, "Mod", step->count, whole_number (step, n), error);
  GenTensor *last = gen_binary (step->graph, "Equal", place, whole_number (step, n - 1), error);

  return last == NULL ? NULL
                      : gen_graph_op (step->graph, "Cast", &last, 1, 1, error, "to", GEN_INT,
                            (gint64)GEN_TYPE_FLOAT32, NULL);
}

/* `gradient` and those of the steps before it since the last update, which are a state. */
static GenTensor *
add_up (
    GenStep *step, const GenTensor *weight, GenTensor *gradient, GenTensor *last, GError **error)
{
  g_autofree char *name = g_strconcat (weight->name, ".gradient", NULL);
  const gsize size = gen_tensor_size (weight);
  GenTensor *sum = gen_graph_add_state (
      step->graph, name, weight->type, &weight->shape, g_bytes_new_take (g_malloc0 (size), size));
  GenTensor *total = gen_binary (step->graph, "Add", sum, gradient, error), *rest;

  rest = gen_binary (step->graph, "Sub", gen_graph_float (step->graph, 1), last, error);
  rest = gen_binary (step->graph, "Mul", total, rest, error);
  if (rest == NULL)
    return NULL;
  gen_graph_assign (step->graph, sum, rest);
  return total;
}

/* The gradients become sums over several steps, of which the last one makes an update. */
static gboolean
accumulate (
    GenStep *step, Update *update, GPtrArray *weights, GenTensor **gradients, GError **error)
{
  const int n = step->settings->accumulate;
  GenTensor *last = is_last (step, error);

  if (last == NULL)
    return FALSE;
  for (guint i = 0; i < weights->len; i++)
    if (gradients[i] != NULL &&
        (gradients[i] = add_up (step, weights->pdata[i], gradients[i], last, error)) == NULL)
      return FALSE;
  update->factor =
      gen_binary (step->graph, "Mul", last, gen_graph_float (step->graph, 1.0f / (float)n), error);
  update->count = gen_binary (step->graph, "Div", step->count, whole_number (step, n), error);
  return update->factor != NULL && update->count != NULL;
}

/* Gradients of `loss`, and what they are multiplied by. */
static gboolean
prepare_update (GenStep *step, Update *update, const char *name, GenTensor *loss,
    GPtrArray *weights, GenTensor **gradients, GError **error)
{
  if (!find_gradients (step, &update->scaling, name, loss, weights, gradients, error))
    return FALSE;
  update->count = step->scales ? update->scaling.updates : step->count;
  update->factor = update->scaling.factor;
  if (step->settings->accumulate > 1 && !accumulate (step, update, weights, gradients, error))
    return FALSE;
  return step->settings->clip_norm <= 0 || clip (step, update, gradients, weights->len, error);
}

/* Update `number` of `n` in each step. */
static gboolean
count_updates (GenStep *step, Update *update, int number, int n, GError **error)
{
  update->count = gen_binary (step->graph, "Mul", update->count, whole_number (step, n), error);
  update->count =
      gen_binary (step->graph, "Add", update->count, whole_number (step, number), error);
  return update->count != NULL;
}

static gboolean
change_weights (GenStep *step, GenStepNet *net, GenTensor *const *gradients, const Update *update,
    GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  g_autoptr (GPtrArray) weights = gen_step_net_weights (net);

  net->factor = update->factor;
  for (guint i = 0; i < weights->len; i++) {
    GenTensor *next;

    if (gradients[i] == NULL)
      continue;
    next = gen_optimizer_update (settings->optimizer, step->graph, weights->pdata[i], gradients[i],
        update->rate, update->count, update->factor, &settings->optimizer_settings, error);
    if (next == NULL)
      return FALSE;
    gen_step_net_change (net, i, next);
  }
  return TRUE;
}

gboolean
gen_step_minimise (
    GenStep *step, const guint *nets, guint n, GenTensor *loss, double rate, GError **error)
{
  return gen_step_minimise_again (step, nets, n, loss, rate, 0, 1, error);
}

gboolean
gen_step_minimise_again (GenStep *step, const guint *nets, guint n, GenTensor *loss, double rate,
    int number, int of, GError **error)
{
  g_autoptr (GPtrArray) weights = NULL;
  g_autofree GenTensor **gradients = NULL;
  Update update = { .rate = step->rate };
  guint first = 0;

  if (loss == NULL)
    return FALSE;
  if (!gen_step_trains (step))
    return TRUE;
  if (rate != 1)
    update.rate = gen_binary (
        step->graph, "Mul", step->rate, gen_graph_float (step->graph, (float)rate), error);
  weights = collect_weights (step, nets, n);
  if (weights->len == 0)
    return TRUE;
  gradients = g_new0 (GenTensor *, weights->len);
  if (update.rate == NULL || !prepare_update (step, &update, step->nets[nets[0]].net->role->name,
                                 loss, weights, gradients, error))
    return FALSE;
  if (of > 1 && !count_updates (step, &update, number, of, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    GenStepNet *net = &step->nets[nets[i]];

    if (!change_weights (step, net, gradients + first, &update, error))
      return FALSE;
    first += net->weights->len;
  }
  note_factor (step, nets, n, update.scaling.factor);
  if (step->scales)
    step->built->scales[nets[0]] = (int)make_output (step, update.scaling.next);
  return TRUE;
}

/* --- what is told --- */

gboolean
gen_step_report (GenStep *step, const char *figure, GenTensor *numbers, GenReportKind kind)
{
  GenStepReport report;

  if (numbers == NULL)
    return FALSE;
  report = (GenStepReport){ gen_recipe_figure (step->recipe, figure), make_output (step, numbers),
    kind };
  g_array_append_val (step->built->reports, report);
  return TRUE;
}

gboolean
gen_step_watch (GenStep *step, const char *what, GenTensor *numbers)
{
  GenStepWatch watch;

  if (numbers == NULL)
    return FALSE;
  watch = (GenStepWatch){ what, make_output (step, numbers) };
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
  g_free (weight);
}

static char *
average_name (const GenTensor *state)
{
  return g_strconcat ("average.", state->name, NULL);
}

static gboolean
add_average (GenStep *step, GenTensor *state, GenTensor *next, GenTensor *factor, GError **error)
{
  g_autofree char *name = average_name (state);
  GenTensor *average = gen_graph_add_state (
      step->graph, name, state->type, &state->shape, g_bytes_ref (state->data));

  next = gen_graph_op (step->graph, "MovingAverage", (GenTensor *[]){ average, next, factor },
      factor != NULL ? 3 : 2, 1, error, "decay", GEN_FLOAT, step->settings->ema, NULL);
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

/* Settle the states of a net: statistics get their last values, weights their moving averages, and
 * all are listed beside the constants that they are in the net as it was given. */
static gboolean
settle (GenStep *step, GenStepNet *net, GPtrArray *list, GError **error)
{
  const gboolean averaged = net->net->averaged && step->settings->ema > 0;

  for (guint i = 0; i < net->states->len; i++) {
    const guint n = net->weights->len;
    const gboolean learned = i < n;
    GenTensor *state = net->states->pdata[i];
    const GenTensor *tensor = learned ? net->weights->pdata[i] : net->statistics->pdata[i - n];
    GenTensor *next = g_hash_table_lookup (net->map, tensor);
    GenWeight *weight = g_new0 (GenWeight, 1);

    weight->constant = gen_graph_find (net->source, tensor->name);
    weight->state = g_strdup (state->name);
    g_ptr_array_add (list, weight);
    if (!learned && next != state) {
      next = keep (step, net, state, next, error);
      if (next == NULL)
        return FALSE;
      gen_graph_assign (step->graph, state, next);
    }
    if (!averaged || !learned)
      continue;
    weight->average = average_name (state);
    if (!add_average (step, state, next, net->factor, error))
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
  next = gen_binary (step->graph, "Add", step->count,
      gen_graph_add_constant (step->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
          g_bytes_new (&(gint64){ 1 }, sizeof (gint64))),
      error);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (step->graph, step->count, next);
  return TRUE;
}

/* Names that mean nothing are mistaken. */
static gboolean
check_trainable (const GenStep *step, GenGraph *const *nets, GError **error)
{
  const char *names[GEN_RECIPE_MAX_NETS];
  g_autofree char *idle = NULL;

  for (guint i = 0; i < step->built->n_nets; i++)
    names[i] = step->recipe->nets[i].role->name;
  idle = gen_parameters_find_idle (nets, names, step->built->n_nets, step->settings->trainable);
  if (idle == NULL)
    return TRUE;
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

/* Samples are like what the net makes. */
static gboolean
find_made_shape (GenStep *step, const GenStepNet *net, GError **error)
{
  const GenTensor *made = g_ptr_array_index (net->source->outputs, 0);
  const GenShape data = data_shape (step);
  GenShape *shape = &step->sample_shape;

  *shape = made->shape;
  if (shape->rank > 0)
    shape->dims[0] = gen_step_batch (step);
  for (int i = 1; i < shape->rank && shape->rank == data.rank; i++)
    if (shape->dims[i] < 0)
      shape->dims[i] = data.dims[i];
  if (shape->rank >= 3 && gen_shape_is_known (shape) && gen_shape_elements (shape) > 0) {
    shape->dims[1] *= MAX (step->recipe->frames, 1);
    return TRUE;
  }
  g_autofree char *text = gen_shape_to_string (&made->shape);
  g_autofree char *has = gen_shape_to_string (&data);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s's output '%s' has the shape %s, and the data %s; [batch, channels, height, width] or "
      "[batch, channels, length] is wanted, of which the data knows what the net leaves free",
      net->net->role->name, made->name, text, has);
  return FALSE;
}

static gboolean
prepare_net (GenStep *step, guint i, GError **error)
{
  const GenStepNet *net = &step->nets[i];
  GenShape shape;

  if (step->recipe->data_made && i == step->recipe->data_net)
    return find_made_shape (step, net, error);
  for (guint k = 0; k < net->net->n_inputs; k++)
    if (!gen_step_net_shape (net, k, gen_step_batch (step), &shape, error))
      return FALSE;
  if (i == step->recipe->data_net)
    step->sample_shape = gen_step_input_shape (step, i, 0);
  return TRUE;
}

static gboolean
prepare (GenStep *step, GenGraph *const *nets, GError **error)
{
  for (guint i = 0; i < step->built->n_nets; i++) {
    if (!gen_step_net_prepare (&step->nets[i], &step->recipe->nets[i], nets[i],
            gen_step_batch (step), step->settings->trainable, gen_step_trains (step), error) ||
        !prepare_net (step, i, error))
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

static gboolean
build (GenStep *step, GenGraph *const *nets, GError **error)
{
  if (!prepare (step, nets, error) || !check_trainable (step, nets, error))
    return FALSE;
  if (step->purpose == GEN_STEP_TRAINS)
    add_count (step);
  for (guint i = 0; i < step->built->n_nets; i++)
    gen_step_net_add_states (&step->nets[i], step->graph);
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
  return TRUE;
}

gboolean
gen_step_graph_build (GenStepGraph *built, GenStepPurpose purpose, GenGraph *const *nets,
    const GenTrainerSettings *settings, GError **error)
{
  static const char *const names[] = { "training step", "measuring step", "what is made" };
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
