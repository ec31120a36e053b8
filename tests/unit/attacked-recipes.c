/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Training against attacks, of every preset's recipe: where samples go in, their loss rises under
 * attack by what the recipe measures itself, steps are made, and a batch of which nobody is
 * attacked further than nothing is the batch as it was. */
#include <generative/parameters.h>
#include <generative/random.h>
#include <generative/trainer.h>

#include <math.h>
#include <string.h>

#include "../preset-options.h"
#include "../trainers.h"

#define BATCH 2

static void
fill_samples (GenTrainer *trainer, float *samples)
{
  const GenRandom random = gen_random_new (5, "test", 0);
  const gsize n = BATCH * gen_trainer_sample_size (trainer);

  gen_random_uniform (&random, 0, 0, samples, n);
}

static gboolean
attacks (const GenRecipe *recipe)
{
  for (guint i = 0; i < recipe->n_settings; i++)
    if (strcmp (recipe->settings[i].name, "attack") == 0)
      return TRUE;
  return FALSE;
}

/* Last layers that begin with 0 would let nothing through. */
static void
shake (GenGraph *net)
{
  g_autoptr (GArray) list = gen_parameters_list (net, "", NULL);
  const GenRandom random = gen_random_new (9, "test", 0);

  for (guint i = 0; i < list->len; i++) {
    const GenParameter *parameter = &g_array_index (list, GenParameter, i);
    GenTensor *tensor = parameter->tensor;
    const gsize n = gen_tensor_size (tensor) / sizeof (float);
    g_autofree float *noise = g_new (float, n);
    float *numbers = g_memdup2 (gen_tensor_constant (tensor), gen_tensor_size (tensor));

    gen_random_uniform (&random, i, 0, noise, n);
    for (gsize k = 0; k < n && !parameter->statistic; k++)
      numbers[k] += 0.1f * noise[k] - 0.05f;
    g_bytes_unref (tensor->data);
    tensor->data = g_bytes_new_take (numbers, gen_tensor_size (tensor));
  }
}

static GenTrainer *
trainer_new (const GenPreset *preset, const GenAttack *attack, double epsilon)
{
  GenPresetOptions options = preset_options (preset);
  GenTrainerSettings settings = { GEN_TRAINER_DEFAULTS, .batch_size = BATCH, .threads = 1,
    .learning_rate = 1e-3, .attack = attack, .attack_epsilon = epsilon, .attack_steps = 3 };
  GenGraph *nets[GEN_RECIPE_MAX_NETS] = { NULL };
  g_autoptr (GError) error = NULL;
  GenTrainer *trainer;

  if (preset->medium == &gen_medium_picture && preset != &gen_preset_mlp)
    options.width = 4;
  settings.recipe = preset->recipe;
  settings.format = options.format;
  settings.next_frame = preset == &gen_preset_frame_predictor;
  for (guint i = 0; i < gen_recipe_n_nets (preset->recipe); i++) {
    nets[i] = preset->nets[i](&options, &error);
    g_assert_no_error (error);
    shake (nets[i]);
  }
  trainer = gen_trainer_new (nets, &settings, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < gen_recipe_n_nets (preset->recipe); i++)
    gen_graph_unref (nets[i]);
  return trainer;
}

/* The figures of what is measured, and NaN of what is not. */
static void
measure (GenTrainer *trainer, double *clean, double *robust)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;
  g_autofree float *samples = g_new (float, BATCH *gen_trainer_sample_size (trainer));
  double values[GEN_RECIPE_MAX_FIGURES];
  g_autoptr (GError) error = NULL;

  fill_samples (trainer, samples);
  gen_trainer_measure (trainer, FALSE, samples, (const gint64[]){ 0, 1 }, BATCH, 0, values, &error);
  g_assert_no_error (error);
  *clean = *robust = NAN;
  for (guint i = 0; i < recipe->n_figures; i++) {
    if (strcmp (recipe->figures[i].figure.field.name, "loss") == 0)
      *clean = values[i];
    if (strcmp (recipe->figures[i].figure.field.name, "robust-loss") == 0)
      *robust = values[i];
  }
}

static void
make_step (GenTrainer *trainer)
{
  g_autofree float *samples = g_new (float, BATCH *gen_trainer_sample_size (trainer));
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  fill_samples (trainer, samples);
  gen_trainer_step (trainer, samples, (const gint64[]){ 0, 1 }, &figures, &error);
  g_assert_no_error (error);
}

static void
test_preset (gconstpointer data)
{
  const GenPreset *preset = data;
  double clean, robust;

  if (!attacks (preset->recipe)) {
    g_assert_nonnull (preset->recipe->unattacked);
    return;
  }
  for (const GenAttack *const *attack = gen_attack_list () + 1; *attack != NULL; attack++) {
    g_autoptr (GenTrainer) trainer = trainer_new (preset, *attack, 0.05);

    measure (trainer, &clean, &robust);
    g_test_message ("%s: %g, and %g under attack", (*attack)->name, clean, robust);
    if (!isnan (clean) && !isnan (robust))
      g_assert_cmpfloat (robust, >, clean);
    make_step (trainer);
    make_step (trainer);
  }
}

/* Under an attack that changes nothing the loss is what it is. */
static void
test_nothing (gconstpointer data)
{
  const GenPreset *preset = data;
  g_autoptr (GenTrainer) trainer = NULL, plain = NULL;
  double clean, robust;

  if (!attacks (preset->recipe))
    return;
  trainer = trainer_new (preset, &gen_attack_fgsm, 0);
  measure (trainer, &clean, &robust);
  if (!isnan (clean) && !isnan (robust))
    g_assert_cmpfloat_with_epsilon (robust, clean, 1e-5 * (1 + fabs (clean)));
  /* Nothing is measured under attack where nobody asked for it. */
  plain = trainer_new (preset, &gen_attack_none, 0.1);
  measure (plain, &clean, &robust);
  g_assert_true (isnan (robust));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const GenPreset *const *preset = gen_preset_list (); *preset != NULL; preset++) {
    g_autofree char *name = g_strconcat ("/attacked-recipes/", (*preset)->name, NULL);
    g_autofree char *nothing = g_strconcat (name, "/nothing", NULL);

    if ((*preset)->recipe == NULL)
      continue;
    g_test_add_data_func (name, *preset, test_preset);
    g_test_add_data_func (nothing, *preset, test_nothing);
  }
  return g_test_run ();
}
