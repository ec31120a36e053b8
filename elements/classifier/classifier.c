/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-classifier
 * @title: classifier
 * @short_description: tells which class a picture is of
 *
 * Gives each picture the class that an ONNX model takes for the most probable one: its number and
 * its name, as the label (custom meta `generative-label`: `label`, `name`) that datasetsrc gives to
 * items, datasetsink sorts by, and trainers learn. Pictures pass unchanged, and are brought to the
 * model's size for the model alone. How sure the model is stands as `class-probability`, beside
 * `class`, in the meta `generative-score`, on the bus and in the `report`; at the end, the summary
 * says how many there were of each class. A model that makes scores and no probabilities is as sure
 * as their softmax.
 *
 * The names are those that the model has: modeltrainer writes what its data calls them, and
 * Ultralytics' exports say it as well. `labels-file` names a file that says them, one a line, for
 * models that do not; without names classes are numbers, from 0 on.
 *
 * `adapter` names what a training with adapter=lora has learned beside the model's weights, which
 * is summed, each `adapter-scale` times; scales may change while it plays.
 *
 * A picture that has a label keeps it, unless `relabel` is set; how many did is told at the end,
 * and is `kept-labels` of the summary. A model that makes a single number of a picture, as a
 * discriminator or a net with one sigmoid does, tells no classes apart and is refused. Of a picture
 * for which the model's results are no numbers, nothing is said but a warning. When the file of the
 * model is replaced, as a training or `generative-model watch` does it, the new one is made ready
 * while the old one goes on, and takes over between two pictures; a message `classifier-reload`
 * says so, or a warning why the old one stays. A trainer behind it learns what the model takes
 * pictures for, and what it calls the classes.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 datasetsrc location=photos epochs=1 shuffle=false ! \
 *   classifier model=classes/ema.onnx ! datasetsink location=sorted overwrite=true
 * ]|
 * A folder for each class, called by its name, with the pictures of that class.
 * |[
 * gst-launch-1.0 -m filesrc location=blocky.jpg ! decodebin ! videoconvert ! \
 *   classifier model=classes/ema.onnx post-messages=true ! fakesink
 * ]|
 * What a picture is, on the bus.
 */
#include <generative/features.h>
#include <generative/report.h>
#include <math.h>

#include "../elements.h"
#include "../shared/debug.h"
#include "../shared/label-meta.h"
#include "../shared/settings.h"
#include "classifier.h"

GST_DEBUG_CATEGORY (classifier_debug);
#define GST_CAT_DEFAULT classifier_debug

enum {
  PROP_0,
  PROP_MODEL,
  PROP_LABELS_FILE,
  PROP_RELABEL,
  PROP_ADAPTERS, /* adapter and adapter-scale */
};

#define DEFAULT_MODEL NULL
#define DEFAULT_LABELS_FILE NULL
#define DEFAULT_RELABEL FALSE

#define CAPS GST_VIDEO_CAPS_MAKE ("{ GRAY8, RGB }")

enum {
  FIELD_CLASS,
  FIELD_PROBABILITY,
  N_FIELDS,
};

static const GenField fields[N_FIELDS] = {
  [FIELD_CLASS] = { "class", GEN_FIELD_COUNT, NULL, "the model's results are no finite numbers" },
  [FIELD_PROBABILITY] = { "class-probability", GEN_FIELD_NUMBER, NULL,
      "the model's results are no finite numbers" },
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstClassifier, gst_classifier, GST_TYPE_SCORE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (classifier, "classifier", GST_RANK_NONE, GST_TYPE_CLASSIFIER)

static void
gst_classifier_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstClassifier *self = GST_CLASSIFIER (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_free (self->model);
    self->model = g_value_dup_string (value);
    break;
  case PROP_LABELS_FILE:
    g_free (self->labels_file);
    self->labels_file = g_value_dup_string (value);
    break;
  case PROP_RELABEL:
    self->relabel = g_value_get_boolean (value);
    break;
  default:
    if (!gst_generative_adapters_set (&self->adapters, property_id - PROP_ADAPTERS, value))
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    g_atomic_int_set (&self->scales_said, TRUE);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_classifier_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstClassifier *self = GST_CLASSIFIER (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_value_set_string (value, self->model);
    break;
  case PROP_LABELS_FILE:
    g_value_set_string (value, self->labels_file);
    break;
  case PROP_RELABEL:
    g_value_set_boolean (value, self->relabel);
    break;
  default:
    if (!gst_generative_adapters_get (&self->adapters, property_id - PROP_ADAPTERS, value))
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_classifier_finalize (GObject *object)
{
  GstClassifier *self = GST_CLASSIFIER (object);

  g_free (self->model);
  g_free (self->labels_file);
  gst_generative_adapters_clear (&self->adapters);
  G_OBJECT_CLASS (gst_classifier_parent_class)->finalize (object);
}

/* --- starting and stopping --- */

static void
gst_classifier_close (GstScoreFilter *filter)
{
  GstClassifier *self = GST_CLASSIFIER (filter);

  gst_succession_end (&self->succession);
  g_clear_pointer (&self->scores, gen_features_free);
  g_clear_pointer (&self->names, g_strfreev);
  g_clear_pointer (&self->row, g_free);
  g_clear_pointer (&self->probabilities, g_free);
  g_clear_pointer (&self->counts, g_free);
  self->n_classes = self->n_counts = 0;
  self->format.medium = NULL;
}

static gboolean
open_model (GstClassifier *self, const char *path)
{
  g_autofree char *assumption = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL || !g_file_test (path, G_FILE_TEST_EXISTS)) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("Property model: %s%s; a file of ONNX is wanted that makes a score for each class of a "
         "picture, such as modeltrainer preset=classifier writes",
            path != NULL ? path : "it is not set", path != NULL ? " does not exist" : ""),
        (NULL));
    return FALSE;
  }
  self->scores = gst_classifier_open_model (self, path, &error);
  if (self->scores == NULL) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  assumption = gen_features_describe_assumption (self->scores);
  if (assumption != NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", assumption), (NULL));
  return TRUE;
}

/* --- what passes --- */

static gboolean
gst_classifier_set_format (GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *passing)
{
  GstClassifier *self = GST_CLASSIFIER (filter);
  const GstVideoInfo *info = &passing->video;
  const GenFormat format = { &gen_medium_picture, info->width, info->height,
    GST_VIDEO_INFO_N_COMPONENTS (info) };
  const int n = gen_features_length (self->scores, &format);
  g_autoptr (GError) error = NULL;

  if (!gst_classifier_check_scores (self->scores, n, &error) ||
      !gst_classifier_check_names (self, self->scores, self->names, n, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->format = format;
  GST_OBJECT_UNLOCK (self);
  if (self->n_classes != n)
    gst_classifier_set_classes (self, n);
  return TRUE;
}

static gboolean
gst_classifier_open (GstScoreFilter *filter)
{
  GstClassifier *self = GST_CLASSIFIER (filter);
  g_autofree char *model = NULL, *labels_file = NULL;
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  model = g_strdup (self->model);
  labels_file = g_strdup (self->labels_file);
  GST_OBJECT_UNLOCK (self);
  self->n_pictures = self->n_kept = 0;
  self->sureness = (GenTally){ 0 };
  self->told_not_finite = FALSE;
  if (!open_model (self, model)) {
    gst_classifier_close (filter);
    return FALSE;
  }
  if (!gst_classifier_read_names (labels_file, self->scores, &self->names, &error)) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("%s", error->message), (NULL));
    gst_classifier_close (filter);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  gst_succession_begin (&self->succession, model, gst_classifier_load_next, self);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* --- pictures --- */

static const GenField *
gst_classifier_get_fields (GstScoreFilter *filter, guint *n)
{
  *n = N_FIELDS;
  return fields;
}

/* The number of the greatest one; -1 where one is no finite number. */
static int
find_greatest (const float *row, int n)
{
  int greatest = 0;

  for (int i = 0; i < n; i++) {
    if (!isfinite (row[i]))
      return -1;
    if (row[i] > row[greatest])
      greatest = i;
  }
  return greatest;
}

static void
notice_not_finite (GstClassifier *self)
{
  if (self->told_not_finite)
    return;
  self->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("%s: of frame %" G_GUINT64_FORMAT " its results are not finite (NaN or infinite): such "
       "frames are given no class. Further ones are not reported",
          gen_features_file (self->scores), self->n_pictures),
      (NULL));
}

/* The model's results are there: what is told of the frame, which becomes of that class. */
static void
judge (GstClassifier *self, GstBuffer *buffer, double *values)
{
  const int class = find_greatest (self->row, self->n_classes);
  gboolean relabel;

  values[FIELD_CLASS] = values[FIELD_PROBABILITY] = GEN_MISSING;
  if (class < 0) {
    notice_not_finite (self);
    return;
  }
  gen_features_to_probabilities (self->row, self->n_classes, self->probabilities);
  values[FIELD_CLASS] = class;
  values[FIELD_PROBABILITY] = self->probabilities[class];
  self->counts[class]++;
  gen_tally_add (&self->sureness, values[FIELD_PROBABILITY]);
  GST_OBJECT_LOCK (self);
  relabel = self->relabel;
  GST_OBJECT_UNLOCK (self);
  if (!gst_generative_label_set (
          buffer, class, self->names != NULL ? self->names[class] : NULL, relabel))
    self->n_kept++;
}

/* Let adapters count as the property has come to say. */
static void
follow_scales (GstClassifier *self)
{
  g_autofree char *scales = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_atomic_int_compare_and_exchange (&self->scales_said, TRUE, FALSE))
    return;
  GST_OBJECT_LOCK (self);
  scales = g_strdup (self->adapters.texts[GST_GENERATIVE_ADAPTERS_SCALES]);
  GST_OBJECT_UNLOCK (self);
  if (!gen_features_scale_adapters (self->scores, scales, &error))
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Property adapter-scale: %s. Adapters count as before", error->message), (NULL));
}

static GstFlowReturn
gst_classifier_measure (GstScoreFilter *filter, GstScoreFrame *frame, double *values)
{
  GstClassifier *self = GST_CLASSIFIER (filter);
  const GstVideoFrame *video = &frame->mapped.video;
  const GenPicture picture = { .data = GST_VIDEO_FRAME_PLANE_DATA (video, 0),
    .width = GST_VIDEO_FRAME_WIDTH (video),
    .height = GST_VIDEO_FRAME_HEIGHT (video),
    .channels = GST_VIDEO_FRAME_N_COMPONENTS (video),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (video, 0) };
  const GenSample sample = gen_sample_of_picture (&picture);
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;

  gst_classifier_follow_model (self);
  follow_scales (self);
  if (!gen_features_compute (self->scores, &sample, 1, self->row, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  judge (self, frame->buffer, values);
  GST_LOG_OBJECT (self,
      "frame %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": class %g, probability %g in %.3f ms",
      self->n_pictures, GST_TIME_ARGS (frame->pts), values[FIELD_CLASS], values[FIELD_PROBABILITY],
      gst_generative_since (began));
  self->n_pictures++;
  return GST_FLOW_OK;
}

static gboolean
is_named_twice (const GstClassifier *self, int class)
{
  for (int i = 0; i < self->n_classes; i++)
    if (i != class && g_str_equal (self->names[i], self->names[class]))
      return TRUE;
  return FALSE;
}

/* What the summary calls a class: those of one name are told apart by their numbers. */
static char *
call_class (const GstClassifier *self, int class)
{
  if (self->names == NULL || class >= self->n_classes)
    return g_strdup_printf ("%d", class);
  return is_named_twice (self, class) ? g_strdup_printf ("%s (%d)", self->names[class], class)
                                      : g_strdup (self->names[class]);
}

/* Who sorts pictures that have a class finds them in the folders that they came from. */
static void
tell_kept (GstClassifier *self)
{
  g_autofree char *text = NULL;

  if (self->n_kept == 0)
    return;
  text = g_strdup_printf ("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                          " pictures kept the label that they came with; relabel=true gives the "
                          "model's",
      self->n_kept, self->n_pictures);
  /* gst-launch-1.0 shows nothing of such a message but what is for debugging. */
  GST_ELEMENT_INFO (self, STREAM, FORMAT, ("%s", text), ("%s", text));
}

static JsonObject *
gst_classifier_summarise (GstScoreFilter *filter)
{
  GstClassifier *self = GST_CLASSIFIER (filter);
  JsonObject *summary = json_object_new (), *classes = json_object_new ();

  for (int i = 0; i < self->n_counts; i++) {
    g_autofree char *called = self->counts[i] > 0 ? call_class (self, i) : NULL;

    if (called != NULL)
      json_object_set_int_member (classes, called, (gint64)self->counts[i]);
  }
  tell_kept (self);
  json_object_set_int_member (summary, "frames", (gint64)self->n_pictures);
  json_object_set_int_member (summary, "kept-labels", (gint64)self->n_kept);
  json_object_set_object_member (summary, "classes", classes);
  if (self->sureness.count > 0)
    json_object_set_object_member (
        summary, "class-probability", gen_tally_to_json (&self->sureness));
  return summary;
}

/* --- which classes there are --- */

/* Names, or numbers where there are none, ended by NULL. (transfer full) */
static char **
list_classes (GstClassifier *self)
{
  char **classes;

  GST_OBJECT_LOCK (self);
  classes = self->names != NULL ? g_strdupv (self->names) : g_new0 (char *, self->n_classes + 1);
  for (int i = 0; self->names == NULL && i < self->n_classes; i++)
    classes[i] = g_strdup_printf ("%d", i);
  GST_OBJECT_UNLOCK (self);
  return classes;
}

/* Whether labels are those of the data in front, which answers for them. */
static gboolean
keeps_labels (GstClassifier *self)
{
  g_auto (GStrv) in_front =
      gst_generative_query_classes (GST_BASE_TRANSFORM_SINK_PAD (GST_BASE_TRANSFORM (self)));
  gboolean relabel;

  GST_OBJECT_LOCK (self);
  relabel = self->relabel;
  GST_OBJECT_UNLOCK (self);
  return !relabel && in_front[0] != NULL;
}

/* Who is taught by what passes asks for its classes once caps are known. */
static gboolean
gst_classifier_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstClassifier *self = GST_CLASSIFIER (base);

  if (direction == GST_PAD_SRC && gst_generative_is_classes_query (query) && self->n_classes > 0 &&
      !keeps_labels (self)) {
    g_auto (GStrv) classes = list_classes (self);

    gst_generative_answer_classes (query, (const char *const *)classes);
    return TRUE;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_classifier_parent_class)->query (base, direction, query);
}

/* --- the class --- */

static void
gst_classifier_class_init (GstClassifierClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstScoreFilterClass *filter_class = GST_SCORE_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  GST_DEBUG_CATEGORY_INIT (
      classifier_debug, "classifier", 0, "the model, and the class of each frame");

  gobject_class->set_property = gst_classifier_set_property;
  gobject_class->get_property = gst_classifier_get_property;
  gobject_class->finalize = gst_classifier_finalize;

  g_object_class_install_property (gobject_class, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "The ONNX file to classify with, which makes a score or a probability for each class of "
          "a picture (unset: an error)",
          DEFAULT_MODEL, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_LABELS_FILE,
      g_param_spec_string ("labels-file", "Labels file",
          "File with the names of the model's classes, one a line, that of class 0 first (unset: "
          "as the model says, or numbers)",
          DEFAULT_LABELS_FILE, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (gobject_class, PROP_RELABEL,
      g_param_spec_boolean ("relabel", "Relabel",
          "Whether pictures that have a label, as those of datasetsrc may, are given the model's "
          "in its place",
          DEFAULT_RELABEL, flags | GST_PARAM_MUTABLE_PLAYING));
  gst_generative_adapters_install (gobject_class, PROP_ADAPTERS, GST_PARAM_MUTABLE_READY);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Classifier", "Filter/Analyzer/Video",
      "Tells with a model which class each picture is of, by number and name", "gst-generative");

  GST_BASE_TRANSFORM_CLASS (klass)->query = gst_classifier_query;
  filter_class->open = gst_classifier_open;
  filter_class->close = gst_classifier_close;
  filter_class->set_format = gst_classifier_set_format;
  filter_class->get_fields = gst_classifier_get_fields;
  filter_class->measure = gst_classifier_measure;
  filter_class->summarise = gst_classifier_summarise;
}

static void
gst_classifier_init (GstClassifier *self)
{
  self->succession =
      (GstSuccession){ .element = GST_ELEMENT (self), .free = (GDestroyNotify)gen_features_free };
  self->model = g_strdup (DEFAULT_MODEL);
  self->labels_file = g_strdup (DEFAULT_LABELS_FILE);
  self->relabel = DEFAULT_RELABEL;
}
