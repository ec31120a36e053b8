/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of trainings of small nets, whose batches are drawn by their numbers. */
#pragma once

#include <generative/checkpoint.h>
#include <generative/random.h>
#include <generative/validation.h>

#include <math.h>
#include <string.h>

#include "../preset-options.h"
#include "../scratch.h"
#include "../trainers.h"

#define BATCH 16
static const GenPresetOptions small = { GEN_PRESET_DEFAULTS, .format.width = 8,
  .format.height = 8 };

static inline void
draw (float *batch, gsize n, guint64 step)
{
  GenRandom random = gen_random_new (9, "test", 0);

  gen_random_uniform (&random, step, 0, batch, n);
  for (gsize i = 0; i < n; i++)
    batch[i] = batch[i] * 0.2f + (i % 8 < 4 ? 0.7f : -0.9f);
}

static inline void
make_steps (GenTrainer *trainer, int n)
{
  gsize size = gen_trainer_settings (trainer)->batch_size * gen_trainer_sample_size (trainer);
  g_autofree float *batch = g_new (float, size);
  g_autoptr (GError) error = NULL;
  GenTrainerFigures figures;

  for (int i = 0; i < n; i++) {
    draw (batch, size, gen_trainer_steps (trainer));
    g_assert_true (gen_trainer_step (trainer, batch, NULL, &figures, &error));
    g_assert_no_error (error);
  }
}
