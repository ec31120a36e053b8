/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a training takes: time, of the clock and of processors, and, where the system lets it be
 * read, the energy of the processors' packages (Intel's and AMD's RAPL, by powercap). What the
 * trainings before took, that this one goes on from, is added up. */
#pragma once

#include <generative/exchange.h>

typedef struct {
  double wall, processor; /* seconds of trainings before */
  double joules;          /* of all; NaN: they cannot be read, or could not be of one before */
  guint trainings;        /* this one too */
  guint processes;
  const char *device; /* static */
  gint64 began;
  double processor_began;
  GArray *meters; /* of packages */
} GenTrainingCost;

/* `before` is the folder of the checkpoint that it goes on from, or NULL. */
void gen_training_cost_begin (
    GenTrainingCost *cost, const char *before, const char *device, guint processes);
void gen_training_cost_clear (GenTrainingCost *cost);
/* As training.json has it, a{sv}: {"wall-seconds", "processor-seconds", "package-joules",
 * "trainings", "processes", "processors", "processor", "device"}. NULL where it has not begun.
 * (floating) */
GVariant *gen_training_cost_describe (GenTrainingCost *cost);
