/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The encoder says of each sample where its latent may lie: a normal distribution by its mean and
 * the logarithm of its variance. A latent is drawn from there, and the decoder makes the sample
 * anew. Both lower
 *
 *   reconstruction + beta divergence,
 *
 * sums over the numbers of a sample and of a latent: with beta = 1 and cross-entropy, the negative
 * of the evidence lower bound in nats. The divergence is that of Kullback and Leibler from normal
 * numbers of mean 0 and variance 1, of which latents are drawn when the decoder plays.
 *
 * While beta warms up, latents are used before they cost (Sønderby et al., "Ladder variational
 * autoencoders", 2016). Free bits do not pay for less divergence than that in each number of a
 * latent, in the mean over the batch (Kingma et al., "Improved variational inference with inverse
 * autoregressive flow", 2016), so that fewer of them fall silent. Neither is in what is reported of
 * validation, which is the bound with beta. */
#include <math.h>

#include "attacked.h"
#include "likeness.h"

enum { ENCODER, DECODER };
enum { MEAN, LOG_VARIANCE, OUTPUTS };

/* What the encoder says. */
static gboolean
encode (GenStep *step, GenTensor *samples, GenTensor *posterior[OUTPUTS], GError **error)
{
  static const char *const names[] = { "mean", "log-variance" };
  const GenShape wanted = gen_step_input_shape (step, DECODER, 0);

  if (!gen_step_apply_all (step, ENCODER, &samples, posterior, error))
    return FALSE;
  for (int i = 0; i < OUTPUTS; i++) {
    posterior[i] = gen_step_precise (step, posterior[i], error);
    if (posterior[i] == NULL)
      return FALSE;
    if (gen_shape_equal (&posterior[i]->shape, &wanted))
      continue;
    g_autofree char *has = gen_shape_to_string (&posterior[i]->shape);
    g_autofree char *wants = gen_shape_to_string (&wanted);
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "the encoder's output %d, the %s, is %s, but the decoder takes %s", i, names[i], has,
        wants);
    return FALSE;
  }
  return TRUE;
}

/* mean + e^(log-variance / 2) noise */
static GenTensor *
draw (GenStep *step, GenTensor *const posterior[OUTPUTS], GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *noise = gen_step_latents (step, DECODER, error);
  GenTensor *half =
      gen_binary (graph, "Mul", posterior[LOG_VARIANCE], gen_graph_float (graph, 0.5f), error);
  GenTensor *deviation = gen_unary (graph, "Exp", half, error);

  return gen_binary (
      graph, "Add", posterior[MEAN], gen_binary (graph, "Mul", deviation, noise, error), error);
}

/* Of each number of each latent, [batch, length]: (mean^2 + variance - 1 - log variance) / 2. */
static GenTensor *
diverge (GenGraph *graph, GenTensor *const posterior[OUTPUTS], GError **error)
{
  GenTensor *square = gen_binary (graph, "Mul", posterior[MEAN], posterior[MEAN], error);
  GenTensor *variance = gen_unary (graph, "Exp", posterior[LOG_VARIANCE], error);
  GenTensor *sum = gen_binary (graph, "Add", square, variance, error);

  sum = gen_binary (graph, "Sub", sum, posterior[LOG_VARIANCE], error);
  sum = gen_binary (graph, "Sub", sum, gen_graph_float (graph, 1), error);
  sum = gen_binary (graph, "Mul", sum, gen_graph_float (graph, 0.5f), error);
  return gen_unary (graph, "Flatten", sum, error);
}

static GenTensor *
sum_over (GenGraph *graph, GenTensor *x, gint64 axis, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, "ReduceSum",
                         (GenTensor *[]){ x, gen_graph_ints (graph, &axis, 1) }, 2, 1, error,
                         "keepdims", GEN_INT, 0, NULL);
}

static GenTensor *
mean_over_batch (GenGraph *graph, GenTensor *x, GError **error)
{
  return x == NULL ? NULL
                   : gen_graph_op (graph, "ReduceMean", &x, 1, 1, error, "axes", GEN_INTS, 1,
                         (gint64[]){ 0 }, "keepdims", GEN_INT, 0, NULL);
}

/* By which the divergence is multiplied in this step. */
static GenTensor *
find_weight (GenStep *step, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  GenGraph *graph = gen_step_graph (step);
  GenTensor *beta = gen_graph_float (graph, (float)settings->beta), *count, *share;

  if (!gen_step_trains (step) || settings->beta_warm_up == 0)
    return beta;
  count = gen_step_count (step);
  count = gen_graph_op (graph, "Cast", &count, 1, 1, error, "to", GEN_INT, GEN_TYPE_FLOAT32, NULL);
  share = gen_binary (
      graph, "Div", count, gen_graph_float (graph, (float)settings->beta_warm_up), error);
  share = gen_binary (graph, "Min", share, gen_graph_float (graph, 1), error);
  return gen_binary (graph, "Mul", share, beta, error);
}

/* What of the divergence counts, a scalar or one a sample. */
static GenTensor *
charge (GenStep *step, GenTensor *divergences, GenTensor *divergence, GError **error)
{
  const double free_bits = gen_step_settings (step)->free_bits;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *means;

  if (!gen_step_trains (step) || free_bits <= 0)
    return divergence;
  means = mean_over_batch (graph, divergences, error);
  means =
      gen_binary (graph, "Max", means, gen_graph_float (graph, (float)(free_bits * G_LN2)), error);
  return sum_over (graph, means, 0, error);
}

/* How far what is made anew is from the samples as they came, [batch], where `posterior` is what
 * the encoder says of `seen`. */
static GenTensor *
reconstruct (GenStep *step, GenTensor *seen, GenTensor *posterior[OUTPUTS], GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples = gen_step_samples (step), *made;
  const float size = (float)gen_shape_product (&samples->shape, 1, samples->shape.rank);

  if (seen == NULL || !encode (step, seen, posterior, error))
    return NULL;
  made = gen_step_apply_to (step, DECODER, draw (step, posterior, error), error);
  return gen_binary (graph, "Mul", gen_step_compare (step, DECODER, made, samples, error),
      gen_graph_float (graph, size), error);
}

/* What attacks raise: the bound with beta, of the step's draws. */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *posterior[OUTPUTS], *divergence;
  GenTensor *reconstruction = reconstruct (step, samples, posterior, error);

  if (reconstruction == NULL)
    return NULL;
  divergence = sum_over (graph, diverge (graph, posterior, error), 1, error);
  divergence = gen_binary (graph, "Mul", divergence,
      gen_graph_float (graph, (float)gen_step_settings (step)->beta), error);
  return gen_binary (graph, "Add", reconstruction, divergence, error);
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint both[] = { ENCODER, DECODER };
  GenGraph *graph = gen_step_graph (step);
  GenTensor *samples = gen_attacked (step, gen_step_samples (step), TRUE, lose, NULL, error);
  GenTensor *posterior[OUTPUTS], *reconstruction, *divergences, *divergence, *loss;

  reconstruction = reconstruct (step, samples, posterior, error);
  if (reconstruction == NULL)
    return FALSE;
  divergences = diverge (graph, posterior, error);
  divergence = sum_over (graph, divergences, 1, error);
  loss = gen_binary (graph, "Mul", charge (step, divergences, divergence, error),
      find_weight (step, error), error);
  loss = gen_binary (graph, "Add", reconstruction, loss, error);
  return gen_step_minimise (
             step, both, G_N_ELEMENTS (both), mean_over_batch (graph, loss, error), 1, error) &&
         gen_step_report (step, "loss", loss, GEN_REPORT_MEAN) &&
         gen_step_report (step, "reconstruction", reconstruction, GEN_REPORT_MEAN) &&
         gen_step_report (step, "divergence", divergence, GEN_REPORT_MEAN) &&
         gen_step_watch (step, "losses", loss) &&
         gen_attacked_report (step, gen_step_samples (step), TRUE, lose, NULL, error);
}

static gboolean
make (GenStep *step, GError **error)
{
  GenTensor *latents = gen_step_latents (step, DECODER, error);

  return gen_step_show (step, gen_step_apply_to (step, DECODER, latents, error));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_encoder, .n_inputs = 1, .n_outputs = OUTPUTS, .conditional = TRUE },
  { .role = &gen_net_role_decoder, .n_inputs = 1, .averaged = TRUE, .conditional = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/all", ", loss ", "", 2,
        -INFINITY },
      "loss-on-validation", "loss/validation" },
  { { { "reconstruction", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/reconstruction",
        ", reconstruction ", "", 2, -INFINITY },
      "reconstruction-on-validation", "loss/validation-reconstruction" },
  { { { "divergence", GEN_FIELD_NUMBER, NULL, NULL }, "loss/divergence", ", divergence ", "", 2,
        -INFINITY },
      "divergence-on-validation", "loss/validation-divergence" },
  GEN_ATTACKED_FIGURE,
};

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  GEN_LIKENESS_SETTINGS,
  GEN_ATTACKED_SETTINGS,
  { .name = "beta",
      .nick = "Beta",
      .description = "Weight of the divergence: above 1 latents say less, and what is made of "
                     "random ones is more like samples; below 1 samples are made anew more exactly",
      .type = GEN_SETTING_DOUBLE,
      FIELD (beta),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "beta-warm-up",
      .nick = "Beta warm-up",
      .description = "Steps in which beta rises from 0 to what it is (0 = none)",
      .type = GEN_SETTING_UINT64,
      FIELD (beta_warm_up),
      .minimum = 0,
      .maximum = INFINITY,
      .of_learning = TRUE },
  { .name = "free-bits",
      .nick = "Free bits",
      .description = "Divergence that each number of a latent has for nothing, in bits, of which "
                     "each is 0.693 nats (0 = none)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (free_bits),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
};

const GenRecipe gen_recipe_variational = {
  .name = "variational",
  .description = "An encoder that says where the latents of samples lie, among normal numbers, and "
                 "a decoder that makes samples of latents",
  .nets = nets,
  .data_net = ENCODER,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_LATENTS,
  .latent_net = DECODER,
  .n_shown = 1,
  .make = make,
};
