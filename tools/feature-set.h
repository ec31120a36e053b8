/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>
#include <json-glib/json-glib.h>

/* The features of a set of samples, which are read from files: samples of a dataset, or a matrix of
 * features that was saved (.npy). */
typedef struct {
  const char *embedder; /* NULL: the medium's default */
  const char *resizing; /* of pictures, each from its own size; NULL: they are of one size */
  JsonObject *said;     /* of the data, as training_data_open has it */
  guint64 seed;         /* of the rows that are kept where they are too many */
  const char *name;     /* of the set, in errors */
  /* What takes in all rows, and then none are kept; of no length: it is made ready for them. NULL:
   * they are kept. */
  GenMoments *moments;
  /* Of texts: the metrics that look at them themselves, with commas between them; NULL or "": none.
   */
  const char *metrics;
  const char *language_model; /* for them; NULL: there is none */
} FeatureSetSettings;

typedef struct {
  GenFeatureRows rows;
  GPtrArray *names;    /* where each row comes from, for people */
  GenMoments *moments; /* the settings' */
  GenFormat format;    /* of the samples; without a medium where they are features alone */
  char *features;      /* their name */
  GenMeter *meter;     /* what has measured the samples themselves, or NULL */
  GArray *labels;      /* int: the class of each row, or -1; NULL: features alone have none */
  char **classes;      /* their names, ended by NULL; likewise */
} FeatureSet;

/* Samples are made as `like`, where that is not NULL and has a medium. */
gboolean feature_set_read (FeatureSet *set, const char *location,
    const FeatureSetSettings *settings, const GenFormat *like, GError **error);
/* What --resizing says, for --help. */
const char *resizing_text (void);
void feature_set_clear (FeatureSet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FeatureSet, feature_set_clear)
