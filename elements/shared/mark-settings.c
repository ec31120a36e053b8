/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark-settings.h"

#include <string.h>

#include "mark-key.h"
#include "marking.h"

#define DEFAULT_KEY NULL
#define DEFAULT_OPERATOR 0
#define DEFAULT_MODEL NULL
#define DEFAULT_TIME (-1)
#define DEFAULT_PAYLOAD NULL
#define DEFAULT_STRENGTH 1.0
#define DEFAULT_ENABLED TRUE

#define PAYLOAD_DIGITS 16

/* --- properties --- */

void
gst_generative_mark_settings_install (GObjectClass *klass, guint first, double most)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_KEY,
      g_param_spec_string ("key", "Key",
          "File of the secret that marks are made and read by, which nobody else may be able to "
          "read (chmod 600): 32 bytes, their 64 hexadecimal digits, or a private key in PEM "
          "(unset: an error, unless GENERATIVE_MARK is off)",
          DEFAULT_KEY, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_OPERATOR,
      g_param_spec_uint ("operator", "Operator", "Who marks: a number that marks carry", 0,
          GEN_MARK_OPERATOR_MAX, DEFAULT_OPERATOR, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_MODEL,
      g_param_spec_string ("model", "Model",
          "File of the model that makes what is marked: marks carry the first 20 bits of its "
          "SHA-256 (unset: 0)",
          DEFAULT_MODEL, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_TIME,
      g_param_spec_int64 ("time", "Time",
          "When it was made, in seconds since 1970 (UTC), of which marks carry the minute (-1: "
          "when the element starts)",
          -1, G_MAXINT64, DEFAULT_TIME, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_PAYLOAD,
      g_param_spec_string ("payload", "Payload",
          "All that marks carry as 16 hexadecimal digits, instead of operator, model and time "
          "(unset: of these)",
          DEFAULT_PAYLOAD, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_STRENGTH,
      g_param_spec_double ("strength", "Strength",
          "How strong marks are, as a multiple of what nobody notices (0: none)", 0, most,
          DEFAULT_STRENGTH, flags | GST_PARAM_CONTROLLABLE | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_ENABLED,
      g_param_spec_boolean ("enabled", "Enabled",
          "Whether anything is marked; the environment's GENERATIVE_MARK=off says no to all "
          "elements",
          DEFAULT_ENABLED, flags | GST_PARAM_MUTABLE_PLAYING));
}

void
gst_generative_mark_settings_init (GstGenerativeMarkSettings *settings)
{
  *settings = (GstGenerativeMarkSettings){ .key = g_strdup (DEFAULT_KEY),
    .operator_id = DEFAULT_OPERATOR,
    .model = g_strdup (DEFAULT_MODEL),
    .time = DEFAULT_TIME,
    .payload = g_strdup (DEFAULT_PAYLOAD),
    .strength = DEFAULT_STRENGTH,
    .enabled = DEFAULT_ENABLED };
}

void
gst_generative_mark_settings_clear (GstGenerativeMarkSettings *settings)
{
  g_free (settings->key);
  g_free (settings->model);
  g_free (settings->payload);
}

static void
set_text (char **text, const GValue *value)
{
  g_free (*text);
  *text = g_value_dup_string (value);
}

gboolean
gst_generative_mark_settings_set (
    GstGenerativeMarkSettings *settings, gpointer element, guint number, const GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (number) {
  case GST_GENERATIVE_MARK_KEY:
    set_text (&settings->key, value);
    break;
  case GST_GENERATIVE_MARK_OPERATOR:
    settings->operator_id = g_value_get_uint (value);
    break;
  case GST_GENERATIVE_MARK_MODEL:
    set_text (&settings->model, value);
    break;
  case GST_GENERATIVE_MARK_TIME:
    settings->time = g_value_get_int64 (value);
    break;
  case GST_GENERATIVE_MARK_PAYLOAD:
    set_text (&settings->payload, value);
    break;
  case GST_GENERATIVE_MARK_STRENGTH:
    settings->strength = g_value_get_double (value);
    break;
  case GST_GENERATIVE_MARK_ENABLED:
    settings->enabled = g_value_get_boolean (value);
    break;
  default:
    known = FALSE;
  }
  GST_OBJECT_UNLOCK (element);
  return known;
}

gboolean
gst_generative_mark_settings_get (
    GstGenerativeMarkSettings *settings, gpointer element, guint number, GValue *value)
{
  gboolean known = TRUE;

  GST_OBJECT_LOCK (element);
  switch (number) {
  case GST_GENERATIVE_MARK_KEY:
    g_value_set_string (value, settings->key);
    break;
  case GST_GENERATIVE_MARK_OPERATOR:
    g_value_set_uint (value, settings->operator_id);
    break;
  case GST_GENERATIVE_MARK_MODEL:
    g_value_set_string (value, settings->model);
    break;
  case GST_GENERATIVE_MARK_TIME:
    g_value_set_int64 (value, settings->time);
    break;
  case GST_GENERATIVE_MARK_PAYLOAD:
    g_value_set_string (value, settings->payload);
    break;
  case GST_GENERATIVE_MARK_STRENGTH:
    g_value_set_double (value, settings->strength);
    break;
  case GST_GENERATIVE_MARK_ENABLED:
    g_value_set_boolean (value, settings->enabled);
    break;
  default:
    known = FALSE;
  }
  GST_OBJECT_UNLOCK (element);
  return known;
}

/* --- what is carried --- */

static gboolean
parse_payload (const char *text, guint64 *bits, GError **error)
{
  GenMarkPayload payload;

  if (strlen (text) == PAYLOAD_DIGITS &&
      strspn (text, "0123456789abcdefABCDEF") == PAYLOAD_DIGITS) {
    *bits = g_ascii_strtoull (text, NULL, 16);
    if (gen_mark_payload_unpack (*bits, &payload))
      return TRUE;
  }
  g_set_error (error, GEN_MARK_ERROR, GEN_MARK_ERROR_PAYLOAD,
      "Property payload: \"%s\" is not %d hexadecimal digits, the first of which is the version %d",
      text, PAYLOAD_DIGITS, GEN_MARK_VERSION);
  return FALSE;
}

/* What the properties are when the element starts; `key`, `model` and `text` are to be freed. */
typedef struct {
  char *key, *model, *text;
  GenMarkPayload payload;
} Wanted;

static void
wanted_clear (Wanted *wanted)
{
  g_free (wanted->key);
  g_free (wanted->model);
  g_free (wanted->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wanted, wanted_clear)

static void
get_wanted (const GstGenerativeMarkSettings *settings, GstElement *element, Wanted *wanted)
{
  GST_OBJECT_LOCK (element);
  *wanted = (Wanted){ .key = g_strdup (settings->key),
    .model = g_strdup (settings->model),
    .text = g_strdup (settings->payload),
    .payload = { .operator_id = settings->operator_id, .time = settings->time } };
  GST_OBJECT_UNLOCK (element);
}

static gboolean
make_payload (Wanted *wanted, guint64 *bits, GError **error)
{
  if (wanted->text != NULL && *wanted->text != '\0')
    return parse_payload (wanted->text, bits, error);
  if (wanted->payload.time < 0)
    wanted->payload.time = g_get_real_time () / G_USEC_PER_SEC;
  if (wanted->model != NULL &&
      !gen_mark_model_id (wanted->model, &wanted->payload.model_id, error)) {
    g_prefix_error (error, "Property model: ");
    return FALSE;
  }
  return gen_mark_payload_pack (&wanted->payload, bits, error);
}

/* --- the switch --- */

/* gst-launch-1.0 shows nothing of such a message but what is for debugging. */
static void
tell (GstElement *element, const char *text)
{
  GST_ELEMENT_INFO (element, STREAM, FAILED, ("%s", text), ("%s", text));
}

gboolean
gst_generative_mark_settings_start (
    GstGenerativeMarkSettings *settings, GstElement *element, GenMarkKey **key, guint64 *bits)
{
  g_autoptr (GError) error = NULL;
  g_auto (Wanted) wanted = { 0 };

  settings->said_off = FALSE;
  settings->marks = !gst_generative_marking_is_off ();
  if (!settings->marks) {
    tell (element, "nothing is marked: " GST_GENERATIVE_MARKING_SWITCH " is off");
    return TRUE;
  }
  get_wanted (settings, element, &wanted);
  if (!make_payload (&wanted, bits, &error)) {
    GST_ELEMENT_ERROR (element, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  *key = gst_generative_mark_key_load (element, wanted.key);
  return *key != NULL;
}

double
gst_generative_mark_settings_next (GstGenerativeMarkSettings *settings, GstElement *element)
{
  double strength;

  if (!settings->marks)
    return 0;
  GST_OBJECT_LOCK (element);
  strength = settings->enabled ? settings->strength : 0;
  GST_OBJECT_UNLOCK (element);
  if (strength <= 0 && !settings->said_off)
    tell (element, "nothing is marked: the property enabled is false, or strength is 0");
  settings->said_off = strength <= 0;
  return strength;
}
