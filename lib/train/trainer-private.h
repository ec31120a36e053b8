/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of GenTrainer share: trainer.c (steps and states), trainer-figures.c (what a step
 * reports) and trainer-play.c (the nets as they play). */
#pragma once

#include "lazy-penalty.h"
#include "step-graph.h"

/* The nets with the weights of the moment, in batches of the training's size: some models take no
 * other. Where there are fewer samples, the last batch has a rest that nobody looks at. The plan
 * has states for weights as well, and is given the step's when it is asked for and these have moved
 * on. */
typedef struct {
  GenStepGraph built;
  GenPlan *plan;
  gint64 step; /* whose weights it has */
  gboolean average, filled;
} GenTrainerPlayer;

/* How a loss is scaled, as the plan's states say. */
typedef struct {
  double scale; /* 0: it is not */
  guint64 skipped;
} GenTrainerScaling;

struct _GenTrainer {
  GenTrainerSettings settings;
  GenGraph *nets[GEN_RECIPE_MAX_NETS];
  GenStepGraph training;
  GenPlan *plan;
  GenLazyPenalty penalty; /* of steps that have what others have not */
  GPtrArray *states;      /* const GenBinding */
  GenShape samples;       /* of a step */
  gint64 step;            /* as the plan's state of that name, of which it is a copy */
  GenTrainerScaling scaling[GEN_RECIPE_MAX_NETS]; /* by the first net that a loss changes */
  GenTrainerPlayer made, measured;
  const int *stop; /* of what they do, where it is not 0; NULL: nothing does */
};

/* --- trainer.c --- */

GenPlanOptions gen_trainer_plan_options (const GenTrainerSettings *settings);
/* Let `plan`, whose graph takes shares of classes, have `batch` samples that are of one class each,
 * of class 0 where nobody says.
 */
void gen_trainer_bind_classes (
    const GenStepGraph *built, GenPlan *plan, const gint64 *labels, gsize batch);

/* --- trainer-figures.c --- */

/* What the last run of `plan` reports, of the first `n` samples where it does so one by one. */
void gen_trainer_read_figures (
    const GenStepGraph *built, GenPlan *plan, gsize n, double values[GEN_RECIPE_MAX_FIGURES]);
/* Whether these, and what is watched, are numbers to go on with. */
gboolean gen_trainer_check_figures (const GenTrainer *trainer, const GenStepGraph *built,
    GenPlan *plan, const double values[GEN_RECIPE_MAX_FIGURES], GError **error);

/* --- trainer-play.c --- */

void gen_trainer_player_clear (GenTrainerPlayer *player);
