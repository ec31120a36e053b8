/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The judgement at the end of a training: the figures of samples that neither training nor the
 * choice of the best nets has seen. */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/checkpoint.h>

#include "training-events.h"
#include "training-validation.h"
#include "validation-detail.h"

/* Figures of nets, and the step that these are of. */
typedef struct {
  GenValidationFigures figures;
  guint64 step;
  gboolean measured;
  GenValidationDetail *detail; /* what they are made of; NULL: nobody wants it */
} GenTrainingTested;

typedef struct {
  GenTrainingValidation samples;
  GenTrainingTested last;
  GenTrainingTested best;   /* the nets of the best validation, where they are not the last */
  GenTrainer *best_trainer; /* has those, where they were measured */
  GenValidationDetail detail, best_detail; /* where nets were given that they compare with */
} GenTrainingTest;

void gen_training_test_init (GenTrainingTest *test, const GenTrainingSettings *settings);
void gen_training_test_clear (GenTrainingTest *test);

/* Measure the nets as they are; nothing is `measured` where training is to stop before all samples
 * are there. */
gboolean gen_training_test_measure (
    GenTrainingTest *test, GenTrainer *trainer, GenTrainingTested *tested, GError **error);
/* Measure them as they were when they were the best, by the models in the checkpoint, where that
 * was before `trainer` came to where it is. */
gboolean gen_training_test_measure_best (GenTrainingTest *test, GenTrainer *trainer,
    const GenTrainingSettings *settings, const GenTrainingEvents *events, const GenFormat *format,
    const GenTrainingProgress *progress, GError **error);

/* The step, and what has been measured, of the samples of `split`. (transfer full) */
JsonObject *gen_training_describe_figures (
    const GenRecipe *recipe, guint64 step, const char *split, const GenValidationFigures *figures);
/* Both as one line of words: "test: of 500 pictures the nets of step 2000 have loss 0.12, accuracy
 * 0.96". (transfer full) */
char *gen_training_test_to_line (
    const GenTrainingTest *test, const GenRecipe *recipe, const char *samples);
/* Both, for training.json. (transfer full) */
JsonObject *gen_training_test_describe (const GenTrainingTest *test, const GenRecipe *recipe);
