/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The samples that a training is validated by, or tested by at its end, which come in a thread of
 * their own. */
#pragma once

#include <generative/validation.h>

typedef struct {
  guint limit; /* of samples */

  /* The filling thread's until `ended`, then the training thread's. */
  GenValidation *validation;

  /* Under the lock; a change of it is told by `changed`. */
  GMutex lock;
  GCond changed;
  gboolean ended, closed;
} GenTrainingValidation;

/* It owns `validation`. */
void gen_training_validation_init (
    GenTrainingValidation *self, GenValidation *validation, guint limit);
void gen_training_validation_clear (GenTrainingValidation *self);
/* FALSE when no more are wanted. */
gboolean gen_training_validation_add (
    GenTrainingValidation *self, const GenSample *sample, int label);
void gen_training_validation_end (GenTrainingValidation *self);
/* Nobody waits any more. */
void gen_training_validation_close (GenTrainingValidation *self);
/* Wait until all are there; NULL when it was closed. */
GenValidation *gen_training_validation_wait (GenTrainingValidation *self);
