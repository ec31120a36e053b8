/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes say that they read of the settings is what they do: a setting that one reads changes
 * what it makes. */
#include "../scratch.h"
#include "training-cases.h"

static char *scratch, *eye; /* a folder, and a model of pictures in it */

static const TrainingCase cases[] = {
  { &gen_recipe_adversarial, &gen_preset_dcgan },
  { &gen_recipe_autoencoder, &gen_preset_autoencoder },
  { &gen_recipe_variational, &gen_preset_vae },
  { &gen_recipe_vector_quantized, &gen_preset_vq_vae },
  { &gen_recipe_classifier, &gen_preset_classifier },
  { &gen_recipe_masked, &gen_preset_masked_autoencoder },
  { &gen_recipe_interpolation, &gen_preset_interpolator, .width = 16, .height = 16 },
  { &gen_recipe_restoration, &gen_preset_cleaner, .width = 16, .height = 16 },
  { &gen_recipe_translation, &gen_preset_pix2pix, .width = 16, .height = 16 },
  { &gen_recipe_unpaired_translation, &gen_preset_cyclegan, .width = 16, .height = 16 },
  { &gen_recipe_diffusion, &gen_preset_unet_diffusion, .conditional = TRUE },
  { &gen_recipe_consistency, &gen_preset_unet_diffusion },
  { &gen_recipe_consistency, &gen_preset_unet_diffusion, &gen_preset_unet_diffusion, TRUE },
  { &gen_recipe_language, &gen_preset_transformer },
  { &gen_recipe_distillation, &gen_preset_classifier, &gen_preset_classifier },
  { &gen_recipe_distillation, &gen_preset_cleaner, &gen_preset_cleaner, .width = 16, .height = 16 },
  { &gen_recipe_generator_distillation, &gen_preset_vae, &gen_preset_vae },
};

/* Read beside the graph: where that is tested. */
static const char *const beside[] = {
  "penalty-interval", /* discriminators.c */
  "pair",
  "direction", /* translation.c */
  "teacher-model",
  "tokenizer", /* they are given as graphs here */
  NULL,
};

/* The names of those of its settings that change something of one of its cases. */
static GHashTable *
find_read (const GenRecipe *recipe)
{
  GHashTable *read = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++) {
    g_auto (GenTrainingSettings) plain = { 0 };
    g_auto (DrawnTraining) drawn = { 0 };

    if (cases[k].recipe != recipe)
      continue;
    training_case_fill (&plain, &cases[k], eye);
    drawn_training_init (&drawn, &cases[k], &plain);
    for (guint i = 0; i < recipe->n_settings; i++) {
      const char *name = recipe->settings[i].name;

      if (!g_strv_contains (beside, name) && !g_hash_table_contains (read, name) &&
          drawn_training_reads (&drawn, setting_find (name)))
        g_hash_table_add (read, (gpointer)name);
    }
  }
  return read;
}

static void
test_recipes (void)
{
  guint wrong = 0;

  for (const GenRecipe *const *recipe = gen_recipe_list () + 1; *recipe != NULL; recipe++) {
    g_autoptr (GHashTable) read = find_read (*recipe);

    for (guint i = 0; i < (*recipe)->n_settings; i++) {
      const char *name = (*recipe)->settings[i].name;

      if (g_strv_contains (beside, name) || g_hash_table_contains (read, name))
        continue;
      g_test_message ("recipe %s says that it reads %s, and does not", (*recipe)->name, name);
      wrong++;
    }
  }
  g_assert_cmpuint (wrong, ==, 0);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  eye = training_case_eye_new (scratch);
  g_test_add_func ("/training/uses/recipes", test_recipes);
  result = g_test_run ();
  scratch_remove (scratch);
  return result;
}
