/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What recipes share that have discriminators. */
#pragma once

#include <generative/step.h>

/* The scores of `n` batches by net `net`, which become `scores`: one a sample, or, of `parts`, any
 * number a sample. */
gboolean gen_step_discriminate (GenStep *step, guint net, GenTensor *const *batches, guint n,
    gboolean parts, GenTensor **scores, GError **error);

/* For discriminators that score parts of samples: what tells real samples from made ones, and what
 * a generator makes of that. */
typedef struct {
  guint net;
  GenTensor *real, *made;               /* samples */
  GenTensor *real_scores, *made_scores; /* before its update */
} GenAdversary;

/* Its loss on these, by the settings; its scores are watched. */
GenTensor *gen_adversary_loss (GenStep *step, GenAdversary *adversary, GError **error);
/* The loss of who has made the samples, by the discriminator as it is by now. */
GenTensor *gen_adversary_deceive (GenStep *step, const GenAdversary *adversary, GError **error);
/* Report which share of the parts of `n` of them is judged rightly, as accuracy-on-real and
 * accuracy-on-fake. */
gboolean gen_adversary_report (
    GenStep *step, const GenAdversary *adversaries, guint n, GError **error);

/* For recipes' lists. */
#define GEN_ADVERSARY_FIGURES                                                                      \
  { { { "discriminator-loss", GEN_FIELD_NUMBER, NULL, NULL }, "loss/discriminator", ", loss D ",   \
        "", 3, -INFINITY },                                                                        \
    NULL, NULL },                                                                                  \
      { { { "generator-loss", GEN_FIELD_NUMBER, NULL, NULL }, "loss/generator", " G ", "", 3,      \
            -INFINITY },                                                                           \
        NULL, NULL },                                                                              \
      { { { "accuracy-on-real", GEN_FIELD_NUMBER, NULL, NULL }, "accuracy/real", NULL, NULL, 0,    \
            -INFINITY },                                                                           \
        "accuracy-on-validation", "accuracy/validation", TRUE },                                   \
  {                                                                                                \
    { { "accuracy-on-fake", GEN_FIELD_NUMBER, NULL, NULL }, "accuracy/fake", NULL, NULL, 0,        \
      -INFINITY },                                                                                 \
        NULL, NULL, TRUE                                                                           \
  }

gconstpointer gen_adversary_find_loss (const char *name, GError **error);
#define GEN_GENERATOR_RATE_SETTING                                                                 \
  {                                                                                                \
    .name = "generator-rate", .nick = "Generator rate",                                            \
    .description = "The generator's learning rate as a share of learning-rate: below 1 the "       \
                   "discriminator learns faster, above 1 slower",                                  \
    .type = GEN_SETTING_DOUBLE, .offset = G_STRUCT_OFFSET (GenTrainerSettings, generator_rate),    \
    .minimum = 0, .maximum = G_MAXFLOAT, .of_learning = TRUE                                       \
  }
#define GEN_LOSS_SETTING                                                                           \
  {                                                                                                \
    .name = "loss", .nick = "Loss", .description = "What generators and discriminators minimise",  \
    .type = GEN_SETTING_FAMILY, .offset = G_STRUCT_OFFSET (GenTrainerSettings, loss),              \
    .find = gen_adversary_find_loss, .of_learning = TRUE                                           \
  }
#define GEN_SMOOTHING_SETTING                                                                      \
  {                                                                                                \
    .name = "label-smoothing", .nick = "Label smoothing",                                          \
    .description = "Real samples, or the right class, are labelled 1 minus this, below 0.5 (0 = "  \
                   "not smoothed)",                                                                \
    .type = GEN_SETTING_DOUBLE, .offset = G_STRUCT_OFFSET (GenTrainerSettings, label_smoothing),   \
    .minimum = 0, .maximum = 0.5, .of_learning = TRUE                                              \
  }
