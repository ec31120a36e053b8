/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainings by what is computed in them: the graphs of their steps, as texts. */
#pragma once

#include <generative/onnx.h>
#include <generative/training.h>

#include "../../lib/train/step-graph.h"
#include "../preset-options.h"
#include "../trainers.h"
#include "graph-text.h"
#include "setting-changes.h"

typedef struct {
  const GenRecipe *recipe;
  const GenPreset *preset;
  const GenPreset *teacher; /* whose net teaches, NULL for none */
  gboolean conditional;
  int width, height; /* 0: as the preset has it */
} TrainingCase;

/* A model of pictures in `folder`: its path. (transfer full) */
static inline char *
training_case_eye_new (const char *folder)
{
  GenPresetOptions options = preset_options (&gen_preset_cleaner);
  g_autofree char *path = g_build_filename (folder, "eye.onnx", NULL);
  g_autoptr (GenGraph) net = NULL;
  g_autoptr (GError) error = NULL;

  options.width = 2;
  net = gen_preset_cleaner.nets[0](&options, &error);
  g_assert_no_error (error);
  g_assert_true (gen_onnx_save (net, path, &error));
  return g_steal_pointer (&path);
}

/* What others are with, and what is read of all kinds. */
static inline void
training_case_fill (GenTrainingSettings *settings, const TrainingCase *of, const char *eye)
{
  GenTrainerSettings *trainer = &settings->trainer;

  gen_training_settings_init (settings);
  settings->options = preset_options (of->preset);
  settings->options.latent_size = 4;
  settings->options.conditional = of->conditional;
  settings->options.width = of->preset == &gen_preset_vae ? 0 : 4;
  if (of->width > 0) {
    settings->options.format.width = of->width;
    settings->options.format.height = of->height;
  }
  trainer->recipe = of->recipe;
  trainer->batch_size = 2;
  trainer->optimizer = &gen_optimizer_sgd;
  trainer->r1 = trainer->r2 = 0.5;
  trainer->min_snr = 5;
  trainer->instance_noise = 0.5;
  trainer->augment_probability = 0.5;
  trainer->augment_target = 0.6;
  trainer->degradation = &gen_degradation_jpeg;
  trainer->attack = &gen_attack_pgd;
  trainer->attack_steps = 2;
  trainer->perceptual_model = g_strdup (eye);
  trainer->ema = gen_recipe_averaged_net (of->recipe) >= 0 ? 0.5 : 0;
}

/* The averaged net of a preset. (transfer full) */
static inline GenGraph *
training_case_averaged (const GenPreset *preset, const GenPresetOptions *options)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = preset->nets[gen_recipe_averaged_net (preset->recipe)](options, &error);

  g_assert_no_error (error);
  return graph;
}

/* Training, validation and play, and what files say. */
#define TRAINING_PARTS (GEN_STEP_PLAYS + 2)

/* A case as it is with `settings`, which have to stay. */
typedef struct {
  const TrainingCase *of;
  const GenTrainingSettings *settings;
  GenGraph *nets[GEN_RECIPE_MAX_NETS];
  GenGraph *teacher;
  GenTokenizer *tokenizer;
  char *parts[TRAINING_PARTS];
} DrawnTraining;

static inline void
drawn_training_draw_teacher (DrawnTraining *drawn, const GenPresetOptions *options)
{
  const GenPreset *preset = drawn->of->teacher;

  drawn->teacher = training_case_averaged (preset, options);
  if (drawn->of->conditional)
    g_hash_table_insert (
        drawn->teacher->metadata, g_strdup ("generative.guidance"), g_strdup ("2"));
  if (preset == &gen_preset_unet_diffusion) {
    const GenTrainerSettings taught = { GEN_TRAINER_DEFAULTS, .recipe = &gen_recipe_diffusion };

    gen_recipe_diffusion.describe (&taught, 0, drawn->teacher->metadata);
  }
}

/* All that is computed in a part with `settings`; an error is another thing, too. (transfer full)
 */
static inline char *
drawn_training_describe (
    const DrawnTraining *drawn, const GenTrainingSettings *settings, guint part)
{
  const GenRecipe *recipe = drawn->of->recipe;
  GenTrainerSettings trainer = settings->trainer;
  g_autoptr (GString) text = g_string_new (NULL);

  trainer.format = settings->options.format;
  trainer.teacher = drawn->teacher;
  trainer.tokenizer = drawn->tokenizer;
  if (part <= GEN_STEP_PLAYS) {
    GenStepGraph built = { NULL };
    g_autoptr (GError) error = NULL;

    if (gen_step_graph_build (&built, part, drawn->nets, &trainer, &error)) {
      graph_text_add (text, built.graph);
      g_string_append_printf (text, "%u runs\n", built.runs);
    } else {
      g_string_append (text, error->message);
    }
    gen_step_graph_clear (&built);
    return g_compute_checksum_for_string (G_CHECKSUM_MD5, text->str, (gssize)text->len);
  }
  for (guint i = 0; recipe->describe != NULL && i < gen_recipe_n_nets (recipe); i++) {
    g_autoptr (GenGraph) net = gen_graph_copy (drawn->nets[i]);

    recipe->describe (&trainer, i, net->metadata);
    graph_text_add (text, net);
  }
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text->str, (gssize)text->len);
}

static inline void
drawn_training_init (
    DrawnTraining *drawn, const TrainingCase *of, const GenTrainingSettings *settings)
{
  g_autoptr (GError) error = NULL;
  GenPresetOptions options = settings->options;

  *drawn = (DrawnTraining){ of, settings };
  if (of->recipe->coded)
    drawn->tokenizer = fresh_tokenizer_new (of->recipe, &options);
  for (guint i = 0; i < gen_recipe_n_nets (of->recipe); i++) {
    drawn->nets[i] = of->recipe->any_preset ? training_case_averaged (of->preset, &options)
                                            : of->preset->nets[i](&options, &error);
    g_assert_no_error (error);
  }
  options.seed = 1;
  if (of->teacher != NULL)
    drawn_training_draw_teacher (drawn, &options);
  for (guint part = 0; part < TRAINING_PARTS; part++)
    drawn->parts[part] = drawn_training_describe (drawn, settings, part);
}

static inline void
drawn_training_clear (DrawnTraining *drawn)
{
  for (guint i = 0; i < GEN_RECIPE_MAX_NETS; i++)
    g_clear_pointer (&drawn->nets[i], gen_graph_unref);
  g_clear_pointer (&drawn->teacher, gen_graph_unref);
  g_clear_pointer (&drawn->tokenizer, gen_tokenizer_unref);
  for (guint part = 0; part < TRAINING_PARTS; part++)
    g_clear_pointer (&drawn->parts[part], g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DrawnTraining, drawn_training_clear)

/* Whether another value of `setting` makes another part of it. */
static inline gboolean
drawn_training_reads (const DrawnTraining *drawn, const GenSetting *setting)
{
  g_auto (GenTrainingSettings) changed = { 0 };
  gboolean reads = FALSE;

  gen_training_settings_copy (drawn->settings, &changed);
  setting_change (&changed, setting);
  for (guint part = 0; !reads && part < TRAINING_PARTS; part++) {
    g_autofree char *after = drawn_training_describe (drawn, &changed, part);

    reads = strcmp (drawn->parts[part], after) != 0;
  }
  return reads;
}
