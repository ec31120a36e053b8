/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The classifier gives each class of a sample a score, and the cross entropy of what Softmax makes
 * of these with the shares that classes have in the sample is minimised: all of it is one class's,
 * unless it is a mixture of several (Zhang et al., "mixup: beyond empirical risk minimization",
 * 2018). Labels are smoothed as by Szegedy et al., "Rethinking the Inception architecture for
 * computer vision", 2016. */
#include "attacked.h"
#include "class-bars.h"

enum { CLASSIFIER };

static gint64
extent (const GenTensor *tensor, int axis)
{
  return tensor->shape.rank > axis ? tensor->shape.dims[axis] : -1;
}

/* The scores of `samples`, [batch, classes]. */
static GenTensor *
score (GenStep *step, GenTensor *samples, GError **error)
{
  GenTensor *scores = samples != NULL ? gen_step_apply_to (step, CLASSIFIER, samples, error) : NULL;

  if (scores == NULL)
    return NULL;
  if (scores->shape.rank == 2 && extent (scores, 0) == gen_step_batch (step) &&
      extent (scores, 1) >= 2)
    return scores;
  g_autofree char *text = gen_shape_to_string (&scores->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the classifier gives %s for a batch of %" G_GINT64_FORMAT
      " samples; it must give one score for each of two classes or more, [batch, classes]",
      text, gen_step_batch (step));
  return NULL;
}

/* [batch], or [batch, 1] where the axis is kept. */
static GenTensor *
reduce (GenGraph *graph, const char *op, GenTensor *x, gboolean keep, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, op, &x, 1, 1, error, "axes", GEN_INTS, 1, (gint64[]){ 1 },
                         "keepdims", GEN_INT, keep, NULL);
}

/* [batch]: the mean of `x` over the classes, [batch, classes], by their shares in the sample. */
static GenTensor *
weigh (GenGraph *graph, GenTensor *x, GenTensor *shares, GError **error)
{
  return reduce (graph, "ReduceSum", gen_binary (graph, "Mul", shares, x, error), FALSE, error);
}

/* [batch]: what of the logarithms of probabilities, [batch, classes], the classes lack. */
static GenTensor *
lack (GenGraph *graph, GenTensor *logarithms, GenTensor *shares, GError **error)
{
  return gen_unary (graph, "Neg", weigh (graph, logarithms, shares, error), error);
}

/* [batch]: how much of the sample is of the class that is the most probable one. */
static GenTensor *
agree (GenGraph *graph, GenTensor *logarithms, GenTensor *shares, GError **error)
{
  GenTensor *best = reduce (graph, "ReduceMax", logarithms, TRUE, error);

  best = gen_binary (graph, "GreaterOrEqual", logarithms, best, error);
  if (best != NULL)
    best = gen_graph_op (
        graph, "Cast", &best, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  return best != NULL ? weigh (graph, best, shares, error) : NULL;
}

/* [batch]: that of smoothed labels, of which all classes have a share. */
static GenTensor *
smooth (
    GenGraph *graph, GenTensor *lacking, GenTensor *logarithms, double smoothing, GError **error)
{
  GenTensor *right, *mean;

  if (smoothing == 0)
    return lacking;
  right = gen_binary (graph, "Mul", lacking, gen_graph_float (graph, 1 - smoothing), error);
  mean = reduce (graph, "ReduceMean", logarithms, FALSE, error);
  mean = gen_binary (graph, "Mul", mean, gen_graph_float (graph, smoothing), error);
  return gen_binary (graph, "Sub", right, mean, error);
}

/* [batch, classes]: the logarithms of probabilities. */
static GenTensor *
find_logarithms (GenStep *step, GenTensor *samples, GenTensor **scores, GError **error)
{
  *scores = gen_step_precise (step, score (step, samples, error), error);
  if (*scores == NULL)
    return NULL;
  gen_step_set_classes (step, extent (*scores, 1));
  return gen_graph_op (
      gen_step_graph (step), "LogSoftmax", scores, 1, 1, error, "axis", GEN_INT, 1, NULL);
}

/* What attacks raise: the cross entropy, [batch]. */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  GenTensor *scores, *logarithms = find_logarithms (step, samples, &scores, error);

  return logarithms != NULL
             ? lack (gen_step_graph (step), logarithms, gen_step_shares (step), error)
             : NULL;
}

/* Where it only measures: how it does under the attack that it is trained against. */
static gboolean
report_attacked (GenStep *step, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples, *scores, *logarithms, *shares;

  if (!gen_attacked_is_on (step) || gen_step_trains (step))
    return TRUE;
  samples = gen_attacked_all (step, gen_step_samples (step), TRUE, lose, NULL, error);
  logarithms = samples != NULL ? find_logarithms (step, samples, &scores, error) : NULL;
  if (logarithms == NULL)
    return FALSE;
  shares = gen_step_shares (step);
  return gen_step_report (
             step, "robust-loss", lack (graph, logarithms, shares, error), GEN_REPORT_MEAN) &&
         gen_step_report (
             step, "robust-accuracy", agree (graph, logarithms, shares, error), GEN_REPORT_MEAN);
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint classifier = CLASSIFIER;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples = gen_attacked (step, gen_step_samples (step), TRUE, lose, NULL, error);
  GenTensor *scores, *logarithms, *shares, *lacking, *losses, *loss;

  logarithms = samples != NULL ? find_logarithms (step, samples, &scores, error) : NULL;
  if (logarithms == NULL)
    return FALSE;
  shares = gen_step_shares (step);
  lacking = lack (graph, logarithms, shares, error);
  if (lacking == NULL)
    return FALSE;
  losses = smooth (graph, lacking, logarithms, gen_step_settings (step)->label_smoothing, error);
  if (losses == NULL)
    return FALSE;
  loss = gen_graph_op (graph, "ReduceMean", &losses, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_step_minimise (step, &classifier, 1, loss, 1, error) &&
         gen_step_report (step, "loss", losses, GEN_REPORT_MEAN) &&
         gen_step_report (
             step, "accuracy", agree (graph, logarithms, shares, error), GEN_REPORT_MEAN) &&
         gen_step_watch (step, "the classifier's scores", scores) && report_attacked (step, error);
}

/* --- what is shown --- */

/* Samples, and beside each how probable its classes are. Of sounds there is no such picture: they
 * are shown twice. */
static gboolean
make (GenStep *step, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples = gen_step_samples (step), *scores = score (step, samples, error),
            *bars = samples;

  if (scores == NULL)
    return FALSE;
  scores = gen_graph_op (graph, "Softmax", &scores, 1, 1, error, "axis", GEN_INT, 1, NULL);
  if (samples->shape.rank == 4)
    bars = gen_class_bars_draw (graph, scores, &samples->shape, error);
  return gen_step_show (step, samples) && gen_step_show (step, bars);
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_classifier, .n_inputs = 1, .averaged = TRUE, .scores = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/classifier", ", loss ", "",
        3, -INFINITY },
      "loss-on-validation", "loss/validation" },
  { { { "accuracy", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_HIGHER }, "accuracy/training",
        ", accuracy ", "", 3, -INFINITY },
      "accuracy-on-validation", "accuracy/validation", TRUE },
  { { { "robust-accuracy", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_HIGHER }, NULL,
        ", robust accuracy ", "", 3, -INFINITY },
      "robust-accuracy-on-validation", "accuracy/validation-robust", TRUE, TRUE },
  GEN_ATTACKED_FIGURE,
};

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  GEN_ATTACKED_SETTINGS,
  { .name = "label-smoothing",
      .nick = "Label smoothing",
      .description = "The right class counts as 1 minus this, below 0.5, and all share the rest (0 "
                     "= not smoothed)",
      .type = GEN_SETTING_DOUBLE,
      .offset = G_STRUCT_OFFSET (GenTrainerSettings, label_smoothing),
      .minimum = 0,
      .maximum = 0.5,
      .of_learning = TRUE },
};

const GenRecipe gen_recipe_classifier = {
  .name = "classifier",
  .description = "A classifier, taught by the classes that samples come with",
  .nets = nets,
  .data_net = CLASSIFIER,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .labels = TRUE,
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 2,
  .make = make,
};
