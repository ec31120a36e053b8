/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two files of GenTraining share: training.c (from open to the end) and training-judge.c
 * (what is measured on the way, on samples that are not trained on). */
#pragma once

#include <generative/training.h>

#include "training-folder.h"
#include "training-report.h"
#include "training-test.h"
#include "training-validation.h"

struct _GenTraining {
  GenTrainingSettings settings;
  GenTrainingEvents events;
  GenTrainingFolder folder;
  GenTrainingValidation validation;
  GenTrainingTest test;
  GenObjective objective; /* what nets are better by */

  /* From open to the end. */
  GenFormat format;
  char **class_names;      /* of the data; NULL: it has none but numbers */
  int data_classes;        /* of the data; 0: it does not say */
  gboolean classes_follow; /* nets know those of the data, as nobody has said how many */
  int *class_map;          /* what the nets have in the place of the data's classes; NULL: those */
  guint n_mapped;          /* those of the data, the first ones of the map */
  guint n_classes;         /* and behind these, of the map too, those that nets alone know */
  GenTrainer *trainer;
  float *shown;                   /* latents or samples that the preview is made of */
  gsize n_shown, shown_from_data; /* how many, and how many of them have come with the data */
  guint64 first_step, skipped;

  /* Whom it trains with (training-members.h). */
  GenExchangeGroup *group; /* its own; NULL: it has none, or that of the settings */
  GenExchange *exchange;   /* NULL: it is alone */
  gboolean has_part;       /* samples that come are this member's part of all */

  /* The training thread's. */
  GenTrainingProgress progress;
  GenTrainingReport report;

  /* Under the lock; that there is a queue or nothing is wanted is told by changed. */
  gboolean dealt_by_place; /* to splits, so that more of them are dealt anew; atomic */
  GMutex lock;
  GCond changed;
  GenBatchQueue *queue;
  guint64 epoch_samples; /* as the data says */
  GenTrainingOutcome outcome;
  int stopping; /* atomic, and changed under the lock */
};

/* --- training-objective.c --- */

/* What nets are better by, as the settings say, of `medium`, NULL while that is not known. FALSE
 * with `error`. */
gboolean gen_training_find_objective (
    GenTraining *training, const GenMedium *medium, GError **error);
/* What a checkpoint that was gone on from knows of the best, by the objective: another one begins
 * without. */
void gen_training_take_objective (GenTraining *training);

/* --- training.c --- */

/* One of no nets and no folder. (transfer full) */
GenTraining *gen_training_new_empty (
    const GenTrainingSettings *settings, const GenTrainingCallbacks *callbacks, gpointer data);

/* Whether samples to validate by will come. */
gboolean gen_training_validates (const GenTraining *training);
/* Likewise to test by. */
gboolean gen_training_tests (const GenTraining *training);
/* Whether it is to stop, and whether that is why something was not made or measured. */
gboolean gen_training_is_stopping (const GenTraining *training);
gboolean gen_training_was_stopped (const GError *error);
/* Of the preview: what is shown of a sample stays in one row of the wall. */
int gen_training_wall_columns (const GenTraining *training);

/* --- training-judge.c --- */

/* Measure on the validation samples, once all are there, or leave it where training is to stop.
 * FALSE when it failed. */
gboolean gen_training_validate (GenTraining *training);
/* At the end: test the nets as they are, and as the best validation found them. FALSE when that
 * failed. */
gboolean gen_training_judge (GenTraining *training);
/* Nets that were given are looked at before their first step. FALSE when that failed. */
gboolean gen_training_compare_before (GenTraining *training);
void gen_training_compare_after (GenTraining *training);
