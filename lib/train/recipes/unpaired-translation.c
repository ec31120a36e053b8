/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With samples of two kinds, A and B, which do not belong together, two generators learn the ways
 * from one to the other:
 *
 *   1. the generator makes a B of each A, the back-generator an A of each B;
 *   2. a discriminator for each kind learns to tell real samples from made ones, part by part;
 *   3. the generators learn to deceive these, so that what goes there and back is what it was, and
 *      what is of the kind that a generator makes stays as it is. */
#include "adversary.h"
#include "attacked.h"
#include "likeness.h"

#include "../losses/scores.h"

enum { GENERATOR, DISCRIMINATOR, BACK_GENERATOR, BACK_DISCRIMINATOR };
enum { A, B, KINDS };

/* By the kind that they make or judge. */
static const guint generators[KINDS] = { [A] = BACK_GENERATOR, [B] = GENERATOR };
static const guint discriminators[KINDS] = { [A] = BACK_DISCRIMINATOR, [B] = DISCRIMINATOR };

/* One of each kind, and of what is made of them. */
typedef struct {
  GenTensor *real[KINDS];
  GenTensor *made[KINDS]; /* of the other kind */
} Samples;

/* Samples of one kind, which an attack changes. */
typedef struct {
  int kind;
  GenTensor *real;
} Attacked;

/* A sample of kind `kind` made of `x`. */
static GenTensor *
translate (GenStep *step, int kind, GenTensor *x, GError **error)
{
  const guint net = generators[kind];
  GenTensor *made = gen_step_apply_to (step, net, x, error);

  if (made == NULL || gen_shape_equal (&made->shape, &x->shape))
    return made;
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wants = gen_shape_to_string (&x->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s makes %s of %s; samples of both kinds have one shape",
      gen_step_settings (step)->recipe->nets[net].role->name, has, wants);
  return NULL;
}

/* What attacks raise: how far what `samples` are there and back is from what they came as. */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  const Attacked *attacked = data;
  GenTensor *made = translate (step, 1 - attacked->kind, samples, error);

  made = made != NULL ? translate (step, attacked->kind, made, error) : NULL;
  return gen_step_compare (step, generators[attacked->kind], made, attacked->real, error);
}

static GenTensor *
make_other (GenStep *step, int kind, GenTensor *real, GError **error)
{
  Attacked attacked = { 1 - kind, real };
  GenTensor *seen = gen_attacked (step, real, TRUE, lose, &attacked, error);

  return seen != NULL ? translate (step, kind, seen, error) : NULL;
}

static gboolean
prepare (GenStep *step, GenTensor *both, Samples *samples, GError **error)
{
  if (both == NULL)
    return FALSE;
  samples->real[A] = gen_graph_op (
      gen_step_graph (step), "Split", &both, 1, KINDS, error, "axis", GEN_INT, 1, NULL);
  if (samples->real[A] == NULL)
    return FALSE;
  samples->real[B] = gen_node_output (samples->real[A]->producer, 1);
  for (int kind = 0; kind < KINDS; kind++)
    if ((samples->made[kind] = make_other (step, kind, samples->real[1 - kind], error)) == NULL)
      return FALSE;
  return TRUE;
}

/* How far what the generators make of `from` is from the real samples, the sum over both kinds,
 * [batch]. */
static GenTensor *
compare (GenStep *step, const Samples *samples, GenTensor *const from[KINDS], GError **error)
{
  GenTensor *loss[KINDS];

  for (int kind = 0; kind < KINDS; kind++) {
    GenTensor *made = translate (step, kind, from[kind], error);

    loss[kind] = gen_step_compare (step, generators[kind], made, samples->real[kind], error);
  }
  return gen_binary (gen_step_graph (step), "Add", loss[A], loss[B], error);
}

/* What was there and back: of made samples, each is one of the other kind again. */
static GenTensor *
compare_cycles (GenStep *step, const Samples *samples, GError **error)
{
  return compare (
      step, samples, (GenTensor *[]){ [A] = samples->made[B], [B] = samples->made[A] }, error);
}

/* What is of the right kind already. */
static GenTensor *
compare_identities (GenStep *step, const Samples *samples, GError **error)
{
  return compare (step, samples, samples->real, error);
}

/* sum + weight * mean of losses */
static GenTensor *
add_weighted (GenGraph *graph, GenTensor *sum, GenTensor *losses, double weight, GError **error)
{
  return gen_binary (graph, "Add", sum, gen_loss_mean (graph, losses, weight, error), error);
}

/* --- updates --- */

/* What both discriminators say of the samples, and their update by that. */
static GenTensor *
tell (GenStep *step, const Samples *samples, GenAdversary adversaries[KINDS], GError **error)
{
  GenTensor *loss[KINDS];

  for (int kind = 0; kind < KINDS; kind++) {
    adversaries[kind] =
        (GenAdversary){ discriminators[kind], samples->real[kind], samples->made[kind] };
    if ((loss[kind] = gen_adversary_loss (step, &adversaries[kind], error)) == NULL)
      return NULL;
  }
  loss[A] = gen_binary (gen_step_graph (step), "Add", loss[A], loss[B], error);
  return gen_step_minimise (step, discriminators, KINDS, loss[A], 1, error) ? loss[A] : NULL;
}

static GenTensor *
deceive (GenStep *step, const GenAdversary adversaries[KINDS], GError **error)
{
  GenTensor *one = gen_adversary_deceive (step, &adversaries[A], error);
  GenTensor *other = one == NULL ? NULL : gen_adversary_deceive (step, &adversaries[B], error);

  return gen_binary (gen_step_graph (step), "Add", one, other, error);
}

/* The generators' update, by all that they are to heed. */
static gboolean
learn (GenStep *step, const Samples *samples, const GenAdversary adversaries[KINDS],
    GenTensor *cycle, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  GenGraph *graph = gen_step_graph (step);
  GenTensor *adversarial = deceive (step, adversaries, error), *identity, *sum;

  if (adversarial == NULL)
    return FALSE;
  sum = add_weighted (graph, adversarial, cycle, settings->cycle_weight, error);
  if (sum != NULL && settings->identity_weight > 0) {
    identity = compare_identities (step, samples, error);
    sum = add_weighted (graph, sum, identity, settings->identity_weight, error);
    if (!gen_step_report (step, "identity-loss", identity, GEN_REPORT_MEAN))
      return FALSE;
  }
  return gen_step_minimise (step, generators, KINDS, sum, settings->generator_rate, error) &&
         gen_step_report (step, "generator-loss", adversarial, GEN_REPORT_MEAN);
}

static gboolean
build (GenStep *step, GError **error)
{
  Samples samples;
  GenAdversary adversaries[KINDS];
  GenTensor *d_loss, *cycle;

  if (!prepare (step, gen_step_cropped_samples (step, error), &samples, error) ||
      (d_loss = tell (step, &samples, adversaries, error)) == NULL ||
      (cycle = compare_cycles (step, &samples, error)) == NULL)
    return FALSE;
  if (gen_step_trains (step) &&
      (!learn (step, &samples, adversaries, cycle, error) ||
          !gen_step_report (step, "discriminator-loss", d_loss, GEN_REPORT_MEAN)))
    return FALSE;
  return gen_step_report (step, "cycle-loss", cycle, GEN_REPORT_MEAN) &&
         gen_adversary_report (step, adversaries, KINDS, error);
}

/* Of each kind a sample and what is made of it. */
static gboolean
make (GenStep *step, GError **error)
{
  Samples samples;

  return prepare (step, gen_step_samples (step), &samples, error) &&
         gen_step_show (step, samples.real[A]) && gen_step_show (step, samples.made[B]) &&
         gen_step_show (step, samples.real[B]) && gen_step_show (step, samples.made[A]);
}

/* --- the recipe --- */

/* What is made, with what there is of its kind: the cycle does not tell whether anything is
 * translated. */
static const int compared[] = { -1, B, -1, A };

static const GenRecipeNet nets[] = {
  [GENERATOR] = { .role = &gen_net_role_generator, .n_inputs = 1, .averaged = TRUE },
  [DISCRIMINATOR] = { .role = &gen_net_role_discriminator,
      .n_inputs = 1,
      .scores = TRUE,
      .of_data = TRUE },
  [BACK_GENERATOR] = { .role = &gen_net_role_back_generator, .n_inputs = 1, .of_data = TRUE },
  [BACK_DISCRIMINATOR] = { .role = &gen_net_role_back_discriminator,
      .n_inputs = 1,
      .scores = TRUE,
      .of_data = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "cycle-loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/cycle",
        ", loss cycle ", "", 4, -INFINITY },
      "cycle-loss-on-validation", "loss/cycle-validation" },
  { { { "identity-loss", GEN_FIELD_NUMBER, NULL, NULL }, "loss/identity", " identity ", "", 4,
        -INFINITY },
      NULL, NULL },
  GEN_ADVERSARY_FIGURES,
};

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  { .name = "cycle-weight",
      .nick = "Cycle weight",
      .description = "How much it counts, beside what the discriminators say, that what goes there "
                     "and back is what it was",
      .type = GEN_SETTING_DOUBLE,
      FIELD (cycle_weight),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  { .name = "identity-weight",
      .nick = "Identity weight",
      .description = "How much it counts that a generator leaves what is of its kind already as it "
                     "is (0 = not at all, and a step is faster)",
      .type = GEN_SETTING_DOUBLE,
      FIELD (identity_weight),
      .minimum = 0,
      .maximum = G_MAXFLOAT,
      .of_learning = TRUE },
  GEN_LIKENESS_SETTINGS,
  GEN_ATTACKED_SETTINGS,
  GEN_CROP_SETTING,
  GEN_GENERATOR_RATE_SETTING,
  GEN_LOSS_SETTING,
  GEN_SMOOTHING_SETTING,
};

const GenRecipe gen_recipe_unpaired_translation = {
  .name = "unpaired-translation",
  .description = "From samples of one class to those of another and back, without pairs",
  .nets = nets,
  .data_net = GENERATOR,
  .data_made = TRUE,
  .frames = KINDS,
  .reconstruction = &gen_reconstruction_l1,
  .frames_of = GEN_FRAMES_OF_CLASSES,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 4,
  .make = make,
  .compared = compared,
};
