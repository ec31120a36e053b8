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
/* Let `object`, which training_data_open takes, say that its setting `name` is `value`. */
gboolean training_data_say (
    JsonObject *object, const char *name, const char *value, GError **error);
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
/* Tell a training which classes they have, before it is opened. */
void training_data_tell_classes (const TrainingData *data, GenTraining *training);

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

/* Give each to `take`, some at a time (TRAINING_DATA_READ at most), until it returns FALSE. */
#define TRAINING_DATA_READ 16
typedef gboolean (*TrainingDataTake) (
    const GenSample *samples, int n, gpointer user_data, GError **error);
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
