/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes share that train a denoiser, net 0, on samples with noise, and play it by a sampler.
 */
#pragma once

#include <generative/step.h>

#include "../../sample/sampling.h"

#define GEN_DENOISER 0

enum { GEN_DENOISER_NOISY, GEN_DENOISER_TIME, GEN_DENOISER_INPUTS };

/* Whether `net`, which `who` is, takes noisy samples and their times, and has learned nothing else
 * before than what the settings say. */
gboolean gen_denoising_check (
    const GenTrainerSettings *settings, const GenGraph *net, const char *who, GError **error);
/* Whether `who` makes as many numbers as it takes. */
gboolean gen_denoising_check_made (
    const GenTensor *made, const GenShape *wanted, const char *who, GError **error);

/* A whole number below `n` for each sample, int64 [batch]. */
GenTensor *gen_denoising_draw_times (GenStep *step, int n, GError **error);
/* The `n` columns of `table` in the rows `places`, each [batch, 1, …], as samples have extents. */
gboolean gen_denoising_choose (GenStep *step, GenTensor *table, GenTensor *places,
    GenTensor **columns, guint n, GError **error);
/* Times as `denoiser` takes them. */
GenTensor *gen_denoising_tell_times (
    GenStep *step, const GenGraph *denoiser, GenTensor *times, GError **error);
/* a * x + b * y. */
GenTensor *gen_denoising_mix (
    GenStep *step, GenTensor *a, GenTensor *x, GenTensor *b, GenTensor *y, GError **error);
/* The mean square between two of each sample, [batch]. */
GenTensor *gen_denoising_square_errors (
    GenStep *step, GenTensor *made, GenTensor *target, GError **error);

/* Minimise the mean of `errors`, [batch] or NULL, which are called `what`, and report it. */
gboolean gen_denoising_minimise (
    GenStep *step, GenTensor *errors, const char *what, GError **error);

/* How many classes the metadata of a net tells of, as it has it; NULL: it is told none. */
#define GEN_DENOISING_CLASSES "generative.classes"

/* What a player has to know of the denoiser, which is run as often as is usual with `sampler` where
 * the settings do not say it. */
void gen_denoising_describe (
    const GenTrainerSettings *settings, const GenSampler *sampler, GHashTable *metadata);
/* `make` and `wrap` of such recipes. */
gboolean gen_denoising_make (GenStep *step, GError **error);
GenGraph *gen_denoising_wrap (const GenGraph *made, guint *runs, GError **error);

/* For recipes' lists. */
extern const GenRecipeNet gen_denoising_nets[];
gconstpointer gen_denoising_find_prediction (const char *name, GError **error);
gconstpointer gen_denoising_find_schedule (const char *name, GError **error);

#define GEN_DENOISING_FIGURE                                                                       \
  {                                                                                                \
    { { "loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, "loss/training", ", loss ", "",  \
      4, -INFINITY },                                                                              \
        "loss-on-validation", "loss/validation"                                                    \
  }
#define GEN_DENOISING_SETTINGS                                                                     \
  { .name = "prediction",                                                                          \
    .nick = "Prediction",                                                                          \
    .description = "What the denoiser learns to make of noisy samples: epsilon, v or sample",      \
    .type = GEN_SETTING_FAMILY,                                                                    \
    .offset = G_STRUCT_OFFSET (GenTrainerSettings, prediction),                                    \
    .find = gen_denoising_find_prediction,                                                         \
    .of_learning = TRUE },                                                                         \
  {                                                                                                \
    .name = "noise-schedule", .nick = "Noise schedule",                                            \
    .description = "How noisy samples are along the times", .type = GEN_SETTING_FAMILY,            \
    .offset = G_STRUCT_OFFSET (GenTrainerSettings, noise_schedule),                                \
    .find = gen_denoising_find_schedule, .of_learning = TRUE                                       \
  }

#define GEN_SAMPLING_STEPS_SETTING                                                                 \
  {                                                                                                \
    .name = "sampling-steps", .nick = "Sampling steps",                                            \
    .description = "How often the denoiser is run for a sample, in previews and validation and "   \
                   "by who plays its file",                                                        \
    .type = GEN_SETTING_INT, .offset = G_STRUCT_OFFSET (GenTrainerSettings, sampling_steps),       \
    .minimum = 0, .maximum = GEN_SAMPLING_MAX_STEPS                                                \
  }
