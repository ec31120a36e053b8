/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a loss becomes updates of weights: gradients, their sums over several steps, their norm, the
 * scale of the loss, and the optimiser. */
#include "step-adapter.h"
#include "step-exchange.h"
#include "step-private.h"
#include "step-retention.h"
#include "step-zeros.h"

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

/* The gradients of `loss`, of all members in the mean; where it is scaled, with the factor that
 * takes the scale off again. */
static gboolean
find_gradients (GenStep *step, GenLossScaling *scaling, const char *name, GenTensor *loss,
    GPtrArray *weights, GenTensor **gradients, GError **error)
{
  GenTensor *scaled = loss;

  if (step->scales)
    scaled = gen_loss_scaling_begin (scaling, step->graph, name, loss, error);
  if (scaled == NULL ||
      !gen_graph_gradients (step->graph, scaled, (GenTensor *const *)weights->pdata, weights->len,
          gradients, error) ||
      !gen_step_average_over_members (step, gradients, weights->len, error))
    return FALSE;
  return !step->scales ||
         (gen_step_average_over_members (step, &loss, 1, error) &&
             gen_loss_scaling_end (scaling, step->graph, loss, gradients, weights->len, error));
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
  update->factor =
      update->factor == NULL ? within : gen_binary (graph, "Mul", within, update->factor, error);
  return update->factor != NULL;
}

/* 1 in the last of the steps whose gradients make one update, else 0. */
static GenTensor *
is_last (GenStep *step, GError **error)
{
  const int n = step->settings->accumulate;
  GenTensor *place =
      gen_binary (step->graph, "Mod", step->count, gen_step_whole_number (step, n), error);
  GenTensor *last =
      gen_binary (step->graph, "Equal", place, gen_step_whole_number (step, n - 1), error);

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
  update->count =
      gen_binary (step->graph, "Div", step->count, gen_step_whole_number (step, n), error);
  return update->factor != NULL && update->count != NULL;
}

/* Gradients of `loss`, and what they are multiplied by. */
static gboolean
prepare_update (GenStep *step, Update *update, const guint *nets, guint n, GenTensor *loss,
    GPtrArray *weights, GenTensor **gradients, GError **error)
{
  const char *name = step->nets[nets[0]].net->role->name;

  if (!find_gradients (step, &update->scaling, name, loss, weights, gradients, error) ||
      (step->settings->keep_zeros && !gen_step_zeros_hold (step, nets, n, gradients, error)))
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
  update->count =
      gen_binary (step->graph, "Mul", update->count, gen_step_whole_number (step, n), error);
  update->count =
      gen_binary (step->graph, "Add", update->count, gen_step_whole_number (step, number), error);
  return update->count != NULL;
}

static gboolean
change_weights (GenStep *step, GenStepNet *net, GenTensor *const *gradients, const Update *update,
    GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  g_autoptr (GPtrArray) weights = gen_step_net_weights (net);

  net->updates = update->count;
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
  return gen_step_adapter_choose (step, net, weights, gradients, update->count, error);
}

/* What a weight that nothing changes counts for `loss`: its gradients are squared and added up. */
static gboolean
add_squares (GenStep *step, const guint *nets, guint n, GenTensor *loss, GError **error)
{
  GenGraph *graph = step->graph;
  g_autoptr (GPtrArray) weights = collect_weights (step, nets, n);
  g_autofree GenTensor **gradients = g_new0 (GenTensor *, weights->len);

  if (!gen_graph_gradients (
          graph, loss, (GenTensor *const *)weights->pdata, weights->len, gradients, error))
    return FALSE;
  for (guint i = 0; i < weights->len; i++) {
    const GenTensor *weight = weights->pdata[i];
    const gsize size = gen_tensor_size (weight);
    g_autofree char *name = g_strconcat (GEN_STEP_SQUARES, weight->name, NULL);
    GenTensor *sum = gen_graph_add_state (
        graph, name, weight->type, &weight->shape, g_bytes_new_take (g_malloc0 (size), size));
    GenTensor *square;

    if (gradients[i] == NULL)
      continue;
    square = gen_binary (graph, "Mul", gradients[i], gradients[i], error);
    square = gen_binary (graph, "Add", sum, square, error);
    if (square == NULL)
      return FALSE;
    gen_graph_assign (graph, sum, square);
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
  if (step->purpose == GEN_STEP_WEIGHS)
    return number > 0 || add_squares (step, nets, n, loss, error);
  if (rate != 1)
    update.rate = gen_binary (
        step->graph, "Mul", step->rate, gen_graph_float (step->graph, (float)rate), error);
  weights = collect_weights (step, nets, n);
  if (weights->len == 0)
    return TRUE;
  gradients = g_new0 (GenTensor *, weights->len);
  loss = gen_step_adapter_penalise (step, nets, n, loss, error);
  loss = gen_step_retention_penalise (step, nets, n, loss, error);
  if (loss == NULL)
    return FALSE;
  if (update.rate == NULL ||
      !prepare_update (step, &update, nets, n, loss, weights, gradients, error))
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
    step->built->scales[nets[0]] = (int)gen_step_output (step, update.scaling.next);
  return TRUE;
}
