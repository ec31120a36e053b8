/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With a batch of real samples and a batch of latents,
 *
 *   1. the generator makes samples of the latents;
 *   2. the discriminator scores real and made samples, its loss flows back, the optimiser changes
 *      its weights;
 *   3. the changed discriminator scores the made samples again, the generator's loss flows back
 *      through it, the optimiser changes the generator's weights.
 *
 * The first two are made discriminator_steps times, on the same real samples and other latents. */
#include <string.h>

#include "../losses/scores.h"
#include "adversary.h"
#include "attacked.h"
#include "gradient-penalty.h"
#include "view.h"

/* How far from a sample the discriminator's gradient on it is measured: the deviation of the noise,
 * where black and white are 2 apart. */
#define NEAR 0.01

enum { GENERATOR, DISCRIMINATOR };

/* What the discriminator scores in its own update: real and made samples, and behind them those
 * that are near the ones on which its gradient is penalised. */
enum { REAL, FAKE, KINDS };
#define MOST_BATCHES (2 * KINDS)

static gboolean
check_made (const GenTensor *fake, const GenShape *wanted, GError **error)
{
  if (gen_shape_equal (&fake->shape, wanted))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&fake->shape);
  g_autofree char *wants = gen_shape_to_string (wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the generator makes %s, but the discriminator takes %s", has, wants);
  return FALSE;
}

/* The samples with a little noise on them. */
static GenTensor *
go_near (GenGraph *graph, GenTensor *samples, GError **error)
{
  GenTensor *noise = gen_graph_op (
      graph, "RandomNormalLike", &samples, 1, 1, error, "scale", GEN_FLOAT, NEAR, NULL);

  return gen_binary (graph, "Add", samples, noise, error);
}

/* `loss` and weight / 2 times the mean square of the discriminator's gradient on samples (Mescheder
 * et al., "Which training methods for GANs do actually converge?", 2018), by how far `scores` and
 * those of samples near them are apart (Lin et al., "Diffusion adversarial post-training", 2025):
 * its own gradient is of the first order. */
static GenTensor *
penalise (GenGraph *graph, GenTensor *loss, GenTensor *scores, GenTensor *near, double weight,
    GError **error)
{
  GenTensor *apart = gen_binary (graph, "Sub", scores, near, error);
  GenTensor *mean = gen_binary (graph, "Mul", apart, apart, error);

  if (mean != NULL)
    mean = gen_graph_op (graph, "ReduceMean", &mean, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  return gen_binary (graph, "Add", loss,
      gen_binary (graph, "Mul", mean, gen_graph_float (graph, weight / (2 * NEAR * NEAR)), error),
      error);
}

/* The exact penalties. */
static GenTensor *
penalise_exactly (
    GenStep *step, GenTensor *loss, GenTensor *const samples[KINDS], guint number, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const gboolean exact = settings->penalty == GEN_PENALTY_EXACT;
  const double weights[] = { exact ? settings->r1 : 0, exact ? settings->r2 : 0,
    settings->gradient_penalty };
  GenGraph *graph = gen_step_graph (step);

  for (guint i = 0; loss != NULL && i < G_N_ELEMENTS (weights); i++) {
    GenTensor *penalty;

    if (weights[i] <= 0)
      continue;
    penalty = i < KINDS ? gen_gradient_penalty_zero (step, DISCRIMINATOR, samples[i], error)
                        : gen_gradient_penalty_one (
                              step, DISCRIMINATOR, samples[REAL], samples[FAKE], number, error);
    penalty = gen_binary (graph, "Mul", penalty, gen_graph_float (graph, (float)weights[i]), error);
    loss = gen_binary (graph, "Add", loss, penalty, error);
  }
  return loss;
}

/* The discriminator's loss on `samples`, of each kind a batch, whose scores become `scores`. */
static GenTensor *
discriminator_loss (GenStep *step, GenTensor *const samples[KINDS], guint number,
    GenTensor *scores[KINDS], GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const gboolean estimated = settings->penalty == GEN_PENALTY_ESTIMATED;
  const double weights[KINDS] = {
    [REAL] = estimated ? settings->r1 : 0, [FAKE] = estimated ? settings->r2 : 0
  };
  GenGraph *graph = gen_step_graph (step);
  GenTensor *batches[MOST_BATCHES] = { samples[REAL], samples[FAKE] }, *all[MOST_BATCHES], *loss;
  int n = KINDS, near = KINDS;

  for (int kind = 0; kind < KINDS; kind++)
    if (weights[kind] > 0 && (batches[n++] = go_near (graph, samples[kind], error)) == NULL)
      return NULL;
  if (!gen_step_discriminate (step, DISCRIMINATOR, batches, (guint)n, FALSE, all, error))
    return NULL;
  for (int i = 0; i < n; i++)
    if ((all[i] = gen_step_precise (step, all[i], error)) == NULL)
      return NULL;
  memcpy (scores, all, KINDS * sizeof *scores);
  loss = settings->loss->discriminator (
      graph, scores[REAL], scores[FAKE], settings->label_smoothing, error);
  for (int kind = 0; kind < KINDS && loss != NULL; kind++)
    if (weights[kind] > 0)
      loss = penalise (graph, loss, scores[kind], all[near++], weights[kind], error);
  return penalise_exactly (step, loss, samples, number, error);
}

/* The mean over the batch of what the discriminator's last layer took. */
static GenTensor *
mean_of_features (GenStep *step, GError **error)
{
  GenTensor *features = gen_step_features (step, DISCRIMINATOR, error);

  features = gen_step_precise (step, features, error);
  if (features == NULL)
    return NULL;
  return gen_graph_op (gen_step_graph (step), "ReduceMean", &features, 1, 1, error, "axes",
      GEN_INTS, 1, (gint64[]){ 0 }, NULL);
}

/* `loss` and how far the features of what has just been scored are from those of real samples, in
 * the mean (Salimans et al., "Improved techniques for training GANs", 2016). */
static GenTensor *
match_features (
    GenStep *step, const GenView *view, GenTensor *loss, GenTensor *real, GError **error)
{
  const double weight = gen_step_settings (step)->feature_matching;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *made, *wanted, *apart;

  if (weight <= 0)
    return loss;
  made = mean_of_features (step, error);
  real = gen_view_see (view, step, real, error);
  if (made == NULL || gen_step_apply_to (step, DISCRIMINATOR, real, error) == NULL)
    return NULL;
  wanted = mean_of_features (step, error);
  apart = gen_binary (graph, "Sub", made,
      wanted != NULL ? gen_unary (graph, "StopGradient", wanted, error) : NULL, error);
  apart = gen_loss_mean (graph, gen_binary (graph, "Mul", apart, apart, error), weight, error);
  return gen_binary (graph, "Add", loss, apart, error);
}

static GenTensor *
generator_loss (GenStep *step, const GenView *view, GenTensor *real_scores,
    GenTensor *const samples[KINDS], GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  /* They hang on made samples, too, as far as the graph knows, where both were one batch. */
  GenTensor *before = gen_unary (graph, "StopGradient", real_scores, error);
  GenTensor *again = gen_step_apply_to (
      step, DISCRIMINATOR, gen_view_see (view, step, samples[FAKE], error), error);

  again = gen_step_precise (step, again, error);
  if (before == NULL || again == NULL)
    return NULL;
  again = gen_step_settings (step)->loss->generator (graph, before, again, error);
  return match_features (step, view, again, samples[REAL], error);
}

static gboolean
report_scores (GenStep *step, GenTensor *scores[KINDS])
{
  return gen_step_report (step, "accuracy-on-real", scores[REAL], GEN_REPORT_SHARE_ABOVE_ZERO) &&
         gen_step_report (
             step, "accuracy-on-fake", scores[FAKE], GEN_REPORT_SHARE_NOT_ABOVE_ZERO) &&
         gen_step_watch (step, "the discriminator's scores", scores[REAL]) &&
         gen_step_watch (step, "the discriminator's scores", scores[FAKE]);
}

/* Samples that the generator makes for update `number` of the discriminator. */
static GenTensor *
make_fake (GenStep *step, guint number, GError **error)
{
  GenTensor *fake = gen_step_latents (step, GENERATOR, error);

  if (fake == NULL)
    return NULL;
  fake->producer->id = number;
  fake = gen_step_apply_to (step, GENERATOR, fake, error);
  return fake != NULL && check_made (fake, &gen_step_samples (step)->shape, error) ? fake : NULL;
}

/* Say what would do where it is an exact penalty that a net has no gradient for. */
static void
explain (const GenTrainerSettings *settings, GError **error)
{
  const gboolean exact = settings->penalty == GEN_PENALTY_EXACT && settings->r1 + settings->r2 > 0;

  if ((exact || settings->gradient_penalty > 0) &&
      g_error_matches (*error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT))
    g_prefix_error_literal (error,
        "an exact penalty asks for gradients of gradients, which r1 and r2 with penalty=estimated "
        "do without: ");
}

/* What attacks on real samples raise: the discriminator's loss, where made ones have the scores
 * `data` (Liu and Hsieh, "Rob-GAN: generator, discriminator, and adversarial attacker", 2019). */
static GenTensor *
lose (GenStep *step, GenTensor *real, gpointer data, GError **error)
{
  GenTensor *scores = gen_step_apply_to (step, DISCRIMINATOR, real, error);

  scores = gen_step_precise (step, scores, error);
  return scores == NULL ? NULL
                        : gen_step_settings (step)->loss->discriminator (
                              gen_step_graph (step), scores, data, 0, error);
}

/* The scores of made samples, which stay while real ones are attacked. */
static GenTensor *
score_made (GenStep *step, GenTensor *made, GError **error)
{
  GenTensor *scores =
      gen_step_precise (step, gen_step_apply_to (step, DISCRIMINATOR, made, error), error);

  return scores != NULL ? gen_unary (gen_step_graph (step), "StopGradient", scores, error) : NULL;
}

/* What the discriminator sees of samples in an update. */
static gboolean
see (GenStep *step, const GenView *view, GenTensor *const samples[KINDS], GenTensor *seen[KINDS],
    GError **error)
{
  GenTensor *scores;

  for (int kind = 0; kind < KINDS; kind++)
    if ((seen[kind] = gen_view_see (view, step, samples[kind], error)) == NULL)
      return FALSE;
  if (!gen_attacked_is_on (step) || !gen_step_trains (step))
    return TRUE;
  scores = score_made (step, seen[FAKE], error);
  seen[REAL] = scores != NULL ? gen_attacked (step, seen[REAL], TRUE, lose, scores, error) : NULL;
  return seen[REAL] != NULL;
}

/* Where it only measures: how often real samples are still told under attack. */
static gboolean
report_attacked (GenStep *step, GenTensor *const samples[KINDS], GError **error)
{
  GenTensor *scores, *real;

  if (!gen_attacked_is_on (step))
    return TRUE;
  scores = score_made (step, samples[FAKE], error);
  real = scores != NULL ? gen_attacked_all (step, samples[REAL], TRUE, lose, scores, error) : NULL;
  scores = real != NULL ? gen_step_apply_to (step, DISCRIMINATOR, real, error) : NULL;
  return scores != NULL && gen_step_report (step, "robust-accuracy-on-real",
                               gen_step_precise (step, scores, error), GEN_REPORT_SHARE_ABOVE_ZERO);
}

/* One update of the discriminator. */
static gboolean
learn_to_tell (GenStep *step, const GenView *view, GenTensor *const samples[KINDS], int number,
    GenTensor **loss, GenTensor *scores[KINDS], GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const guint discriminator = DISCRIMINATOR;
  GenTensor *seen[KINDS];
  g_autoptr (GError) own = NULL;

  if (!see (step, view, samples, seen, error))
    return FALSE;
  *loss = discriminator_loss (step, seen, (guint)number, scores, &own);
  if (*loss != NULL && gen_step_minimise_again (step, &discriminator, 1, *loss, 1, number,
                           settings->discriminator_steps, &own))
    return TRUE;
  explain (settings, &own);
  g_propagate_error (error, g_steal_pointer (&own));
  return FALSE;
}

static gboolean
build (GenStep *step, GError **error)
{
  const int n = gen_step_trains (step) ? gen_step_settings (step)->discriminator_steps : 1;
  const guint generator = GENERATOR;
  GenTensor *samples[KINDS] = { gen_step_samples (step) }, *scores[KINDS] = { NULL };
  GenTensor *d_loss = NULL, *g_loss;
  GenView view;

  if (!gen_view_init (&view, step, error))
    return FALSE;
  for (int i = 0; i < n; i++) {
    samples[FAKE] = make_fake (step, (guint)i, error);
    if (samples[FAKE] == NULL || !learn_to_tell (step, &view, samples, i, &d_loss, scores, error))
      return FALSE;
  }
  if (!gen_step_trains (step))
    return report_scores (step, scores) && report_attacked (step, samples, error);
  g_loss = generator_loss (step, &view, scores[REAL], samples, error);
  return gen_view_adapt (&view, step, scores[REAL], error) &&
         gen_step_minimise (
             step, &generator, 1, g_loss, gen_step_settings (step)->generator_rate, error) &&
         gen_step_report (step, "discriminator-loss", d_loss, GEN_REPORT_MEAN) &&
         gen_step_report (step, "generator-loss", g_loss, GEN_REPORT_MEAN) &&
         report_scores (step, scores);
}

static gboolean
make (GenStep *step, GError **error)
{
  GenTensor *latents = gen_step_latents (step, GENERATOR, error);

  return gen_step_show (step, gen_step_apply_to (step, GENERATOR, latents, error));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_generator, .n_inputs = 1, .averaged = TRUE, .conditional = TRUE },
  { .role = &gen_net_role_discriminator, .n_inputs = 1, .scores = TRUE, .conditional = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  GEN_ADVERSARY_FIGURES,
  { { { "augment-probability", GEN_FIELD_NUMBER, NULL, NULL }, "augmentation/probability", NULL,
        NULL, 0, -INFINITY },
      NULL, NULL },
  { { { "robust-accuracy-on-real", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_HIGHER }, NULL, NULL,
        NULL, 0, -INFINITY },
      "robust-accuracy-on-validation", "accuracy/validation-robust", TRUE, TRUE },
};

static const char *const penalty_names[] = {
  [GEN_PENALTY_ESTIMATED] = "estimated", [GEN_PENALTY_EXACT] = "exact", NULL
};
static const char *const penalty_texts[] = { [GEN_PENALTY_ESTIMATED] =
                                                 "By samples near them, of any discriminator",
  [GEN_PENALTY_EXACT] = "By a gradient of the gradient, which the discriminator's operators must "
                        "have",
  NULL };

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  GEN_GENERATOR_RATE_SETTING,
  GEN_LOSS_SETTING,
  { .name = "r1",
      .nick = "R1",
      .description = "Weight of the penalty on the discriminator's gradient on real samples, which "
                     "keeps it from being too sure (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (r1),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "r2",
      .nick = "R2",
      .description = "The same on made samples (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (r2),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "penalty",
      .nick = "Penalty",
      .description = "How r1 and r2 are found",
      .type = GEN_SETTING_CHOICE,
      FIELD (penalty),
      .choices = penalty_names,
      .choice_texts = penalty_texts,
      .of_learning = TRUE,
      .with = (const char *const[]){ "r1", "r2", NULL } },
  { .name = "gradient-penalty",
      .nick = "Gradient penalty",
      .description = "Weight of the exact penalty on the discriminator's gradient between real and "
                     "made samples, whose norm is to be 1 (0 = none); 10 is usual with "
                     "loss=wasserstein",
      .type = GEN_SETTING_DOUBLE,
      FIELD (gradient_penalty),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "penalty-interval",
      .nick = "Penalty interval",
      .description = "Steps from one in which these penalties are paid, so many times as much, to "
                     "the next: those between cost less (1 = in each step)",
      .type = GEN_SETTING_INT,
      FIELD (penalty_interval),
      .minimum = 1,
      .maximum = 65536,
      .of_learning = TRUE,
      .with = (const char *const[]){ "r1", "r2", "gradient-penalty", NULL } },
  { .name = "spectral-norm",
      .nick = "Spectral norm",
      .description = "Divide the weights of each of the discriminator's layers by their largest "
                     "singular value, which bounds how steep it is",
      .type = GEN_SETTING_FLAG,
      FIELD (spectral_norm),
      .of_learning = TRUE },
  { .name = "feature-matching",
      .nick = "Feature matching",
      .description = "Weight of how far the mean features of made samples are from those of real "
                     "ones, before the discriminator's last layer, in the generator's loss (0 = "
                     "none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (feature_matching),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "discriminator-steps",
      .nick = "Discriminator steps",
      .description = "Updates of the discriminator for one of the generator: on the same real "
                     "samples, and made ones of other latents",
      .type = GEN_SETTING_INT,
      FIELD (discriminator_steps),
      .minimum = 1,
      .maximum = 100,
      .of_learning = TRUE },
  { .name = "instance-noise",
      .nick = "Instance noise",
      .description =
          "Deviation of normal noise on all that the discriminator sees, where black and "
          "white are 1 apart (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (instance_noise),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "instance-noise-steps",
      .nick = "Instance noise steps",
      .description = "Steps in which that noise falls to nothing (0 = it stays)",
      .type = GEN_SETTING_UINT64,
      FIELD (instance_noise_steps),
      .minimum = 0,
      .maximum = G_MAXUINT32,
      .of_learning = TRUE,
      .with = (const char *const[]){ "instance-noise", NULL } },
  { .name = "augment-probability",
      .nick = "Augment probability",
      .description = "How likely pictures, real and made, have another colour, are moved, and have "
                     "a hole before the discriminator sees them: each of the three (0 = never)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (augment_probability),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  { .name = "augment-target",
      .nick = "Augment target",
      .description =
          "Mean sign of the scores of real pictures at which that probability is held by "
          "being changed, from augment-probability on; 0.6 is usual (0 = it stays)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (augment_target),
      .minimum = 0,
      .maximum = 1,
      .of_learning = TRUE },
  GEN_SMOOTHING_SETTING,
  GEN_ATTACKED_SETTINGS,
};

const GenRecipe gen_recipe_adversarial = {
  .name = "adversarial",
  .description = "A generator against a discriminator that tells made samples from real ones",
  .nets = nets,
  .data_net = DISCRIMINATOR,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_LATENTS,
  .n_shown = 1,
  .make = make,
};
