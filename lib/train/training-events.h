/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the parts of a training tell what happens. */
#pragma once

#include <generative/training.h>

typedef struct {
  GenTrainingCallbacks callbacks;
  gpointer data;
} GenTrainingEvents;

/* A setting that is on, as whoever trains would say it. (transfer full) */
char *gen_training_name_flag (const GenTrainingEvents *events, const char *name);

/* An error of GEN_TRAINING_ERROR, with which training goes on or ends. */
void gen_training_warn (const GenTrainingEvents *events, GenTrainingError code, const char *format,
    ...) G_GNUC_PRINTF (3, 4);
/* Something worth knowing. */
void gen_training_tell (const GenTrainingEvents *events, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
void gen_training_fail (const GenTrainingEvents *events, GenTrainingError code, const char *format,
    ...) G_GNUC_PRINTF (3, 4);
