/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With pairs of pictures, of which the second is to be made of the first,
 *
 *   1. the generator makes second pictures of the first ones;
 *   2. the discriminator, which sees both of a pair, scores real pairs and those with made
 * pictures, part by part, its loss flows back, the optimiser changes its weights;
 *   3. the changed discriminator scores made pairs again; its judgement and how far made pictures
 *      are from the second ones flow back to the generator. */
#include "adversary.h"
#include "attacked.h"
#include "likeness.h"

#include "../losses/scores.h"

enum { GENERATOR, DISCRIMINATOR };
enum { GIVEN, WANTED, PICTURES };

static gboolean
divide (GenStep *step, GenTensor *pairs, GenTensor *pictures[PICTURES], GError **error)
{
  if (pairs == NULL)
    return FALSE;
  pictures[GIVEN] = gen_graph_op (
      gen_step_graph (step), "Split", &pairs, 1, PICTURES, error, "axis", GEN_INT, 1, NULL);
  if (pictures[GIVEN] == NULL)
    return FALSE;
  pictures[WANTED] = gen_node_output (pictures[GIVEN]->producer, 1);
  return TRUE;
}

static GenTensor *
translate (GenStep *step, GenTensor *given, const GenTensor *wanted, GError **error)
{
  GenTensor *made = gen_step_apply_to (step, GENERATOR, given, error);

  if (made == NULL || gen_shape_equal (&made->shape, &wanted->shape))
    return made;
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wants = gen_shape_to_string (&wanted->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the generator makes %s of one half of each pair, and the other half is %s", has, wants);
  return NULL;
}

/* A made picture behind that which it is made of. */
static GenTensor *
join (GenStep *step, GenTensor *given, GenTensor *made, GError **error)
{
  if (made == NULL)
    return NULL;
  return gen_graph_op (gen_step_graph (step), "Concat", (GenTensor *[]){ given, made }, 2, 1, error,
      "axis", GEN_INT, 1, NULL);
}

/* adversarial + weight * mean of losses */
static GenTensor *
add_up (GenStep *step, GenTensor *adversarial, GenTensor *losses, GError **error)
{
  const double weight = gen_step_settings (step)->reconstruction_weight;
  GenGraph *graph = gen_step_graph (step);

  return gen_binary (
      graph, "Add", adversarial, gen_loss_mean (graph, losses, weight, error), error);
}

/* The updates of both nets, and what they report. */
static gboolean
learn (GenStep *step, GenAdversary *adversary, GenTensor *losses, GError **error)
{
  const guint generator = GENERATOR;
  GenTensor *d_loss = gen_adversary_loss (step, adversary, error), *g_loss;

  if (d_loss == NULL || !gen_step_minimise (step, &adversary->net, 1, d_loss, 1, error))
    return FALSE;
  if (!gen_step_trains (step))
    return TRUE;
  g_loss = gen_adversary_deceive (step, adversary, error);
  return gen_step_minimise (step, &generator, 1, add_up (step, g_loss, losses, error),
             gen_step_settings (step)->generator_rate, error) &&
         gen_step_report (step, "discriminator-loss", d_loss, GEN_REPORT_MEAN) &&
         gen_step_report (step, "generator-loss", g_loss, GEN_REPORT_MEAN);
}

/* What attacks raise: how far what is made of `given` is from what is wanted. */
static GenTensor *
lose (GenStep *step, GenTensor *given, gpointer data, GError **error)
{
  GenTensor *wanted = data;

  return gen_step_compare (step, GENERATOR, translate (step, given, wanted, error), wanted, error);
}

static gboolean
build (GenStep *step, GError **error)
{
  GenTensor *pairs = gen_step_cropped_samples (step, error), *pictures[PICTURES], *made, *losses;
  GenAdversary adversary = { DISCRIMINATOR, pairs };

  if (!divide (step, pairs, pictures, error))
    return FALSE;
  /* The discriminator sees pairs with what was given as it came. */
  made = gen_attacked (step, pictures[GIVEN], TRUE, lose, pictures[WANTED], error);
  made = made != NULL ? translate (step, made, pictures[WANTED], error) : NULL;
  if (made == NULL)
    return FALSE;
  adversary.made = join (step, pictures[GIVEN], made, error);
  losses = gen_step_compare (step, GENERATOR, made, pictures[WANTED], error);
  return losses != NULL && learn (step, &adversary, losses, error) &&
         gen_step_report_likeness (step, losses, made, pictures[WANTED], error) &&
         gen_adversary_report (step, &adversary, 1, error) &&
         gen_attacked_report (step, pictures[GIVEN], TRUE, lose, pictures[WANTED], error);
}

/* What is given, what is made of it, and what was wanted. */
static gboolean
make (GenStep *step, GError **error)
{
  GenTensor *pictures[PICTURES];

  return divide (step, gen_step_samples (step), pictures, error) &&
         gen_step_show (step, pictures[GIVEN]) &&
         gen_step_show (step, translate (step, pictures[GIVEN], pictures[WANTED], error)) &&
         gen_step_show (step, pictures[WANTED]);
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_generator, .n_inputs = 1, .averaged = TRUE },
  { .role = &gen_net_role_discriminator, .n_inputs = 1, .scores = TRUE, .of_data = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = { GEN_LIKENESS_FIGURES, GEN_ADVERSARY_FIGURES,
  GEN_ATTACKED_FIGURE };

static const char *const pair_names[] = {
  [GEN_PAIR_SIDE_BY_SIDE] = "side-by-side", [GEN_PAIR_STACKED] = "stacked", NULL
};
static const char *const pair_texts[] = { [GEN_PAIR_SIDE_BY_SIDE] = "A is left and B right",
  [GEN_PAIR_STACKED] = "A is above and B below",
  NULL };
static const char *const direction_names[] = {
  [GEN_DIRECTION_A_TO_B] = "a-to-b", [GEN_DIRECTION_B_TO_A] = "b-to-a", NULL
};
static const char *const direction_texts[] = {
  [GEN_DIRECTION_A_TO_B] = "B is made of A", [GEN_DIRECTION_B_TO_A] = "A is made of B", NULL
};

#define FIELD(field) .offset = G_STRUCT_OFFSET (GenTrainerSettings, field)

static const GenSetting settings[] = {
  { .name = "pair",
      .nick = "Pair",
      .description = "How two pictures lie in each that comes, of which one is to be made of the "
                     "other",
      .type = GEN_SETTING_CHOICE,
      FIELD (pair),
      .choices = pair_names,
      .choice_texts = pair_texts,
      .of_learning = TRUE },
  { .name = "direction",
      .nick = "Direction",
      .description = "Which of the two is made of the other",
      .type = GEN_SETTING_CHOICE,
      FIELD (direction),
      .choices = direction_names,
      .choice_texts = direction_texts,
      .of_learning = TRUE },
  { .name = "reconstruction-weight",
      .nick = "Reconstruction weight",
      .description = "How much the reconstruction counts beside what the discriminator says",
      .type = GEN_SETTING_DOUBLE,
      FIELD (reconstruction_weight),
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

const GenRecipe gen_recipe_translation = {
  .name = "translation",
  .description = "Pictures of pictures, by pairs and a discriminator of pairs",
  .nets = nets,
  .data_net = GENERATOR,
  .data_made = TRUE,
  .frames = PICTURES,
  .reconstruction = &gen_reconstruction_l1,
  .frames_of = GEN_FRAMES_OF_PICTURE,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 3,
  .make = make,
};
