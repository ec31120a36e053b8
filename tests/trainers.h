/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainers of presets, and of a generator and a discriminator. */
#pragma once

#include <string.h>

#include <generative/operator.h>
#include <generative/preset.h>
#include <generative/trainer.h>

/* One of fresh nets, where the recipe wants one. (transfer full) */
static inline GenTokenizer *
fresh_tokenizer_new (const GenRecipe *recipe, GenPresetOptions *options)
{
  GenPresetOptions small = { GEN_PRESET_DEFAULTS, .format = options->format, .width = 2,
    .latent_size = 4, .codes = 7 };
  g_autoptr (GenGraph) encoder = NULL, quantizer = NULL, decoder = NULL;
  g_autoptr (GError) error = NULL;
  GenTokenizer *tokenizer;

  if (!recipe->coded)
    return NULL;
  encoder = gen_preset_vq_vae.nets[0](&small, &error);
  quantizer = gen_preset_vq_vae.nets[1](&small, &error);
  decoder = gen_preset_vq_vae.nets[2](&small, &error);
  g_assert_no_error (error);
  tokenizer = gen_tokenizer_new (encoder, quantizer, decoder, &error);
  g_assert_no_error (error);
  options->codes = (int)tokenizer->codes;
  options->tokens = (int)tokenizer->tokens;
  return tokenizer;
}

/* A preset's nets by its recipe, whatever that of the settings is. */
static inline GenTrainer *
preset_trainer_new (const GenPreset *preset, const GenPresetOptions *options,
    const GenTrainerSettings *settings, GError **error)
{
  GenTrainerSettings own = *settings;
  GenPresetOptions all = *options;
  g_autoptr (GenTokenizer) tokenizer = fresh_tokenizer_new (preset->recipe, &all);
  GenGraph *nets[GEN_RECIPE_MAX_NETS] = { NULL };
  const guint n = gen_recipe_n_nets (preset->recipe);
  GenTrainer *trainer = NULL;
  gboolean made = TRUE;

  own.recipe = preset->recipe;
  own.format = options->format;
  own.tokenizer = tokenizer;
  for (guint i = 0; made && i < n; i++)
    made = (nets[i] = preset->nets[i](&all, error)) != NULL;
  if (made)
    trainer = gen_trainer_new (nets, &own, error);
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&nets[i], gen_graph_unref);
  return trainer;
}

enum { GENERATOR, DISCRIMINATOR };

static inline GenTrainer *
adversarial_trainer (GenGraph *generator, GenGraph *discriminator,
    const GenTrainerSettings *settings, GError **error)
{
  return gen_trainer_new ((GenGraph *[]){ generator, discriminator }, settings, error);
}

/* A figure of a step by its name. */
static inline double
adversarial_figure (const GenTrainerFigures *figures, const char *name)
{
  return figures->values[gen_recipe_figure (&gen_recipe_adversarial, name)];
}

/* What the discriminator gives to `n` samples, before any Sigmoid. */
static inline void
adversarial_score (GenTrainer *trainer, const float *samples, int n, float *scores)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenTensor *input, *y;
  GenShape shape;

  g_assert_true (gen_trainer_fetch_states (trainer, &error));
  graph = gen_trainer_export (trainer, DISCRIMINATOR, FALSE);
  input = g_ptr_array_index (graph->inputs, 0);
  y = g_ptr_array_index (graph->outputs, 0);
  if (y->producer != NULL && g_str_equal (y->producer->op->name, "Sigmoid"))
    graph->outputs->pdata[0] = gen_node_input (y->producer, 0);
  shape = input->shape;
  shape.dims[0] = n;
  input->shape.dims[0] = -1;
  g_assert_true (gen_graph_set_input_shape (graph, input, &shape, &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, samples, gen_plan_input (plan, 0)->size);
  g_assert_true (gen_plan_run (plan, &error));
  memcpy (scores, gen_plan_output (plan, 0)->data, (gsize)n * sizeof (float));
}
