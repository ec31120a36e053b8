/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Classes of nets that knew some before the data came. */
#pragma once

#include "training-private.h"

/* Where nets keep the classes of their weights, these come first, and behind them those of the data
 * that are new: by their names where both have some, else by their numbers. */
gboolean gen_training_classes_settle (GenTraining *training, GError **error);
/* Find those of the data in what the nets of the trainer know, as gen_class_map has it. */
void gen_training_classes_find (GenTraining *training);
/* What `other` nets have in the place of each of the `n` classes that those of `trainer` know, as
 * gen_class_map has it; NULL where either knows none. (transfer full) */
int *gen_training_classes_of_other (const GenTrainer *trainer, const GenTrainer *other, int *n);
/* What the training is judged by is of classes as the nets have them, from here on. */
void gen_training_classes_judge (GenTraining *training);
