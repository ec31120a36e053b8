/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nets as they were are constants of the step's graph: what they were given as. What they made is
 * what they make as they play, of what the net was last given; a net that is told classes is asked
 * about those that it knew before, since those of the samples may all be new. */
#include "step-retention.h"

#include <string.h>

#include <generative/random.h>

static guint
count_outputs (const GenStepNet *net)
{
  return MAX (net->net->n_outputs, 1);
}

/* --- what is asked for --- */

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

static char *
name_weight (const GenStepNet *net, guint i)
{
  return g_strconcat (
      net->net->role->name, ".", ((const GenTensor *)net->weights->pdata[i])->name, NULL);
}

static gboolean
check_net (const GenStep *step, const GenStepNet *net, GError **error)
{
  const GenImportance *importance = step->settings->importance;

  for (guint i = 0; importance != NULL && i < net->weights->len; i++) {
    const GenTensor *weight = net->weights->pdata[i];
    g_autofree char *name = name_weight (net, i), *shape = gen_shape_to_string (&weight->shape);
    const GenImportanceOf *of = gen_importance_find (importance, name);

    if (of == NULL)
      return fail (error,
          "retain: nothing is known of how important '%s' is; what was measured is of other nets",
          name);
    if (!gen_shape_equal (&of->shape, &weight->shape))
      return fail (error,
          "retain: '%s' has the shape %s, and how important it is was measured of another one; "
          "what was measured is of other nets",
          name, shape);
  }
  return TRUE;
}

gboolean
gen_step_retention_check (const GenStep *step, GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  const GenRetention *retention = settings->retention;

  if (step->purpose != GEN_STEP_TRAINS ||
      (retention->weights == NULL && retention->outputs == NULL))
    return TRUE;
  if (settings->adapter->adapts)
    return fail (error,
        "retain: %s holds weights that are trained, and adapter=%s trains none of those that there "
        "were: at scale 0 nothing is forgotten",
        retention->name, settings->adapter->name);
  if (retention->measured && settings->importance == NULL)
    return fail (error,
        "retain: %s wants to know how important weights were, which a training measures at its end "
        "where importance-samples says so",
        retention->name);
  for (guint i = 0; retention->weights != NULL && i < step->built->n_nets; i++)
    if (!check_net (step, &step->nets[i], error))
      return FALSE;
  return TRUE;
}

gboolean
gen_step_retention_note (GenStepNet *net, GenTensor *const *inputs, GenTensor *const *outputs)
{
  memcpy (net->last_inputs, inputs, net->source->inputs->len * sizeof *inputs);
  memcpy (net->last_outputs, outputs, count_outputs (net) * sizeof *outputs);
  return TRUE;
}

/* --- weights --- */

static GenTensor *
copy_constant (GenGraph *graph, const GenShape *shape, GBytes *numbers)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, shape, g_bytes_ref (numbers));
}

static gboolean
hold_weights (GenStep *step, const GenStepNet *net, GPtrArray *terms, GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  g_autoptr (GPtrArray) now = gen_step_net_weights (net);

  for (guint i = 0; i < now->len; i++) {
    const GenTensor *before = net->weights->pdata[i];
    g_autofree char *name = name_weight (net, i);
    const GenImportanceOf *of =
        settings->importance != NULL ? gen_importance_find (settings->importance, name) : NULL;
    GenTensor *term = settings->retention->weights (step->graph, now->pdata[i],
        copy_constant (step->graph, &before->shape, before->data),
        of != NULL ? copy_constant (step->graph, &of->shape, of->numbers) : NULL, error);

    if (term == NULL)
      return FALSE;
    g_ptr_array_add (terms, term);
  }
  return TRUE;
}

/* --- what nets make --- */

/* One of the classes that there were for each sample of the batch, int64 [batch]. */
static GenTensor *
draw_classes (GenStep *step, gint64 classes, GError **error)
{
  const gint64 batch = gen_step_batch (step);
  GenTensor *drawn = gen_graph_op (
      step->graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 1, &batch, NULL);

  if (drawn == NULL)
    return NULL;
  drawn->producer->stream = GEN_STREAM_RETAINED_CLASS;
  drawn->producer->id = 0;
  drawn =
      gen_binary (step->graph, "Mul", drawn, gen_graph_float (step->graph, (float)classes), error);
  drawn = gen_binary (
      step->graph, "Min", drawn, gen_graph_float (step->graph, (float)classes - 0.5f), error);
  return drawn == NULL ? NULL
                       : gen_graph_op (step->graph, "Cast", &drawn, 1, 1, error, "to", GEN_INT,
                             (int)GEN_TYPE_INT64, NULL);
}

/* The net is applied once more, and told classes that there were. */
static gboolean
ask_again (GenStep *step, guint number, GError **error)
{
  GenStepNet *net = &step->nets[number];
  const gint64 before = step->settings->retain_classes;
  GenTensor *told = step->told, *inputs[GEN_RECIPE_MAX_INPUTS], *outputs[GEN_RECIPE_MAX_OUTPUTS];
  gboolean applied;

  for (guint i = 0; i < net->net->n_inputs; i++)
    inputs[i] = gen_unary (step->graph, "StopGradient", net->last_inputs[i], error);
  step->told = draw_classes (step, before > 0 ? MIN (before, net->classes) : net->classes, error);
  applied = step->told != NULL && gen_step_apply_all (step, number, inputs, outputs, error);
  step->told = told;
  return applied;
}

/* What the net as it was makes of what it was last given. */
static gboolean
play_before (GenStep *step, const GenStepNet *net, GenTensor **outputs, GError **error)
{
  g_autoptr (GenGraph) before = gen_graph_copy (net->source);
  g_autofree char *prefix = g_strconcat ("before.", net->net->role->name, ".", NULL);

  if (net->net->scores)
    gen_step_net_take_scores (before);
  if (!gen_graph_append (step->graph, before, prefix, net->last_inputs, outputs, NULL, error))
    return FALSE;
  for (guint i = 0; i < count_outputs (net); i++)
    if ((outputs[i] = gen_unary (step->graph, "StopGradient", outputs[i], error)) == NULL)
      return FALSE;
  return TRUE;
}

/* How many classes the scores that it makes were of before; 0: it makes none. */
static gint64
count_scored (const GenStep *step, const GenStepNet *net, const GenTensor *scores)
{
  const gint64 before = step->settings->retain_classes;

  if (!net->net->scores || !step->recipe->labels || scores->shape.rank != 2 ||
      scores->shape.dims[1] < 2)
    return 0;
  return before > 0 ? MIN (before, scores->shape.dims[1]) : scores->shape.dims[1];
}

static gboolean
hold_outputs (GenStep *step, guint number, GPtrArray *terms, GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  GenStepNet *net = &step->nets[number];
  GenTensor *before[GEN_RECIPE_MAX_OUTPUTS];

  /* A discriminator that says what it said would teach nothing that is new. */
  if (net->last_outputs[0] == NULL || gen_step_net_only_scores (net->net, step->recipe))
    return TRUE;
  if ((net->classes > 0 && !ask_again (step, number, error)) ||
      !play_before (step, net, before, error))
    return FALSE;
  for (guint i = 0; i < count_outputs (net); i++) {
    GenTensor *now = gen_step_precise (step, net->last_outputs[i], error), *term;

    if (now == NULL)
      return FALSE;
    /* Codes of a codebook are the nearest ones, which no gradient changes. */
    if (now->type != GEN_TYPE_FLOAT32)
      continue;
    term = settings->retention->outputs (step->graph, now, before[i], count_scored (step, net, now),
        settings->retain_temperature, error);
    if (term == NULL)
      return FALSE;
    g_ptr_array_add (terms, term);
  }
  return TRUE;
}

/* --- both --- */

GenTensor *
gen_step_retention_penalise (
    GenStep *step, const guint *nets, guint n, GenTensor *loss, GError **error)
{
  const GenTrainerSettings *settings = step->settings;
  const GenRetention *retention = settings->retention;
  const double weight = settings->retain_weight > 0 ? settings->retain_weight : retention->weight;
  g_autoptr (GPtrArray) terms = g_ptr_array_new ();
  GenTensor *sum;

  if (loss == NULL)
    return NULL;
  for (guint i = 0; i < n; i++) {
    if (retention->weights != NULL && !hold_weights (step, &step->nets[nets[i]], terms, error))
      return NULL;
    if (retention->outputs != NULL && !hold_outputs (step, nets[i], terms, error))
      return NULL;
  }
  if (terms->len == 0)
    return loss;
  sum = gen_graph_op (
      step->graph, "Sum", (GenTensor **)terms->pdata, (int)terms->len, 1, error, NULL);
  sum = gen_binary (step->graph, "Mul", sum, gen_graph_float (step->graph, (float)weight), error);
  return gen_binary (step->graph, "Add", loss, sum, error);
}
