/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nets are better by. */
#include <string.h>

#include <generative/objective.h>
#include <generative/trainer.h>

static void
test_found (void)
{
  static const struct {
    const GenRecipe *recipe;
    const GenMedium *medium;
    const char *name, *found, *validation;
    GenBetter better;
    gboolean further;
  } cases[] = {
    { &gen_recipe_classifier, NULL, NULL, "loss", "loss-on-validation", GEN_BETTER_LOWER, FALSE },
    { &gen_recipe_classifier, NULL, "auto", "loss", "loss-on-validation", GEN_BETTER_LOWER, FALSE },
    { &gen_recipe_classifier, NULL, "accuracy", "accuracy", "accuracy-on-validation",
        GEN_BETTER_HIGHER, FALSE },
    { &gen_recipe_classifier, NULL, "accuracy-on-validation", "accuracy", "accuracy-on-validation",
        GEN_BETTER_HIGHER, FALSE },
    { &gen_recipe_variational, NULL, "reconstruction", "reconstruction",
        "reconstruction-on-validation", GEN_BETTER_LOWER, FALSE },
    { &gen_recipe_adversarial, NULL, NULL, "frechet", "frechet", GEN_BETTER_LOWER, FALSE },
    { &gen_recipe_adversarial, NULL, "recall", "recall", "recall", GEN_BETTER_HIGHER, TRUE },
    { &gen_recipe_adversarial, &gen_medium_picture, "kernel-distance", "kernel-distance",
        "kernel-distance", GEN_BETTER_LOWER, TRUE },
    { &gen_recipe_diffusion, NULL, "loss", "loss", "loss-on-validation", GEN_BETTER_LOWER, FALSE },
    { &gen_recipe_unpaired_translation, NULL, NULL, "frechet", "frechet", GEN_BETTER_LOWER, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    GenObjective objective;

    g_assert_true (
        gen_objective_find (cases[i].recipe, cases[i].medium, cases[i].name, &objective, &error));
    g_assert_no_error (error);
    g_assert_cmpstr (objective.name, ==, cases[i].found);
    g_assert_cmpstr (objective.validation, ==, cases[i].validation);
    g_assert_cmpint (objective.better, ==, cases[i].better);
    g_assert_cmpint (gen_objective_is_further (&objective), ==, cases[i].further);
    g_assert_true ((objective.figure >= 0) == (objective.metric == NULL));
  }
}

static void
test_refused (void)
{
  static const struct {
    const GenRecipe *recipe;
    const GenMedium *medium;
    const char *name, *text;
  } cases[] = {
    { &gen_recipe_classifier, NULL, "frechet",
        "validation of recipe classifier has no \"frechet\"; it has loss, accuracy" },
    { &gen_recipe_classifier, NULL, "acuracy", "(did you mean \"accuracy\"?)" },
    { &gen_recipe_classifier, NULL, "", "has no \"\"" },
    { &gen_recipe_variational, NULL, "divergence",
        "divergence is neither better nor worse by itself; nets of recipe variational are judged "
        "by " },
    { &gen_recipe_adversarial, NULL, "diversity", "diversity is neither better nor worse" },
    { &gen_recipe_adversarial, NULL, "generator-loss", "has no \"generator-loss\"" },
    /* Of pairs, of films, and of classes: there are none of them. */
    { &gen_recipe_adversarial, NULL, "ssim", "has no \"ssim\"" },
    { &gen_recipe_adversarial, NULL, "flicker", "has no \"flicker\"" },
    { &gen_recipe_adversarial, NULL, "modes", "has no \"modes\"" },
    { &gen_recipe_adversarial, &gen_medium_sound, "sharpness", "has no \"sharpness\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    GenObjective objective;

    g_assert_false (
        gen_objective_find (cases[i].recipe, cases[i].medium, cases[i].name, &objective, &error));
    g_assert_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
    if (strstr (error->message, cases[i].text) == NULL)
      g_error ("'%s' does not say '%s'", error->message, cases[i].text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/objective/found", test_found);
  g_test_add_func ("/objective/refused", test_refused);
  return g_test_run ();
}
