/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a training goes: its figures, told and written to the log. */
#pragma once

#include <generative/checkpoint.h>
#include <generative/objective.h>
#include <generative/training-log.h>
#include <generative/validation.h>

#include "training-events.h"

typedef struct {
  const GenTrainingSettings *settings;
  const GenObjective *objective;
  const GenTrainingEvents *events;
  GenTrainer *trainer;
  GenTrainingLog *log;            /* NULL once it cannot be written */
  GenValidationFigures validated; /* the last ones */
  guint64 validated_step;         /* G_MAXUINT64 before the first */
  guint64 first_step, reported_step;
  gint64 start_time, reported_time;
  gint64 waited, reported_wait; /* microseconds for batches, and of them those reported */
} GenTrainingReport;

/* Where training stands. */
typedef struct {
  const GenTrainingProgress *progress;
  guint64 epoch_length, last_step; /* 0: not known */
} GenTrainingPlace;

void gen_training_report_begin (GenTrainingReport *report, const GenTrainingSettings *settings,
    const GenObjective *objective, const GenTrainingEvents *events, GenTrainer *trainer);
/* Close the log. */
void gen_training_report_end (GenTrainingReport *report, GenTrainingOutcome outcome);

/* No step was made for so many microseconds, as there was no batch. */
void gen_training_report_wait (GenTrainingReport *report, gint64 microseconds);
/* Once a second a report is due. */
gboolean gen_training_report_is_due (const GenTrainingReport *report);
void gen_training_report_progress (GenTrainingReport *report, const GenTrainerFigures *figures,
    const GenTrainingPlace *place, gboolean last);
/* Of report->validated. */
void gen_training_report_validation (GenTrainingReport *report, gboolean best);
/* Of the samples to test by, of the nets of `step`. */
void gen_training_report_test (
    GenTrainingReport *report, const GenValidationFigures *tested, guint64 step, gboolean best);
/* The log gets the weights and `wall`, or what kept that from being drawn. */
void gen_training_report_nets (
    GenTrainingReport *report, const GenPicture *wall, const GError *failure);
/* `n` sounds, or why there are none. */
void gen_training_report_sounds (
    GenTrainingReport *report, const GenSample *sounds, guint n, const GError *failure);
