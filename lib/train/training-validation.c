/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-validation.h"

#include "validation-detail.h"

void
gen_training_validation_init (GenTrainingValidation *self, GenValidation *validation, guint limit)
{
  *self = (GenTrainingValidation){ .limit = limit, .validation = validation };
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
}

void
gen_training_validation_clear (GenTrainingValidation *self)
{
  gen_validation_free (self->validation);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

gboolean
gen_training_validation_add (GenTrainingValidation *self, const GenSample *sample, int label)
{
  gboolean ended;

  g_mutex_lock (&self->lock);
  ended = self->ended;
  g_mutex_unlock (&self->lock);
  if (ended)
    return FALSE;
  gen_validation_add (self->validation, sample, label);
  if (gen_validation_count (self->validation) < self->limit)
    return TRUE;
  gen_training_validation_end (self);
  return FALSE;
}

void
gen_training_validation_map (GenTrainingValidation *self, const int *classes, guint n)
{
  g_mutex_lock (&self->lock);
  self->classes = classes;
  self->n_classes = n;
  g_mutex_unlock (&self->lock);
}

void
gen_training_validation_end (GenTrainingValidation *self)
{
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
gen_training_validation_close (GenTrainingValidation *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

GenValidation *
gen_training_validation_wait (GenTrainingValidation *self)
{
  gboolean closed;

  g_mutex_lock (&self->lock);
  while (!self->ended && !self->closed)
    g_cond_wait (&self->changed, &self->lock);
  closed = self->closed;
  if (!closed && self->classes != NULL)
    gen_validation_take_classes (self->validation, self->classes, self->n_classes);
  self->classes = NULL;
  g_mutex_unlock (&self->lock);
  return closed ? NULL : self->validation;
}
