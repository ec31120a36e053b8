/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/training.h>
#include <json-glib/json-glib.h>

/* The samples of a dataset, as `generative-model train` gives them to a training. */
typedef struct _TrainingData TrainingData;

/* What the members of `object` and, where they say nothing, of `fallback` (may be NULL) ask for;
 * samples are to be as `like`, where that is not NULL, and nothing else may be said of them.
 * NULL with `error`, which names the member within `name`. (transfer full) */
TrainingData *training_data_open (JsonObject *object, JsonObject *fallback, const GenFormat *like,
    const char *name, GError **error);
void training_data_free (TrainingData *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainingData, training_data_free)
/* What was found there, for gen_training_note_found: generative/data-found.h has the members.
 * (floating) */
GVariant *training_data_describe_found (const TrainingData *data);
/* Whether there are nets for their medium. */
gboolean training_data_check_trained_on (const TrainingData *data, GError **error);
/* Let `object`, which training_data_open takes, say that its setting `name` is `value`. */
gboolean training_data_say (
    JsonObject *object, const char *name, const char *value, GError **error);
/* Make the objects of two sets of what the command says behind them, NAME=VALUE each, ended by
 * NULL: of both, or where one of `names` and a dot are in front, of that one. */
gboolean training_data_say_both (
    JsonObject *objects[2], const char *const names[2], char **arguments, GError **error);
/* What was said of it, for training.json. (transfer floating) */
GVariant *training_data_describe (JsonObject *object);
/* Where `object` says nothing, samples are made as those of `trained` were, which a training has
 * noted: all is as there where both are of one location. */
void training_data_follow (JsonObject *object, JsonObject *trained);
/* Their names, for --help. */
void training_data_describe_settings (GString *text);

/* What samples are like; sounds may leave their length open. */
const GenFormat *training_data_get_format (const TrainingData *data);
guint training_data_get_length (const TrainingData *data);
/* Their classes, by their labels from 0 on, ended by NULL; none where they have none. (transfer
 * full) */
char **training_data_get_classes (const TrainingData *data);
/* The class of an item, or -1. */
int training_data_get_label (const TrainingData *data, guint32 item);
/* The item of a frame, epoch after epoch, as datasetsrc numbers frames. */
guint32 training_data_get_item (TrainingData *data, guint64 frame);
/* The group that a manifest or an object says an item is of, or NULL. (transfer full) */
char *training_data_get_group (const TrainingData *data, guint32 item);
/* Where an item comes from: its path, or a description. (transfer full) */
char *training_data_describe_item (const TrainingData *data, guint32 item);
/* Tell a training which classes they have, and how they were dealt, before it is opened. */
void training_data_tell_classes (const TrainingData *data, GenTraining *training);
/* Classes of what a training is judged by are numbered as gen_training_find_classes has it, of a
 * training that is open. */
void training_data_follow_classes (TrainingData *data, const GenTraining *training);

/* Whether each sample of the data is one of the training, so that a member of several need not load
 * those of the others. */
gboolean training_data_has_part (const GenTraining *training);

/* Whether pictures that are read stay as large as they are. */
void training_data_keep_sizes (TrainingData *data, gboolean keep);
/* Begin to read each sample once, as `format`. */
void training_data_begin (TrainingData *data, const GenFormat *format);
/* The next one, into `sample`, which has that format (a sound of no length gets its own memory),
 * and the item that it is of. What cannot be decoded is left out, with a warning. FALSE at the end.
 */
gboolean training_data_next (TrainingData *data, GenSample *sample, guint32 *item);
/* Whether any could be read; FALSE with `error`. */
gboolean training_data_end (TrainingData *data, GError **error);

/* Give each to `take`, some at a time (TRAINING_DATA_READ at most), with the items that they are
 * of, until it returns FALSE. */
#define TRAINING_DATA_READ 16
typedef gboolean (*TrainingDataTake) (
    const GenSample *samples, const guint32 *items, int n, gpointer user_data, GError **error);
gboolean training_data_read (TrainingData *data, const GenFormat *format, TrainingDataTake take,
    gpointer user_data, GError **error);

/* Begin to give samples of `format` to the queue of `training`, epoch after epoch, or once to its
 * validation or test, on a thread of its own, which ends with the training. Where there is nothing
 * to give, it has the training stop. */
void training_data_feed (TrainingData *data, GenTraining *training, const GenFormat *format);
void training_data_feed_validation (
    TrainingData *data, GenTraining *training, const GenFormat *format);
void training_data_feed_test (TrainingData *data, GenTraining *training, const GenFormat *format);
/* End that thread. FALSE with `error` when it had the training stop. */
gboolean training_data_join (TrainingData *data, GError **error);
