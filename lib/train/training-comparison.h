/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before and after: what training has made of nets that were given to begin with, in figures of
 * the samples that are tested by, or validated by where there are none of those, and in what they
 * make of the same latents or samples. It
 * stands in the folder `comparison` of the checkpoint: report.md, report.json, before.png,
 * after.png, and what these are made of, shown.npy and tested.npy. */
#pragma once

#include <generative/objective.h>
#include <generative/training-settings.h>
#include <generative/validation.h>

#include "training-events.h"
#include "validation-detail.h"

/* Where a training stands. */
typedef struct {
  const GenTrainingSettings *settings;
  const GenObjective *objective; /* what decides */
  GenTrainer *trainer;
  const float *shown; /* latents or samples, `columns` by `rows` with what is shown beside them */
  int columns, rows;
  const GenValidationFigures *figures; /* NULL: nothing was measured */
  const char *split;                   /* of which samples: "test" or "validation" */
  const GenValidationDetail *detail;   /* of figures of the test; NULL: there are none */
  /* The nets of the best validation, where they are not the last and were tested, else NULL. */
  const GenValidationFigures *best;
  guint64 best_step;
  GenTrainer *best_trainer;
  const GenValidationDetail *best_detail;
} GenTrainingMoment;

/* Whether nets were given that training makes better or worse. */
gboolean gen_training_comparison_is_wanted (const GenTrainingSettings *settings);
/* Remove that of an earlier training. */
void gen_training_comparison_remove (const GenTrainingSettings *settings);
/* Before the first step. */
gboolean gen_training_comparison_begin (const GenTrainingMoment *before, GError **error);
/* What was shown before the first step, `size` numbers each, at most `n`, read into `shown`; how
 * many that are, 0 where there is no such file. */
gsize gen_training_comparison_load (const char *checkpoint, float *shown, gsize size, gsize n);
/* After the last step. Where nothing was said before the first one, there is nothing to compare. */
gboolean gen_training_comparison_end (
    const GenTrainingMoment *after, const GenTrainingEvents *events, GError **error);
