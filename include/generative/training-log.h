/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/figure.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

/**
 * GenTrainingLog: a training as TensorBoard shows it: curves, made pictures, the distribution of
 * each weight, and a row in the table of runs. Errors name the file; after one, the log takes no
 * more.
 */
typedef struct _GenTrainingLog GenTrainingLog;

/* A new event file of `trainer`, which must live as long, in the folder of its run within `folder`:
 * run-1, run-2 and so on for trainings that begin, and the last of these for one that goes on.
 * `settings` (a{sv}) is what the table of runs shows. (transfer full) */
GEN_API GenTrainingLog *gen_training_log_new (
    const char *folder, GenTrainer *trainer, GVariant *settings, GError **error);
GEN_API void gen_training_log_free (GenTrainingLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenTrainingLog, gen_training_log_free)

/* Those of the present step that have curves. */
GEN_API gboolean gen_training_log_figures (
    GenTrainingLog *log, const GenFigures *figures, GError **error);
/* What the generator makes at the present step, and histograms of the weights. */
GEN_API gboolean gen_training_log_nets (
    GenTrainingLog *log, const GenPicture *wall, GError **error);
/* `n` made sounds to listen to. */
GEN_API gboolean gen_training_log_sounds (
    GenTrainingLog *log, const GenSample *sounds, guint n, GError **error);
/* How the training ended. */
GEN_API gboolean gen_training_log_end (GenTrainingLog *log, gboolean success, GError **error);

G_END_DECLS
