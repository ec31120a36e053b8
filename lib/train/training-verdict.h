/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether nets are better after training than before it, as far as the samples that they are tested
 * by can show. What was measured before the first step stands beside the comparison's report until
 * the last one, so that a training that was interrupted says the same. */
#pragma once

#include <json-glib/json-glib.h>

#include <generative/objective.h>

#include "training-events.h"
#include "validation-detail.h"

typedef struct {
  const char *name; /* of the figure */
  GenBetter better;
  GenPairedDifference difference;
} GenFigureVerdict;

/* What a verdict is about. */
typedef struct {
  const GenObjective *objective; /* the figure that decides */
  const char *nets; /* "best", those of the best validation, or "last"; NULL: not known */
  guint64 step, samples;
} GenJudged;

/* Keep `detail`: figures of samples in the file `path`, those of parts in `before`. */
gboolean gen_training_verdict_save (
    const GenValidationDetail *detail, const char *path, JsonObject *before, GError **error);
/* What was kept, into `detail`, which is empty before; nothing where there is none. */
void gen_training_verdict_load (GenValidationDetail *detail, const char *path, JsonObject *before);

/* Figures of all samples, and what they are made of. */
typedef struct {
  JsonObject *figures;
  const GenValidationDetail *detail;
} GenFigureDetail;

/* GenFigureVerdict of each figure that is tested; none where one of them has none of as many
 * samples as the other. (transfer full) */
GArray *gen_training_verdict_find (const GenRecipe *recipe, const GenObjective *objective,
    guint64 seed, const GenFigureDetail *before, const GenFigureDetail *after);
/* NULL where there is none. */
const GenFigureVerdict *gen_training_verdict_of (const GArray *verdicts, const char *name);

/* For report.json. (transfer full) */
JsonObject *gen_training_verdict_describe (const GArray *verdicts, const GenJudged *judged);
/* "better (the change is between -0.12 and -0.08 with a confidence of 95 %)". (transfer full) */
char *gen_training_verdict_to_text (const GenFigureVerdict *verdict, guint64 samples);
/* "-0.12 … -0.08". (transfer full) */
char *gen_training_verdict_interval (const GenFigureVerdict *verdict);
void gen_training_verdict_tell (
    const GArray *verdicts, const GenJudged *judged, const GenTrainingEvents *events);
