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
} FeatureSetSettings;

typedef struct {
  GenFeatureRows rows;
  GenMoments *moments; /* the settings' */
  GenFormat format;    /* of the samples; without a medium where they are features alone */
  char *features;      /* their name */
} FeatureSet;

/* Samples are made as `like`, where that is not NULL and has a medium. */
gboolean feature_set_read (FeatureSet *set, const char *location,
    const FeatureSetSettings *settings, const GenFormat *like, GError **error);
/* What --resizing says, for --help. */
const char *resizing_text (void);
void feature_set_clear (FeatureSet *set);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FeatureSet, feature_set_clear)
