/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A training among the members of an exchange: who they are, whether all are well, and what each
 * does next. The first one leads: it alone writes, measures and tells. One that is alone leads
 * itself, and asks nobody. */
#pragma once

#include "training-private.h"

/* Find the others, where this process is one of several, or the settings name them. */
gboolean gen_training_join (GenTraining *training, GError **error);
gboolean gen_training_leads (const GenTraining *training);
/* How many processes they are, each of which may have several members. */
guint gen_training_processes (const GenTraining *training);
/* Tell nothing but that it has failed, and look at no samples but those that are trained on. */
void gen_training_follow (GenTraining *training);
/* Whether all members are well, of whom this one is or is not, as `*error` says. Where they are
 * not, all have come to their end. */
gboolean gen_training_agree (GenTraining *training, gboolean well, GError **error);
/* Whether all members begin with the same settings and weights, and `made` theirs, as `*error`
 * says. */
gboolean gen_training_agree_on_beginning (GenTraining *training, gboolean made, GError **error);
/* Find out whether what lies on members' devices can be summed there, and tell. All do it together.
 */
void gen_training_join_devices (GenTraining *training);
/* The threads of this member, where the settings leave them open and others share its cores. */
int gen_training_threads (GenTraining *training);

/* What members do next, all the same. */
typedef enum {
  GEN_TURN_STEP,
  GEN_TURN_END,  /* one has no batch, or has done what was asked for */
  GEN_TURN_STOP, /* one was stopped */
  GEN_TURN_FAIL, /* one has failed, which has been told */
} GenTrainingTurn;

/* Ask the others: this one is well or has told that it is not, and has a batch or has not. The
 * learning rate is the first one's. */
GenTrainingTurn gen_training_take_turn (GenTraining *training, gboolean well, gboolean has_batch);
/* Wait for all to come to their end. */
void gen_training_part (GenTraining *training);
