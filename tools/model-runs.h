/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes into a model that is looked at: samples, arrays, or what is drawn. */
#pragma once

#include <generative/model.h>
#include <generative/run-set.h>
#include <json-glib/json-glib.h>

#include "prepare.h"

typedef struct {
  const char *location; /* what datasetsrc reads, an array .npy of the first input, or several by
                           name, .npz; NULL: all is drawn */
  JsonObject *said;     /* of the samples, as training_data_open has it */
  const char *classes;  /* "0,3,5": for inputs of classes; NULL: all of them take turns */
  int count;            /* of samples, at most */
  Preparation *preparation; /* its batch, shapes and seed */
} ModelRunsSettings;

/* Runs of `model`, whose shapes become those of the runs. `what` names the option in errors.
 * (transfer full) */
GenRunSet *model_runs_read (
    GenModel *model, const ModelRunsSettings *settings, const char *what, GError **error);
