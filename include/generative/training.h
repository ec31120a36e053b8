/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/batch-queue.h>
#include <generative/figure.h>
#include <generative/training-settings.h>

G_BEGIN_DECLS

/**
 * GenTraining: a training from its first step, or where a checkpoint goes on, to its end: nets,
 * steps, validation, early stopping, checkpoints and the best models, and the log. It takes
 * samples from whoever has them, and tells what happens by callbacks:
 *
 *   training = gen_training_new (&settings, &callbacks, data, &error);
 *   gen_training_open (training, &format, &error);
 *   (in a thread of its own) for each sample: gen_batch_queue_add (gen_training_queue (training),
 * …) outcome = gen_training_run (training); gen_training_free (training);
 *
 * modeltrainer fills it with what flows in, `generative-model train` with a dataset. For the same
 * settings and the same samples in the same order, what comes out is the same, bit for bit,
 * however they come and however often a training was interrupted and went on.
 *
 * Whatever ends it, what was learned is kept: the last step is written, unless training has
 * diverged; then the last checkpoint is left as it was.
 */
typedef struct _GenTraining GenTraining;

#define GEN_TRAINING_ERROR (gen_training_error_quark ())
GEN_API GQuark gen_training_error_quark (void);
typedef enum {
  GEN_TRAINING_ERROR_SETTING,    /* settings are out of range or contradict each other */
  GEN_TRAINING_ERROR_NO_STATE,   /* nothing is there to resume */
  GEN_TRAINING_ERROR_FOLDER,     /* it cannot be written to, or has trained models */
  GEN_TRAINING_ERROR_BUSY,       /* another training writes there */
  GEN_TRAINING_ERROR_WRITE,      /* a checkpoint or log could not be written */
  GEN_TRAINING_ERROR_FAILED,     /* there is no data, or training has diverged */
  GEN_TRAINING_ERROR_VALIDATION, /* the samples to validate by do not do */
  GEN_TRAINING_ERROR_PREVIEW,    /* what was made could not be drawn */
  GEN_TRAINING_ERROR_TEST,       /* the samples to test by do not do; since 0.2 */
} GenTrainingError;

typedef enum {
  GEN_TRAINING_RUNNING,
  GEN_TRAINING_DONE,    /* what was asked for, or the data, came to an end */
  GEN_TRAINING_IDLE,    /* the same, before the first step */
  GEN_TRAINING_STOPPED, /* by gen_training_stop */
  GEN_TRAINING_FAILED,  /* as `failed` has told */
} GenTrainingOutcome;

/* What a training tells. Each may be NULL, and is called by the thread that opens or runs it. */
typedef struct {
  /* Whether samples to validate by will come: only then is it waited for them. NULL: no. */
  gboolean (*validates) (gpointer data);
  /* After each step, which took so long. */
  void (*stepped) (const GenTrainerFigures *figures, gint64 microseconds, gpointer data);
  /* How it goes, once a second and, `last`, at the end. */
  void (*progressed) (const GenFigures *figures, gboolean last, gpointer data);
  void (*validated) (const GenFigures *figures, gboolean best, gpointer data);
  /* Whether samples to test by will come, which are looked at but once at the end, and before the
   * first step where nets were given. NULL: no. Since: 0.2 */
  gboolean (*tests) (gpointer data);
  /* Figures of them: of the nets at the end, and then, `best`, of those of the best validation,
   * where that was an earlier one. Since: 0.2 */
  void (*tested) (const GenFigures *figures, gboolean best, gpointer data);
  /* Nets that were given have been tested before the first step and after the last one: `verdict`
   * says of `figure`, that which the best are chosen by, whether it is "better", "worse" or there
   * is "no difference" that so many samples can show, "" where these are too few; and of each
   * figure by how much it has changed, between what that is with a confidence of 95 %, and the
   * same verdict ("changed" where neither is better). Since: 0.2 */
  void (*compared) (const GenFigures *figures, gpointer data);
  /* A checkpoint was written. */
  void (*saved) (gint64 microseconds, gpointer data);
  /* It is time to look at what is made (gen_training_draw); `last` at the end. Training ends where
   * that fails before. */
  gboolean (*shown) (gboolean last, gpointer data, GError **error);
  /* Something worth knowing, as a sentence. */
  void (*told) (const char *text, gpointer data);
  /* Something went wrong, and training goes on. */
  void (*warned) (const GError *error, gpointer data);
  /* The device failed, and the CPU takes its place. */
  void (*fell_back) (const GError *error, gpointer data);
  /* Something went wrong, and training ends. */
  void (*failed) (const GError *error, gpointer data);
  /* How errors call a setting that is on, such as "resume": what stands before its name and behind
   * it. Both NULL: as a property, "resume=true". */
  const char *before_flag, *behind_flag;
} GenTrainingCallbacks;

/* Check the settings, which are copied, find the device, and lock the folder. NULL with `error`, of
 * GEN_TRAINING_ERROR or GEN_DEVICE_ERROR. (transfer full) */
GEN_API GenTraining *gen_training_new (const GenTrainingSettings *settings,
    const GenTrainingCallbacks *callbacks, gpointer data, GError **error);
GEN_API void gen_training_free (GenTraining *training);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenTraining, gen_training_free)

/* Make the nets for samples of `format`, where sounds may leave their length open, and go on from
 * the checkpoint where that is wanted. */
GEN_API gboolean gen_training_open (GenTraining *training, const GenFormat *format, GError **error);
/* Once it is open, else NULL: what runs, and where samples go. */
GEN_API GenTrainer *gen_training_trainer (GenTraining *training);
GEN_API GenBatchQueue *gen_training_queue (GenTraining *training);
/* Of the samples that the nets take. */
GEN_API const GenFormat *gen_training_format (const GenTraining *training);
/* The same, waited for by another thread than that which opens it; NULL when it was stopped before.
 */
GEN_API const GenFormat *gen_training_wait_format (GenTraining *training);
GEN_API const GenTrainingSettings *gen_training_settings (const GenTraining *training);
/* Samples that the checkpoint has seen, which the queue passes over. */
GEN_API guint64 gen_training_get_skipped (const GenTraining *training);

/* Where several members train together (exchange.h), which of them this one is, of how many, and
 * how many samples of each batch are its own, of those that the data gives: the first ones of
 * member 0, and so on. One that is alone has all. Since: 0.2 */
typedef struct {
  guint member, members, samples;
} GenTrainingPart;
GEN_API GenTrainingPart gen_training_get_part (const GenTraining *training);
/* Whether those that are added are this member's own alone, in their order. Else they are those of
 * all, of which it takes its own. Before it is opened. Since: 0.2 */
GEN_API void gen_training_set_has_part (GenTraining *training, gboolean has_part);

/* Train to the end. */
GEN_API GenTrainingOutcome gen_training_run (GenTraining *training);
/* Have it end after the present step; nobody waits to add samples any more. By any thread, and not
 * only while it runs. */
GEN_API void gen_training_stop (GenTraining *training);
GEN_API GenTrainingOutcome gen_training_outcome (GenTraining *training);

/* How many samples an epoch of the data has, as far as is known: 0 when it is not. By any thread.
 */
GEN_API void gen_training_set_epoch (GenTraining *training, guint64 samples);

/* The samples are a split of data whose items are dealt to splits by their places (split-by=index):
 * where the data has grown since a training that this one goes on from, all are dealt anew, and
 * what was trained on may be in validation and test. That is worth a warning. Before the first
 * sample. Since: 0.2 */
GEN_API void gen_training_set_dealt_by_place (GenTraining *training);

/* How many classes the data has, where the setting `classes` leaves it open: 0 when it does not
 * say. Before it is opened. */
GEN_API void gen_training_set_classes (GenTraining *training, int classes);

/* What the data calls its classes, from 0 on; NULL ends the names, which are copied. Models say it
 * (gen_model_name_classes), unless all names are numbers. Before it is opened. Since: 0.2 */
GEN_API void gen_training_name_classes (GenTraining *training, const char *const *names);

/* What the data is, a{sv}, such as {"location": …}, by whatever names whoever gives it has for
 * that: checkpoints note it beside the settings. Before it is opened; `data` is sunk. Since: 0.2 */
GEN_API void gen_training_note_data (GenTraining *training, GVariant *data);
/* Likewise what was found in it, as GEN_CHECKPOINT_FOUND. Since: 0.2 */
GEN_API void gen_training_note_found (GenTraining *training, GVariant *found);

/* A sample to validate by, of the same format, which is copied, and its class, by the numbers of
 * what is trained on, -1 where there is none; FALSE when no more are wanted. By any thread, one at
 * a time, from gen_training_new on; with a class that is not trained on, but that nets keep, from
 * gen_training_open on. */
GEN_API gboolean gen_training_add_validation (
    GenTraining *training, const GenSample *sample, int label);
/* What comes next does not follow what came before, as the frames of a film do. */
GEN_API void gen_training_break_validation (GenTraining *training);
/* None comes any more. */
GEN_API void gen_training_end_validation (GenTraining *training);
/* Other data, such as samples to validate by, may have only some of the classes, in other places:
 * which number each of its `n` classes, called `names`, has for gen_training_add_validation and
 * gen_training_add_test, by name as gen_class_map has it. Classes that nets keep of their weights
 * are found as well, and have numbers behind those of what is trained on. -1: none of all. NULL
 * where its own numbers are as good: one of both sides does not say its classes, nothing is taught
 * by them, or they are the two kinds of a recipe of such and are called otherwise. From
 * gen_training_open on, by any thread. (transfer full) Since: 0.2 */
GEN_API int *gen_training_find_classes (
    const GenTraining *training, const char *const *names, guint n);
/* As for validation, samples to test by: the judgement at the end, by what neither training nor the
 * choice of the best nets has seen. Since: 0.2 */
GEN_API gboolean gen_training_add_test (GenTraining *training, const GenSample *sample, int label);
GEN_API void gen_training_break_test (GenTraining *training);
GEN_API void gen_training_end_test (GenTraining *training);

/* What a training would be judged by at its end, without one: of nets that are in a folder, by
 * `tested` and `told`. Nothing is written. Since: 0.2
 *
 *   training = gen_training_new_test (&settings, &callbacks, data, &error);
 *   gen_training_open_models (training, folder, &format, &error);
 *   (in a thread of its own) for each sample: gen_training_add_test (training, …), and at the end
 *   gen_training_end_test (training);
 *   gen_training_test (training, step, &error);
 */
GEN_API GenTraining *gen_training_new_test (const GenTrainingSettings *settings,
    const GenTrainingCallbacks *callbacks, gpointer data, GError **error);
/* The models in `folder`, which `settings` have made, for samples of `format`. */
GEN_API gboolean gen_training_open_models (
    GenTraining *training, const char *folder, const GenFormat *format, GError **error);
/* Wait for the samples, and measure on them the nets, which are of `step`. Nothing is told where it
 * was stopped. */
GEN_API gboolean gen_training_test (GenTraining *training, guint64 step, GError **error);
/* The same, and whether the nets are better than those in the folder `other`, which the same
 * training may have made: both are measured on the same samples, and `compared` gets how sure their
 * difference is, as at the end of a training of nets that were given. Since: 0.2 */
GEN_API gboolean gen_training_test_against (
    GenTraining *training, const char *other, guint64 step, GError **error);

/* The wall of what the generator makes of the preview's latents, preview-columns by preview-rows:
 * its size, and drawn into `wall`, which has it. By the thread that runs it, or before that. */
GEN_API gboolean gen_training_measure (
    GenTraining *training, int *width, int *height, int *channels);
GEN_API gboolean gen_training_draw (GenTraining *training, GenPicture *wall, GError **error);

G_END_DECLS
