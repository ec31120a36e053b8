/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adversarial training: a net learns from samples that are attacked as it is by now (Madry et al.,
 * "Towards deep learning models resistant to adversarial attacks", 2018). What a net takes is
 * attacked, and what it is to make of that stays as it was. Each recipe says which loss is to rise
 * by that, and what is measured of samples that are not trained on is measured under attack, too.
 */
#pragma once

#include <generative/step.h>

/* What is to rise of `samples`, which a net takes: [batch] or a scalar. */
typedef GenTensor *(*GenAttackedLoss) (
    GenStep *step, GenTensor *samples, gpointer data, GError **error);

gboolean gen_attacked_is_on (const GenStep *step);
/* `samples` as the attack of the settings leaves them, by a loss that is asked for each step of it.
 * `bounded`: they are what samples are, from black to white; else any numbers. */
GenTensor *gen_attacked_all (GenStep *step, GenTensor *samples, gboolean bounded,
    GenAttackedLoss loss, gpointer data, GError **error);
/* The same of the share of them that settings say, where the step trains and attacks; else
 * `samples`. */
GenTensor *gen_attacked (GenStep *step, GenTensor *samples, gboolean bounded, GenAttackedLoss loss,
    gpointer data, GError **error);
/* Where the step measures, and trains attack: report the loss under attack as robust-loss. */
gboolean gen_attacked_report (GenStep *step, GenTensor *samples, gboolean bounded,
    GenAttackedLoss loss, gpointer data, GError **error);

/* For recipes' lists: that figure, of what is measured alone. */
#define GEN_ATTACKED_FIGURE                                                                        \
  {                                                                                                \
    { { "robust-loss", GEN_FIELD_NUMBER, NULL, NULL, GEN_BETTER_LOWER }, NULL, NULL, NULL, 0,      \
      -INFINITY },                                                                                 \
        "robust-loss-on-validation", "loss/validation-robust", FALSE, TRUE                         \
  }

/* attack and what goes with it, of recipes that attack. */
#define GEN_ATTACKED_SETTINGS                                                                      \
  { .name = "attack",                                                                              \
    .nick = "Attack",                                                                              \
    .description = "How what nets take is changed before they learn from it, for them to err as "  \
                   "they are by now",                                                              \
    .type = GEN_SETTING_FAMILY,                                                                    \
    .offset = G_STRUCT_OFFSET (GenTrainerSettings, attack),                                        \
    .find = gen_attacked_find,                                                                     \
    .of_learning = TRUE },                                                                         \
      { .name = "attack-epsilon",                                                                  \
        .nick = "Attack epsilon",                                                                  \
        .description = "How far at most, as a share of the range from black to white: of each "    \
                       "number, or of all together (L2)",                                          \
        .type = GEN_SETTING_DOUBLE,                                                                \
        .offset = G_STRUCT_OFFSET (GenTrainerSettings, attack_epsilon),                            \
        .minimum = 0,                                                                              \
        .maximum = G_MAXFLOAT,                                                                     \
        .of_learning = TRUE },                                                                     \
      { .name = "attack-steps",                                                                    \
        .nick = "Attack steps",                                                                    \
        .description = "In how many steps, each of which costs as much as training does",          \
        .type = GEN_SETTING_INT,                                                                   \
        .offset = G_STRUCT_OFFSET (GenTrainerSettings, attack_steps),                              \
        .minimum = 1,                                                                              \
        .maximum = GEN_ATTACK_MAX_STEPS,                                                           \
        .of_learning = TRUE },                                                                     \
      { .name = "attack-step-size",                                                                \
        .nick = "Attack step size",                                                                \
        .description = "How far each of them goes (0 = 2.5 * epsilon / steps)",                    \
        .type = GEN_SETTING_DOUBLE,                                                                \
        .offset = G_STRUCT_OFFSET (GenTrainerSettings, attack_step_size),                          \
        .minimum = 0,                                                                              \
        .maximum = G_MAXFLOAT,                                                                     \
        .of_learning = TRUE },                                                                     \
  {                                                                                                \
    .name = "attack-share", .nick = "Attack share",                                                \
    .description = "Share of a batch's samples that are attacked, one at least",                   \
    .type = GEN_SETTING_DOUBLE, .offset = G_STRUCT_OFFSET (GenTrainerSettings, attack_share),      \
    .minimum = 0, .maximum = 1, .of_learning = TRUE                                                \
  }

gconstpointer gen_attacked_find (const char *name, GError **error);
