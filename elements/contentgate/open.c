/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What contentgate judges by, and whether it suits what passes: all of it is known before the first
 * frame. */
#include "contentgate.h"

#include "../classifier/classifier.h"
#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (content_gate_debug);
#define GST_CAT_DEFAULT content_gate_debug

/* Labels of a detector that does not tell how many it has. */
#define MOST_LABELS 1000

void
gst_content_gate_settings_clear (GstContentGateSettings *settings)
{
  g_clear_pointer (&settings->model, g_free);
  g_clear_pointer (&settings->labels, g_free);
  g_clear_pointer (&settings->labels_file, g_free);
  g_clear_pointer (&settings->boxes, g_free);
  g_clear_pointer (&settings->deny_list, g_free);
  g_clear_pointer (&settings->replacement, g_free);
  g_clear_pointer (&settings->slate, g_free);
  g_clear_pointer (&settings->hold_location, g_free);
  g_clear_pointer (&settings->audit_log, g_free);
  g_clear_pointer (&settings->audit_key, g_free);
}

static void
copy_settings (GstContentGate *self)
{
  GstContentGateSettings *now = &self->now;

  GST_OBJECT_LOCK (self);
  *now = self->settings;
  now->model = g_strdup (now->model);
  now->labels = g_strdup (now->labels);
  now->labels_file = g_strdup (now->labels_file);
  now->boxes = g_strdup (now->boxes);
  now->deny_list = g_strdup (now->deny_list);
  now->replacement = g_strdup (now->replacement);
  now->slate = g_strdup (now->slate);
  now->hold_location = g_strdup (now->hold_location);
  now->audit_log = g_strdup (now->audit_log);
  now->audit_key = g_strdup (now->audit_key);
  GST_OBJECT_UNLOCK (self);
}

/* --- starting and stopping --- */

static void
close_model (GstContentGate *self)
{
  g_clear_pointer (&self->features, gen_features_free);
  g_clear_pointer (&self->detector, gen_detector_free);
  g_clear_pointer (&self->list, gen_deny_list_free);
  g_clear_pointer (&self->gate, gen_content_gate_free);
  g_clear_pointer (&self->row, g_free);
  g_clear_pointer (&self->scores, g_free);
  self->label = NULL;
  self->medium = NULL;
}

void
gst_content_gate_close (GstScoreFilter *filter)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);

  close_model (self);
  gen_picture_clear (&self->slate);
  gst_content_gate_forget_pictures (self);
  g_clear_pointer (&self->samples, g_free);
  g_clear_pointer (&self->reason, g_free);
  self->n_samples = 0;
  gst_content_gate_end_hold (self);
  gst_content_gate_close_audit (self);
  g_clear_pointer (&self->hold.folder, gen_hold_folder_free);
  gst_content_gate_settings_clear (&self->now);
}

/* Whether there is such a file as the property says, where it says one. */
static gboolean
check_file (GstContentGate *self, const char *property, const char *path)
{
  if (path == NULL || g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  GST_ELEMENT_ERROR (
      self, RESOURCE, NOT_FOUND, ("Property %s: %s does not exist", property, path), (NULL));
  return FALSE;
}

static gboolean
open_hold (GstContentGate *self)
{
  g_autoptr (GError) error = NULL;

  if (self->now.hold_location == NULL && self->now.action != GST_CONTENT_GATE_HOLD)
    return TRUE;
  if (self->now.hold_location == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("Property hold-location is not set: action=hold wants a folder to put items into, which "
         "somebody decides on"),
        (NULL));
    return FALSE;
  }
  self->hold.folder = gen_hold_folder_open (self->now.hold_location, &error);
  if (self->hold.folder != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (
      self, RESOURCE, OPEN_WRITE, ("Property hold-location: %s", error->message), (NULL));
  return FALSE;
}

static gboolean
open_slate (GstContentGate *self)
{
  g_autoptr (GError) error = NULL;

  if (self->now.slate == NULL || gen_picture_load (&self->slate, self->now.slate, 3, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("Property slate: %s", error->message), (NULL));
  return FALSE;
}

gboolean
gst_content_gate_open (GstScoreFilter *filter)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);

  copy_settings (self);
  self->judged = self->closed_count = self->failed_count = 0;
  self->told_failed = self->told_closed = self->closed = FALSE;
  self->pts = GST_CLOCK_TIME_NONE;
  if (check_file (self, "model", self->now.model) &&
      check_file (self, "labels-file", self->now.labels_file) &&
      check_file (self, "deny-list", self->now.deny_list) && open_slate (self) &&
      open_hold (self) && gst_content_gate_open_audit (self))
    return TRUE;
  gst_content_gate_close (filter);
  return FALSE;
}

/* --- the model --- */

static gboolean
open_list (GstContentGate *self, GError **error)
{
  if (self->now.deny_list == NULL) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "Property deny-list is not set: of texts, a file of words and /patterns/ says which are "
        "not to pass, one a line");
    return FALSE;
  }
  self->list = gen_deny_list_load (self->now.deny_list, error);
  return self->list != NULL;
}

/* A file is a detector where somebody says how its boxes lie, or its outputs tell it. */
static gboolean
open_scores (GstContentGate *self, const GenMedium *medium, GError **error)
{
  const gboolean chosen = g_strcmp0 (self->now.boxes, "auto") != 0;
  const gboolean wanted = g_strcmp0 (self->now.boxes, "none") != 0;

  if (self->now.model == NULL) {
    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "Property model is not set: a file of ONNX is wanted that classifies %s%s", medium->plural,
        medium == &gen_medium_picture ? ", or finds things in them" : "");
    return FALSE;
  }
  if (medium == &gen_medium_picture && wanted &&
      (chosen || gen_detector_recognise (self->now.model))) {
    self->detector = gen_detector_open (self->now.model, chosen ? self->now.boxes : NULL, error);
    return self->detector != NULL;
  }
  self->features = gen_features_open (self->now.model, medium, error);
  return self->features != NULL;
}

static char **
read_names (GstContentGate *self, GError **error)
{
  char **names = NULL;

  if (self->now.labels_file != NULL)
    return gst_classifier_read_names (self->now.labels_file, NULL, &names, error) ? names : NULL;
  return self->detector != NULL ? gen_detector_get_names (self->detector)
                                : gen_features_get_class_names (self->features);
}

static gboolean
count_classes (GstContentGate *self, char **names, const GenFormat *format, GError **error)
{
  const guint n_names = names != NULL ? g_strv_length (names) : 0;
  const guint told = self->detector != NULL ? gen_detector_n_labels (self->detector)
                                            : (guint)gen_features_length (self->features, format);

  self->n_classes = (int)(told > 0 ? told : n_names > 0 ? n_names : MOST_LABELS);
  if (n_names <= (guint)self->n_classes)
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "%u labels have names, and %s tells %d apart", n_names, self->now.model, self->n_classes);
  return FALSE;
}

/* Without rules all classes of a classifier would count, and one of them is always likely. */
static gboolean
make_gate (GstContentGate *self, char **names, GError **error)
{
  const gboolean says = self->now.labels != NULL && *self->now.labels != '\0';

  if (!says && self->detector == NULL && self->n_classes > 1) {
    g_autofree char *list = names != NULL ? g_strjoinv (", ", names) : NULL;

    g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
        "Property labels is not set: it says for which of the %d classes of %s the gate closes, "
        "such as labels=%s=0.8%s%s",
        self->n_classes, self->now.model, names != NULL ? names[0] : "1",
        list != NULL ? "; they are " : "", list != NULL ? list : "");
    return FALSE;
  }
  self->gate = gen_content_gate_new (self->now.labels, self->now.threshold,
      (const char *const *)names, (guint)self->n_classes, error);
  if (self->gate == NULL) {
    g_prefix_error_literal (error, "Property labels: ");
    return FALSE;
  }
  gen_content_gate_set_smoothing (self->gate, self->now.smoothing, self->now.hysteresis);
  self->row = g_new0 (float, self->n_classes);
  self->scores = g_new0 (double, self->n_classes);
  return TRUE;
}

static gboolean
open_gate (GstContentGate *self, const GenFormat *format, GError **error)
{
  g_auto (GStrv) names = NULL;
  g_autoptr (GError) reason = NULL;
  g_autofree char *assumption = NULL;

  if (!open_scores (self, format->medium, error))
    return FALSE;
  names = read_names (self, &reason);
  if (reason != NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  assumption = self->detector != NULL ? gen_detector_describe_assumption (self->detector)
                                      : gen_features_describe_assumption (self->features);
  if (assumption != NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("%s", assumption), (NULL));
  return count_classes (self, names, format, error) && make_gate (self, names, error);
}

/* --- what passes --- */

static GenFormat
format_of (GstContentGate *self, const GstScoreFormat *passing)
{
  guint64 window, hop;

  if (passing->is_text)
    return (GenFormat){ .medium = &gen_medium_text };
  if (!passing->is_sound)
    return (GenFormat){ &gen_medium_picture, passing->video.width, passing->video.height,
      GST_VIDEO_INFO_N_COMPONENTS (&passing->video) };
  GST_SCORE_FILTER_GET_CLASS (self)->get_window (GST_SCORE_FILTER (self), &window, &hop);
  return (GenFormat){ &gen_medium_sound, .channels = GST_AUDIO_INFO_CHANNELS (&passing->sound),
    .rate = GST_AUDIO_INFO_RATE (&passing->sound), .length = (gsize)window };
}

static gboolean
fit (GstContentGate *self, const GstScoreFormat *passing, const GenFormat *format, GError **error)
{
  if (self->medium != format->medium) {
    close_model (self);
    if (!gst_content_gate_audit_settings (self, format->medium, error) ||
        !(format->medium == &gen_medium_text ? open_list (self, error)
                                             : open_gate (self, format, error)))
      return FALSE;
    self->medium = format->medium;
  }
  if (format->medium != &gen_medium_picture)
    gst_content_gate_forget_pictures (self);
  else if (!gst_content_gate_fit_pictures (self, &passing->video, error))
    return FALSE;
  return self->list != NULL || gst_content_gate_try (self, format, error);
}

gboolean
gst_content_gate_set_format (GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *passing)
{
  GstContentGate *self = GST_CONTENT_GATE (filter);
  const GenFormat format = format_of (self, passing);
  g_autoptr (GError) error = NULL;
  int action;

  GST_OBJECT_LOCK (self);
  action = self->settings.action;
  GST_OBJECT_UNLOCK (self);
  if (!gst_content_gate_check_action (self, passing, action))
    return FALSE;
  if (!fit (self, passing, &format, &error)) {
    close_model (self);
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  gst_content_gate_interrupt (filter);
  if (self->audit_failed)
    return FALSE;
  if (self->gate != NULL)
    GST_INFO_OBJECT (self, "%s: %s of %d labels, %u of which have a rule", self->now.model,
        self->detector != NULL ? gen_detector_layout (self->detector) : "classifier",
        self->n_classes, gen_content_gate_n_rules (self->gate));
  else
    GST_INFO_OBJECT (
        self, "%s: %u entries", self->now.deny_list, gen_deny_list_n_entries (self->list));
  return TRUE;
}
