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
  const int *classes; /* what nets have in the place of a class, until it is; NULL: the same */
  guint n_classes;
} GenTrainingValidation;

/* It owns `validation`. */
void gen_training_validation_init (
    GenTrainingValidation *self, GenValidation *validation, guint limit);
void gen_training_validation_clear (GenTrainingValidation *self);
/* With the data's number of its class. FALSE when no more are wanted. */
gboolean gen_training_validation_add (
    GenTrainingValidation *self, const GenSample *sample, int label);
/* Samples of class i, of `n`, whether they have come or will, are of class `classes[i]` of the
 * nets; borrowed until all are there. NULL: the same. */
void gen_training_validation_map (GenTrainingValidation *self, const int *classes, guint n);
void gen_training_validation_end (GenTrainingValidation *self);
/* Nobody waits any more. */
void gen_training_validation_close (GenTrainingValidation *self);
/* Wait until all are there; NULL when it was closed. */
GenValidation *gen_training_validation_wait (GenTrainingValidation *self);
