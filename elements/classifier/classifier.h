/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element, which classifier.c (properties, start and stop, what passes) and model.c (whether a
 * model will do, and another one while pictures pass) share. */
#pragma once

#include <generative/features.h>
#include <generative/report.h>

#include "../shared/model-adapters.h"
#include "../shared/model-file.h"
#include "../shared/score-filter.h"
#include "../shared/succession.h"

#define GST_TYPE_CLASSIFIER (gst_classifier_get_type ())
G_DECLARE_FINAL_TYPE (GstClassifier, gst_classifier, GST, CLASSIFIER, GstScoreFilter)

struct _GstClassifier {
  GstScoreFilter parent;

  /* Properties, under the object lock. */
  char *model, *labels_file;
  gboolean relabel;
  GstGenerativeAdapters adapters;
  gint scales_said; /* atomic: adapter-scale is to be looked at before the next picture */

  /* From open to close. */
  GenFeatures *scores;
  char **names; /* as many as classes; NULL: they have none */
  /* Once there is a format. */
  int n_classes; /* 0: not known yet; it and names under the object lock for others to read */
  float *row;
  double *probabilities;
  GenFormat format; /* of what passes, under the object lock; no medium before there is one */
  GstSuccession succession; /* of GenFeatures, to be taken at the next picture */

  guint64 *counts; /* of pictures, by class */
  int n_counts;    /* classes that were ever told apart */
  guint64 n_pictures;
  guint64 n_kept; /* of them, that came with a label and kept it */
  GenTally sureness;
  gboolean told_not_finite;
};

/* --- model.c --- */

/* The file `path` as a classifier, with the adapters that the properties name beside its weights.
 * (transfer full), or NULL. */
GenFeatures *gst_classifier_open_model (GstClassifier *self, const char *path, GError **error);

/* Names of classes: the lines of `file`, or what the model has where that is NULL, which may be
 * NULL. FALSE with `error`. */
gboolean gst_classifier_read_names (
    const char *file, GenFeatures *scores, char ***names, GError **error);
/* Whether `n` numbers of a picture are those of classes, and as many as there are names. */
gboolean gst_classifier_check_scores (GenFeatures *scores, int n, GError **error);
gboolean gst_classifier_check_names (
    GstClassifier *self, GenFeatures *scores, char **names, int n_classes, GError **error);
/* Make room for the results of so many classes. */
void gst_classifier_set_classes (GstClassifier *self, int n);
/* Read the model anew, of the file's watch: it is ready when it is taken over. */
void gst_classifier_load_next (gpointer self, gboolean replaced);
/* Take over what is ready, between two pictures. */
void gst_classifier_follow_model (GstClassifier *self);
