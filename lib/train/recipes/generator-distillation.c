/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A student learns to make of latents what a teacher makes of them. The samples that come are not
 * learned from: what the student makes is to be of their format, and is compared with those of the
 * validation. */
#include <math.h>

#include "teaching.h"

static gboolean
build (GenStep *step, GError **error)
{
  /* They come in any case. */
  gen_step_samples (step);
  return gen_step_learn (step, gen_step_latents (step, GEN_STUDENT, error), FALSE, error);
}

static gboolean
make (GenStep *step, GError **error)
{
  GenTensor *latents = gen_step_latents (step, GEN_STUDENT, error);

  return gen_step_show (step, gen_step_apply_to (step, GEN_STUDENT, latents, error));
}

static const GenRecipeNet nets[] = {
  { .role = &gen_net_role_student, .n_inputs = 1, .averaged = TRUE },
  { NULL },
};

static const GenRecipeFigure figures[] = { GEN_TEACHING_FIGURES };

static const GenSetting settings[] = { GEN_TEACHER_SETTING, GEN_LIKENESS_SETTINGS };

const GenRecipe gen_recipe_generator_distillation = {
  .name = "generator-distillation",
  .description = "A student that learns to make of latents what a trained generator makes of them",
  .nets = nets,
  .data_net = GEN_STUDENT,
  .data_made = TRUE,
  .any_preset = TRUE,
  .unattacked = "the student learns from latents, which are drawn, and no sample comes in",
  .figures = figures,
  .n_figures = G_N_ELEMENTS (figures),
  .settings = settings,
  .n_settings = G_N_ELEMENTS (settings),
  .build = build,
  .made_of = GEN_MADE_OF_LATENTS,
  .latent_net = GEN_STUDENT,
  .n_shown = 1,
  .make = make,
};
