/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of GenTrainer share: trainer.c (steps and states), trainer-figures.c (what a step
 * reports), trainer-memory.c (samples that are kept) and trainer-play.c (the nets as they play). */
#pragma once

#include "lazy-penalty.h"
#include "sample-memory.h"
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
  char *bases[GEN_RECIPE_MAX_NETS];       /* what nets began as, where that was said, */
  char *base_hashes[GEN_RECIPE_MAX_NETS]; /* and their hashes, once they are asked for */
  char *began_as;                         /* SHA-256 of what is read again when it goes on; NULL:
                                             nothing is */
  GenSampleMemory *memory;                /* of samples, which goes with the states; NULL: none */
  GArray *claims;  /* gint64: the classes of a step's samples that have a claim on a place in it,
                      this member's and then those of all; NULL: nobody tells */
  GArray *claimed; /* those samples */
  const int *stop; /* of what they do, where it is not 0; NULL: nothing does */
};

/* --- trainer.c --- */

GenPlanOptions gen_trainer_plan_options (const GenTrainerSettings *settings);
/* Let `plan`, whose graph takes shares of classes, have `batch` samples that are of one class each,
 * of class 0 where nobody says.
 */
void gen_trainer_bind_classes (
    const GenStepGraph *built, GenPlan *plan, const gint64 *labels, gsize batch);

/* --- trainer-memory.c --- */

/* From now on the trainer's states have a memory (transfer full). */
void gen_trainer_set_memory (GenTrainer *trainer, GenSampleMemory *memory);
/* Let it see the first `n` samples of a batch, but those that are mixtures of classes; where there
 * are several members, what all of them have. */
gboolean gen_trainer_remember (
    GenTrainer *trainer, const GenTrainerBatch *batch, gsize n, GError **error);

/* --- trainer-figures.c --- */

/* What the last run of `plan` reports, of the first `n` samples where it does so one by one. */
void gen_trainer_read_figures (
    const GenStepGraph *built, GenPlan *plan, gsize n, double values[GEN_RECIPE_MAX_FIGURES]);
/* The same of each of the samples: `each` has GEN_RECIPE_MAX_FIGURES numbers for every one, NaN for
 * figures that are not reported. `blocks` says how many samples in a row have one number together:
 * 1 where it is each one's own, else `batch`. */
void gen_trainer_read_each (const GenStepGraph *built, GenPlan *plan, gsize n, gsize batch,
    float *each, gsize blocks[GEN_RECIPE_MAX_FIGURES]);
/* Whether these, and what is watched, are numbers to go on with. */
gboolean gen_trainer_check_figures (const GenTrainer *trainer, const GenStepGraph *built,
    GenPlan *plan, const double values[GEN_RECIPE_MAX_FIGURES], GError **error);

/* --- trainer-adapter.c --- */

/* Add the adapters beside net `net` to the weights of `graph`, a copy of it. */
void gen_trainer_merge_adapters (GenTrainer *trainer, guint net, gboolean average, GenGraph *graph);

/* --- trainer-play.c --- */

/* As gen_trainer_measure; where `each` is not NULL, it gets what gen_trainer_read_each reads. */
gboolean gen_trainer_measure_each (GenTrainer *trainer, gboolean average, const float *samples,
    const gint64 *labels, gsize n, gsize first, double values[GEN_RECIPE_MAX_FIGURES], float *each,
    gsize blocks[GEN_RECIPE_MAX_FIGURES], GError **error);
/* A weight or statistic as nets play with it. */
void gen_trainer_read_weight (
    GenTrainer *trainer, const GenWeight *weight, gboolean average, void *to);

void gen_trainer_player_clear (GenTrainerPlayer *player);
