/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The encoder makes a code of each sample, the decoder makes the sample anew of the code, and both
 * learn from how far that is from what it was. */
#include <math.h>

#include "likeness.h"

enum { ENCODER, DECODER };

static GenTensor *
pass (GenStep *step, GError **error)
{
  GenTensor *code = gen_step_apply_to (step, ENCODER, gen_step_samples (step), error);
  const GenShape wanted = gen_step_input_shape (step, DECODER, 0);

  if (code == NULL || gen_shape_equal (&code->shape, &wanted))
    return gen_step_apply_to (step, DECODER, code, error);
  g_autofree char *has = gen_shape_to_string (&code->shape);
  g_autofree char *wants = gen_shape_to_string (&wanted);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the encoder makes %s, but the decoder takes %s", has, wants);
  return NULL;
}

static gboolean
build (GenStep *step, GError **error)
{
  const guint both[] = { ENCODER, DECODER };
  GenTensor *apart =
      gen_step_compare (step, DECODER, pass (step, error), gen_step_samples (step), error);

  return gen_step_minimise_distances (step, both, G_N_ELEMENTS (both), apart, error) &&
         gen_step_report (step, "loss", apart, GEN_REPORT_MEAN) &&
         gen_step_watch (step, "losses", apart);
}

/* Each sample beside what became of it. */
static gboolean
make (GenStep *step, GError **error)
{
  return gen_step_show (step, gen_step_samples (step)) && gen_step_show (step, pass (step, error));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_encoder, .n_inputs = 1 },
  { .role = &gen_net_role_decoder, .n_inputs = 1 },
  { NULL },
};

static const GenRecipeFigure figures[] = {
  { { { "loss", GEN_FIELD_NUMBER, NULL, NULL }, "loss/reconstruction", ", loss ", "", 4,
        -INFINITY },
      "loss-on-validation", "loss/validation" },
};

static const GenSetting settings[] = { GEN_LIKENESS_SETTINGS };

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
