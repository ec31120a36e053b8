/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of contentgate, and what they are where nobody says anything. */
#include "contentgate.h"

#include "../shared/settings.h"

enum {
  PROP_0,
  PROP_MODEL,
  PROP_LABELS,
  PROP_LABELS_FILE,
  PROP_SCORES,
  PROP_BOXES,
  PROP_DENY_LIST,
  PROP_ACTION,
  PROP_FAIL,
  PROP_THRESHOLD,
  PROP_SMOOTHING,
  PROP_HYSTERESIS,
  PROP_WINDOW,
  PROP_HOP,
  PROP_STRENGTH,
  PROP_MARGIN,
  PROP_COLOUR,
  PROP_SLATE,
  PROP_REPLACEMENT,
  PROP_HOLD_LOCATION,
  PROP_HOLD_MODE,
  PROP_HOLD_TIMEOUT,
  PROP_HOLD_POLICY,
  PROP_AUDIT_LOG,
  PROP_AUDIT_KEY,
};

#define DEFAULT_BOXES "auto"
#define DEFAULT_THRESHOLD 0.5
#define DEFAULT_SMOOTHING 0.0
#define DEFAULT_HYSTERESIS 0.1
#define DEFAULT_STRENGTH 0.15
#define DEFAULT_MARGIN 0.1
#define DEFAULT_COLOUR 0u
#define DEFAULT_WINDOW 1.0
#define DEFAULT_HOP 0.0
#define DEFAULT_REPLACEMENT "***"
#define DEFAULT_HOLD_TIMEOUT 300.0
/* Longer than anybody waits. */
#define MAX_SECONDS 3600
#define MAX_TIMEOUT (366 * 86400.0)

/* --- choices --- */

#define DEFINE_CHOICES(function, type_name, ...)                                                   \
  static GType function (void)                                                                     \
  {                                                                                                \
    static const GEnumValue values[] = { __VA_ARGS__, { 0, NULL, NULL } };                         \
    static gsize type = 0;                                                                         \
                                                                                                   \
    if (g_once_init_enter (&type))                                                                 \
      g_once_init_leave (&type, g_enum_register_static (type_name, values));                       \
    return type;                                                                                   \
  }

DEFINE_CHOICES (action_type, "GstContentGateAction",
    { GST_CONTENT_GATE_TAG, "Let everything pass, and tell of it", "tag" },
    { GST_CONTENT_GATE_BLUR, "Blur boxes, or the whole picture", "blur" },
    { GST_CONTENT_GATE_PIXELATE, "Make squares of boxes, or of the whole picture", "pixelate" },
    { GST_CONTENT_GATE_REPLACE,
        "Put the slate, or a colour, a tone or the replacement in its place", "replace" },
    { GST_CONTENT_GATE_MUTE, "Make sounds silent, and texts empty", "mute" },
    { GST_CONTENT_GATE_DROP, "Leave it out", "drop" },
    { GST_CONTENT_GATE_HOLD, "Hold it until somebody has decided", "hold" })

DEFINE_CHOICES (scores_type, "GstContentGateScores",
    { GST_CONTENT_GATE_SCORES_AUTO,
        "Probabilities as they are, others by softmax; a single number that is no probability by "
        "its sigmoid",
        "auto" },
    { GST_CONTENT_GATE_SCORES_SOFTMAX,
        "By softmax, unless they are from 0 to 1 and together 1: one class is right", "softmax" },
    { GST_CONTENT_GATE_SCORES_SIGMOID, "The sigmoid of each: any number of classes is right",
        "sigmoid" },
    { GST_CONTENT_GATE_SCORES_NONE, "As the model makes them", "none" })

DEFINE_CHOICES (fail_type, "GstContentGateFail",
    { GST_CONTENT_GATE_FAIL_CLOSED, "As what is not to pass", "closed" },
    { GST_CONTENT_GATE_FAIL_OPEN, "As what may pass", "open" })

DEFINE_CHOICES (hold_mode_type, "GstContentGateHoldMode",
    { GST_CONTENT_GATE_HOLD_AUTO, "Show the slate where the stream is live, else wait", "auto" },
    { GST_CONTENT_GATE_HOLD_WAIT, "Wait, for each frame, window or text", "wait" },
    { GST_CONTENT_GATE_HOLD_SLATE,
        "Show the slate until what the gate closed for first is approved", "slate" })

DEFINE_CHOICES (hold_policy_type, "GstContentGateHoldPolicy",
    { GST_CONTENT_GATE_POLICY_REJECT, "It is rejected", "reject" },
    { GST_CONTENT_GATE_POLICY_APPROVE, "It is approved", "approve" })

/* --- from and to settings --- */

static char **
find_text (GstContentGateSettings *settings, guint property_id)
{
  switch (property_id) {
  case PROP_MODEL:
    return &settings->model;
  case PROP_LABELS:
    return &settings->labels;
  case PROP_LABELS_FILE:
    return &settings->labels_file;
  case PROP_BOXES:
    return &settings->boxes;
  case PROP_DENY_LIST:
    return &settings->deny_list;
  case PROP_SLATE:
    return &settings->slate;
  case PROP_REPLACEMENT:
    return &settings->replacement;
  case PROP_HOLD_LOCATION:
    return &settings->hold_location;
  case PROP_AUDIT_LOG:
    return &settings->audit_log;
  case PROP_AUDIT_KEY:
    return &settings->audit_key;
  default:
    return NULL;
  }
}

static double *
find_number (GstContentGateSettings *settings, guint property_id)
{
  switch (property_id) {
  case PROP_THRESHOLD:
    return &settings->threshold;
  case PROP_SMOOTHING:
    return &settings->smoothing;
  case PROP_HYSTERESIS:
    return &settings->hysteresis;
  case PROP_WINDOW:
    return &settings->window;
  case PROP_HOP:
    return &settings->hop;
  case PROP_STRENGTH:
    return &settings->strength;
  case PROP_MARGIN:
    return &settings->margin;
  case PROP_HOLD_TIMEOUT:
    return &settings->hold_timeout;
  default:
    return NULL;
  }
}

static int *
find_choice (GstContentGateSettings *settings, guint property_id)
{
  switch (property_id) {
  case PROP_SCORES:
    return &settings->scores;
  case PROP_ACTION:
    return &settings->action;
  case PROP_FAIL:
    return &settings->fail;
  case PROP_HOLD_MODE:
    return &settings->hold_mode;
  case PROP_HOLD_POLICY:
    return &settings->hold_policy;
  default:
    return NULL;
  }
}

void
gst_content_gate_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstContentGate *self = GST_CONTENT_GATE (object);
  char **text = find_text (&self->settings, property_id);
  double *number = find_number (&self->settings, property_id);
  int *choice = find_choice (&self->settings, property_id);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (text != NULL) {
    g_free (*text);
    *text = g_value_dup_string (value);
  } else if (number != NULL) {
    *number = g_value_get_double (value);
  } else if (choice != NULL) {
    *choice = g_value_get_enum (value);
  } else if (property_id == PROP_COLOUR) {
    self->settings.colour = g_value_get_uint (value);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

void
gst_content_gate_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstContentGate *self = GST_CONTENT_GATE (object);
  char **text = find_text (&self->settings, property_id);
  const double *number = find_number (&self->settings, property_id);
  const int *choice = find_choice (&self->settings, property_id);

  GST_OBJECT_LOCK (self);
  if (text != NULL)
    g_value_set_string (value, *text);
  else if (number != NULL)
    g_value_set_double (value, *number);
  else if (choice != NULL)
    g_value_set_enum (value, *choice);
  else if (property_id == PROP_COLOUR)
    g_value_set_uint (value, self->settings.colour);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

void
gst_content_gate_settings_init (GstContentGateSettings *settings)
{
  *settings = (GstContentGateSettings){
    .boxes = g_strdup (DEFAULT_BOXES),
    .replacement = g_strdup (DEFAULT_REPLACEMENT),
    .threshold = DEFAULT_THRESHOLD,
    .smoothing = DEFAULT_SMOOTHING,
    .hysteresis = DEFAULT_HYSTERESIS,
    .strength = DEFAULT_STRENGTH,
    .margin = DEFAULT_MARGIN,
    .colour = DEFAULT_COLOUR,
    .window = DEFAULT_WINDOW,
    .hop = DEFAULT_HOP,
    .hold_timeout = DEFAULT_HOLD_TIMEOUT,
  };
}

/* --- the class --- */

static void
install_text (GObjectClass *klass, guint id, const char *name, const char *nick, const char *blurb,
    const char *value)
{
  g_object_class_install_property (klass, id,
      g_param_spec_string (name, nick, blurb, value,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
}

static void
install_number (GObjectClass *klass, guint id, const char *name, const char *nick,
    const char *blurb, const double range[3], GParamFlags when)
{
  g_object_class_install_property (klass, id,
      g_param_spec_double (name, nick, blurb, range[0], range[1], range[2],
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | when));
}

static void
install_choice (GObjectClass *klass, guint id, const char *name, const char *nick,
    const char *blurb, GType type, GParamFlags when)
{
  g_object_class_install_property (klass, id,
      g_param_spec_enum (
          name, nick, blurb, type, 0, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | when));
  gst_type_mark_as_plugin_api (type, 0);
}

static void
install_judging (GObjectClass *klass)
{
  install_text (klass, PROP_MODEL, "model", "Model",
      "The ONNX file that judges pictures or sounds: a classifier, or a detector of boxes in "
      "pictures (unset: only texts can be judged)",
      NULL);
  install_text (klass, PROP_LABELS, "labels", "Labels",
      "What is not to pass: names or numbers of the model's classes, each with its threshold, such "
      "as \"nsfw=0.8,violence=0.5\"; without one, property threshold holds (unset: all that a "
      "detector finds; of a classifier that has more than one class, an error)",
      NULL);
  install_text (klass, PROP_LABELS_FILE, "labels-file", "Labels file",
      "File with the names of the model's classes, one a line, that of class 0 first (unset: as "
      "the model says, or numbers)",
      NULL);
  install_choice (klass, PROP_SCORES, "scores", "Scores",
      "How numbers of a classifier become the scores that thresholds are for", scores_type (),
      GST_PARAM_MUTABLE_READY);
  install_text (klass, PROP_BOXES, "boxes", "Boxes",
      "How boxes lie in what a detector makes: yunet, centerface, ssd, ultraface, end-to-end, "
      "yolov8 or "
      "yolov5; "
      "auto: as its outputs tell; none: the model is a classifier",
      DEFAULT_BOXES);
  install_text (klass, PROP_DENY_LIST, "deny-list", "Deny list",
      "File of what is not to pass in texts: a word, a phrase or a /pattern/ a line (unset: "
      "only pictures and sounds can be judged)",
      NULL);
  install_choice (klass, PROP_FAIL, "fail", "Fail",
      "How what cannot be judged, as the model fails, is treated", fail_type (),
      GST_PARAM_MUTABLE_READY);
  install_number (klass, PROP_THRESHOLD, "threshold", "Threshold",
      "The score from which on labels without one of their own are not to pass",
      (double[]){ G_MINDOUBLE, G_MAXDOUBLE, DEFAULT_THRESHOLD }, GST_PARAM_MUTABLE_READY);
  install_number (klass, PROP_SMOOTHING, "smoothing", "Smoothing",
      "Over how many seconds scores are averaged (exponentially; 0: not at all); the gate closes "
      "later by as much",
      (double[]){ 0, MAX_SECONDS, DEFAULT_SMOOTHING }, GST_PARAM_MUTABLE_READY);
  install_number (klass, PROP_HYSTERESIS, "hysteresis", "Hysteresis",
      "By how much a score has to fall below its threshold before the gate opens again",
      (double[]){ 0, G_MAXDOUBLE, DEFAULT_HYSTERESIS }, GST_PARAM_MUTABLE_READY);
  install_number (klass, PROP_WINDOW, "window", "Window",
      "Sound: how many seconds are judged at once, and held before they pass",
      (double[]){ 1e-3, MAX_SECONDS, DEFAULT_WINDOW }, GST_PARAM_MUTABLE_READY);
  install_number (klass, PROP_HOP, "hop", "Hop",
      "Sound: how many seconds later the next window begins; what passes goes by the one that "
      "begins with it (0: as long as a window)",
      (double[]){ 0, MAX_SECONDS, DEFAULT_HOP }, GST_PARAM_MUTABLE_READY);
}

static void
install_acting (GObjectClass *klass)
{
  install_choice (klass, PROP_ACTION, "action", "Action", "What is done with what is not to pass",
      action_type (), GST_PARAM_MUTABLE_PLAYING);
  install_number (klass, PROP_STRENGTH, "strength", "Strength",
      "Pictures: how large the squares of pixelate are, and how wide blur is, as a share of the "
      "larger side of a box or of the picture",
      (double[]){ 0.01, 1, DEFAULT_STRENGTH }, GST_PARAM_MUTABLE_PLAYING);
  install_number (klass, PROP_MARGIN, "margin", "Margin",
      "Pictures: what of a box's width and height is changed around it as well",
      (double[]){ 0, 10, DEFAULT_MARGIN }, GST_PARAM_MUTABLE_PLAYING);
  g_object_class_install_property (klass, PROP_COLOUR,
      g_param_spec_uint ("colour", "Colour",
          "Pictures: what replace fills boxes and frames with, and what is shown while frames are "
          "held, where there is no slate: 0xRRGGBB",
          0, 0xffffff, DEFAULT_COLOUR,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));
  install_text (klass, PROP_SLATE, "slate", "Slate",
      "A picture that replace puts in the place of frames, and that is shown while they are held "
      "(unset: the colour)",
      NULL);
  install_text (klass, PROP_REPLACEMENT, "replacement", "Replacement",
      "What replace puts in the place of what is found in texts", DEFAULT_REPLACEMENT);
  install_text (klass, PROP_HOLD_LOCATION, "hold-location", "Hold location",
      "The folder that hold puts items into, and in which decisions are found (unset: "
      "nothing can be held)",
      NULL);
  install_choice (klass, PROP_HOLD_MODE, "hold-mode", "Hold mode",
      "What the stream does until somebody has decided", hold_mode_type (),
      GST_PARAM_MUTABLE_READY);
  install_number (klass, PROP_HOLD_TIMEOUT, "hold-timeout", "Hold timeout",
      "After how many seconds hold-policy decides (0: never)",
      (double[]){ 0, MAX_TIMEOUT, DEFAULT_HOLD_TIMEOUT }, GST_PARAM_MUTABLE_READY);
  install_choice (klass, PROP_HOLD_POLICY, "hold-policy", "Hold policy",
      "What becomes of an item that nobody has decided on in time", hold_policy_type (),
      GST_PARAM_MUTABLE_READY);
  install_text (klass, PROP_AUDIT_LOG, "audit-log", "Audit log",
      "File that what the gate does is appended to, each record with the hash of the one before "
      "(unset: nothing is written down)",
      NULL);
  install_text (klass, PROP_AUDIT_KEY, "audit-key", "Audit key",
      "File of the private key (Ed25519, PEM) that the audit log is signed by, which nobody else "
      "may read (unset: it is not signed)",
      NULL);
}

void
gst_content_gate_install_properties (GObjectClass *klass)
{
  install_judging (klass);
  install_acting (klass);
}
