/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The encoder makes a code of each sample, the decoder makes the sample anew of the code, and both
 * learn from how far that is from what it was. */
#include <math.h>

#include "attacked.h"
#include "likeness.h"

enum { ENCODER, DECODER };

static GenTensor *
pass (GenStep *step, GenTensor *samples, GError **error)
{
  GenTensor *code = gen_step_apply_to (step, ENCODER, samples, error);
  const GenShape wanted = gen_step_input_shape (step, DECODER, 0);

  if (code == NULL || gen_shape_equal (&code->shape, &wanted))
    return gen_step_apply_to (step, DECODER, code, error);
  g_autofree char *has = gen_shape_to_string (&code->shape);
  g_autofree char *wants = gen_shape_to_string (&wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the encoder makes %s, but the decoder takes %s", has, wants);
  return NULL;
}

/* How far what is made of `samples` is from the samples as they came, [batch]. */
static GenTensor *
lose (GenStep *step, GenTensor *samples, gpointer data, GError **error)
{
  return gen_step_compare (
      step, DECODER, pass (step, samples, error), gen_step_samples (step), error);
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint both[] = { ENCODER, DECODER };
  GenTensor *seen = gen_attacked (step, gen_step_samples (step), TRUE, lose, NULL, error);
  GenTensor *apart = seen != NULL ? lose (step, seen, NULL, error) : NULL;

  return gen_step_minimise_distances (step, both, G_N_ELEMENTS (both), apart, error) &&
         gen_step_report (step, "loss", apart, GEN_REPORT_MEAN) &&
         gen_step_watch (step, "losses", apart) &&
         gen_attacked_report (step, gen_step_samples (step), TRUE, lose, NULL, error);
}

/* Each sample beside what became of it. */
static gboolean
make (GenStep *step, GError **error)
{
  GenTensor *samples = gen_step_samples (step);

  return gen_step_show (step, samples) && gen_step_show (step, pass (step, samples, error));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_encoder, .n_inputs = 1 },
  { .role = &gen_net_role_decoder, .n_inputs = 1 },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/reconstruction", ", loss ",
        "", 4, -INFINITY },
      "loss-on-validation", "loss/validation" },
  GEN_ATTACKED_FIGURE,
};

static const GenSetting settings[] = { GEN_LIKENESS_SETTINGS, GEN_ATTACKED_SETTINGS };

const GenRecipe gen_recipe_autoencoder = {
  .name = "autoencoder",
  .description =
      "An encoder that makes a code of samples, and a decoder that makes them anew of it",
  .nets = nets,
  .data_net = ENCODER,
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_SAMPLES,
  .n_shown = 2,
  .make = make,
};
