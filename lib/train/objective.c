/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/objective.h>

#include <string.h>

#include <generative/nearest.h>
#include <generative/trainer.h>

/* Whether what nets make is compared with the validation samples as a whole. */
static gboolean
compares (const GenRecipe *recipe)
{
  return recipe->made_of == GEN_MADE_OF_LATENTS || recipe->compared != NULL;
}

/* What is made are single samples without classes: no film, no pairs. */
static gboolean
is_of_made (const GenMetric *metric, const GenMedium *medium)
{
  return !gen_metric_is_of_pairs (metric) && !metric->needs_labels && !metric->needs_classifier &&
         !metric->needs_scorer && !metric->needs_language_model && metric->follow == NULL &&
         metric->interrupt == NULL &&
         (metric->medium == NULL || medium == NULL || metric->medium == medium);
}

static const GenMetric *
find_metric (const char *name, const GenMedium *medium, const GenField **field)
{
  const GenMetric *metric = NULL;

  *field = gen_metric_find_field (name, &metric);
  return *field != NULL && strcmp ((*field)->name, name) == 0 && is_of_made (metric, medium)
             ? metric
             : NULL;
}

/* All that can be asked for, but the metrics beside frechet. */
static GPtrArray *
list_names (const GenRecipe *recipe)
{
  GPtrArray *names = g_ptr_array_new ();

  if (compares (recipe))
    g_ptr_array_add (names, (gpointer) "frechet");
  for (guint i = 0; i < recipe->n_figures; i++)
    if (recipe->figures[i].validation != NULL &&
        recipe->figures[i].figure.field.better != GEN_BETTER_NEITHER)
      g_ptr_array_add (names, (gpointer)recipe->figures[i].figure.field.name);
  return names;
}

static void
add_metrics (GPtrArray *names, const GenMedium *medium)
{
  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    for (int i = 0; is_of_made (*metric, medium) && i < (*metric)->n_fields; i++)
      if ((*metric)->fields[i].better != GEN_BETTER_NEITHER &&
          strcmp ((*metric)->fields[i].name, "frechet") != 0)
        g_ptr_array_add (names, (gpointer)(*metric)->fields[i].name);
}

static gboolean
refuse (const GenRecipe *recipe, const GenMedium *medium, const char *name, gboolean is_there,
    GError **error)
{
  g_autoptr (GPtrArray) names = list_names (recipe);
  g_autofree char *all = NULL, *meant = NULL;

  if (compares (recipe))
    add_metrics (names, medium);
  g_ptr_array_add (names, NULL);
  all = g_strjoinv (", ", (char **)names->pdata);
  meant = is_there ? g_strdup ("") : gen_nearest_hint (name, (const char *const *)names->pdata);
  if (is_there)
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "%s is neither better nor worse by itself; nets of recipe %s are judged by %s", name,
        recipe->name, all);
  else
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "validation of recipe %s has no \"%s\"%s; it has %s", recipe->name, name, meant, all);
  return FALSE;
}

/* The place of a figure of the recipe, or -1. */
static int
find_figure (const GenRecipe *recipe, const char *name)
{
  for (guint i = 0; i < recipe->n_figures; i++) {
    const GenRecipeFigure *figure = &recipe->figures[i];

    if (figure->validation != NULL &&
        (strcmp (figure->figure.field.name, name) == 0 || strcmp (figure->validation, name) == 0))
      return (int)i;
  }
  return -1;
}

gboolean
gen_objective_find (const GenRecipe *recipe, const GenMedium *medium, const char *name,
    GenObjective *objective, GError **error)
{
  const char *wanted = name == NULL || strcmp (name, "auto") == 0 ? gen_recipe_best (recipe) : name;
  const GenMetric *metric = NULL;
  const GenField *field = NULL;
  const int figure = find_figure (recipe, wanted);

  if (figure >= 0)
    field = &recipe->figures[figure].figure.field;
  else if (compares (recipe))
    metric = find_metric (wanted, medium, &field);
  if (field == NULL || (figure < 0 && metric == NULL) || field->better == GEN_BETTER_NEITHER)
    return refuse (recipe, medium, wanted, figure >= 0 || metric != NULL, error);
  *objective = (GenObjective){ .name = field->name,
    .validation = figure >= 0 ? recipe->figures[figure].validation : field->name,
    .better = field->better,
    .figure = figure,
    .metric = metric };
  return TRUE;
}

gboolean
gen_objective_is_further (const GenObjective *objective)
{
  return objective->metric != NULL && strcmp (objective->name, "frechet") != 0;
}
