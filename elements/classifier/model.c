/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a model will do, at the start and for the place of one that classifies. */
#include "classifier.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (classifier_debug);
#define GST_CAT_DEFAULT classifier_debug

/* --- names --- */

/* Whether a text is one, and not a file of something else. */
static gboolean
check_text (const char *path, const char *text, gsize length, GError **error)
{
  const char *end;
  guint line = 1;

  if (g_utf8_validate (text, (gssize)length, &end))
    return TRUE;
  for (const char *c = text; c < end; c++)
    line += *c == '\n';
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
      "%s: line %u is not UTF-8; a name of a class a line is wanted, as text in UTF-8", path, line);
  return FALSE;
}

/* The lines of a file, without those at its end that are empty. */
static char **
read_lines (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gsize length;
  guint n;

  if (!g_file_get_contents (path, &text, &length, error) || !check_text (path, text, length, error))
    return NULL;
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  n = g_strv_length (lines);
  for (guint i = 0; i < n; i++)
    g_strstrip (lines[i]);
  if (n > 0)
    return g_steal_pointer (&lines);
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is empty", path);
  return NULL;
}

/* Those of a file, or else of the model, which may have none. */
gboolean
gst_classifier_read_names (const char *file, GenFeatures *scores, char ***names, GError **error)
{
  *names = file != NULL ? read_lines (file, error) : gen_features_get_class_names (scores);
  if (*names != NULL || file == NULL)
    return TRUE;
  g_prefix_error_literal (error, "Property labels-file: ");
  return FALSE;
}

GenFeatures *
gst_classifier_open_model (GstClassifier *self, const char *path, GError **error)
{
  g_autoptr (GenFeatures) scores = gen_features_open (path, &gen_medium_picture, error);
  g_auto (GstGenerativeAdapters) adapters = { 0 };
  const char *files;

  GST_OBJECT_LOCK (self);
  gst_generative_adapters_copy (&self->adapters, &adapters);
  GST_OBJECT_UNLOCK (self);
  files = adapters.texts[GST_GENERATIVE_ADAPTERS_FILES];
  if (scores == NULL)
    return NULL;
  if (files != NULL && *files != '\0' &&
      !gen_features_adapt (scores, files, adapters.texts[GST_GENERATIVE_ADAPTERS_SCALES], error))
    return NULL;
  return g_steal_pointer (&scores);
}

/* One number may be a score of anything, from wherever to wherever: it tells no classes apart. */
gboolean
gst_classifier_check_scores (GenFeatures *scores, int n, GError **error)
{
  if (n >= 2)
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "%s makes one number of a picture, as a discriminator or a net with one sigmoid does; "
      "classifier wants a score or a probability for each class, two at least. What one number "
      "is, discriminator tells; a net of two classes makes two, such as 1 - p and p",
      gen_features_file (scores));
  return FALSE;
}

/* There are as many names as classes. */
gboolean
gst_classifier_check_names (
    GstClassifier *self, GenFeatures *scores, char **names, int n_classes, GError **error)
{
  const int n_names = names != NULL ? (int)g_strv_length (names) : 0;
  g_autofree char *file = NULL;

  if (names == NULL || n_names == n_classes)
    return TRUE;
  GST_OBJECT_LOCK (self);
  file = g_strdup (self->labels_file);
  GST_OBJECT_UNLOCK (self);
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "%s: it names %d classes, and %s tells %d apart",
      file != NULL ? file : "The model's metadata", n_names, gen_features_file (scores), n_classes);
  return FALSE;
}

/* Room for the results of so many classes. */
void
gst_classifier_set_classes (GstClassifier *self, int n)
{
  GST_OBJECT_LOCK (self);
  self->n_classes = n;
  GST_OBJECT_UNLOCK (self);
  g_free (self->row);
  g_free (self->probabilities);
  self->row = g_new (float, n);
  self->probabilities = g_new (double, n);
  if (n > self->n_counts) {
    self->counts = g_renew (guint64, self->counts, n);
    memset (self->counts + self->n_counts, 0, (gsize)(n - self->n_counts) * sizeof (guint64));
    self->n_counts = n;
  }
  GST_INFO_OBJECT (self, "%s tells %d classes apart%s", gen_features_file (self->scores), n,
      self->names != NULL ? "" : ", which have no names");
}

/* --- another model --- */

static void
refuse (GstClassifier *self, const GError *error)
{
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The new model does not classify, the old one goes on: %s", error->message), (NULL));
}

/* Compile it for what passes, so that the first picture does not wait for that. */
static gboolean
make_ready (GstClassifier *self, GenFeatures *scores, GError **error)
{
  g_auto (GenSample) blank = { 0 };
  g_autofree float *row = NULL;
  GenFormat format;

  GST_OBJECT_LOCK (self);
  format = self->format;
  GST_OBJECT_UNLOCK (self);
  if (format.medium == NULL)
    return TRUE;
  gen_sample_init (&blank, &format);
  row = g_new (float, MAX (gen_features_length (scores, &format), 1));
  return gen_features_compute (scores, &blank, 1, row, error);
}

/* On the watch's thread. */
void
gst_classifier_load_next (gpointer data, gboolean replaced)
{
  GstClassifier *self = data;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  GenFeatures *next;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->model);
  GST_OBJECT_UNLOCK (self);
  next = gst_classifier_open_model (self, path, &error);
  if (next != NULL && make_ready (self, next, &error)) {
    gst_succession_offer (&self->succession, next);
    return;
  }
  g_clear_pointer (&next, gen_features_free);
  refuse (self, error);
}

static void
take_over (GstClassifier *self, GenFeatures *next, char **names, int n)
{
  GenFeatures *before = self->scores;
  char **named = self->names;

  GST_OBJECT_LOCK (self);
  self->scores = next;
  self->names = names;
  GST_OBJECT_UNLOCK (self);
  gen_features_free (before);
  g_strfreev (named);
  gst_classifier_set_classes (self, n);
  self->told_not_finite = FALSE;
  /* It was read with what was said then. */
  g_atomic_int_set (&self->scales_said, TRUE);
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self),
                              gst_structure_new ("classifier-reload", "model", G_TYPE_STRING,
                                  gen_features_file (next), NULL)));
}

/* Take over what is ready, between two pictures. */
void
gst_classifier_follow_model (GstClassifier *self)
{
  GenFeatures *next = gst_succession_take (&self->succession);
  g_autofree char *labels_file = NULL;
  g_auto (GStrv) names = NULL;
  g_autoptr (GError) error = NULL;
  int n;

  if (next == NULL)
    return;
  GST_OBJECT_LOCK (self);
  labels_file = g_strdup (self->labels_file);
  GST_OBJECT_UNLOCK (self);
  n = gen_features_length (next, &self->format);
  if (gst_classifier_check_scores (next, n, &error) &&
      gst_classifier_read_names (labels_file, next, &names, &error) &&
      gst_classifier_check_names (self, next, names, n, &error)) {
    take_over (self, next, g_steal_pointer (&names), n);
    return;
  }
  refuse (self, error);
  gen_features_free (next);
}
