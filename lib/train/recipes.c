/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of recipes; each is a file in recipes/. */
#include <generative/recipe.h>

#include <string.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenRecipe gen_recipe_auto = {
  .name = "auto",
  .description = "That of the preset",
};

const GenRecipe *const *
gen_recipe_list (void)
{
  static const GenRecipe *const list[] = {
    &gen_recipe_auto,
    &gen_recipe_adversarial,
    &gen_recipe_autoencoder,
    &gen_recipe_variational,
    &gen_recipe_vector_quantized,
    &gen_recipe_classifier,
    &gen_recipe_masked,
    &gen_recipe_restoration,
    &gen_recipe_interpolation,
    &gen_recipe_translation,
    &gen_recipe_unpaired_translation,
    &gen_recipe_diffusion,
    &gen_recipe_consistency,
    &gen_recipe_language,
    &gen_recipe_distillation,
    &gen_recipe_generator_distillation,
    NULL,
  };

  return list;
}

const GenRecipe *
gen_recipe_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_recipe_list (), name, "recipe", GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, error);
}

guint
gen_recipe_n_nets (const GenRecipe *recipe)
{
  guint n = 0;

  while (recipe->nets != NULL && recipe->nets[n].role != NULL)
    n++;
  return n;
}

int
gen_recipe_averaged_net (const GenRecipe *recipe)
{
  for (guint i = 0; i < gen_recipe_n_nets (recipe); i++)
    if (recipe->nets[i].averaged)
      return (int)i;
  return -1;
}

const char *
gen_recipe_best (const GenRecipe *recipe)
{
  if (recipe->made_of == GEN_MADE_OF_LATENTS || recipe->compared != NULL)
    return "frechet";
  for (guint i = 0; i < recipe->n_figures; i++)
    if (recipe->figures[i].validation != NULL)
      return recipe->figures[i].figure.field.name;
  g_return_val_if_reached (NULL);
}

guint
gen_recipe_figure (const GenRecipe *recipe, const char *name)
{
  for (guint i = 0; i < recipe->n_figures; i++)
    if (strcmp (recipe->figures[i].figure.field.name, name) == 0)
      return i;
  g_return_val_if_reached (0);
}
