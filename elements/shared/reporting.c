/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reporting.h"

#include <generative/alert.h>
#include <glib/gstdio.h>

#include "debug.h"

#define DEFAULT_REPORT NULL
#define DEFAULT_POST_MESSAGES FALSE
#define DEFAULT_ALERT NULL
#define DEFAULT_PROMETHEUS NULL

void
gst_generative_reporting_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  g_object_class_install_property (klass, first + GST_GENERATIVE_REPORTING_REPORT,
      g_param_spec_string ("report", "Report",
          "File to write measurements to, as JSON Lines, the last one the summary; each element "
          "has one of its own (unset: none)",
          DEFAULT_REPORT, flags | GST_PARAM_MUTABLE_READY));
  g_object_class_install_property (klass, first + GST_GENERATIVE_REPORTING_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post the measurements of each frame on the bus, as element messages generative-score "
          "(the summary always is)",
          DEFAULT_POST_MESSAGES, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, first + GST_GENERATIVE_REPORTING_ALERT,
      g_param_spec_string ("alert", "Alert",
          "Conditions on figures, with commas between and how long they must hold, as \"sharpness "
          "< "
          "20 for 5s, black > 0.9\": where one begins or ends, an element message quality-alert is "
          "posted, and the report has a line (unset: none)",
          DEFAULT_ALERT, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (klass, first + GST_GENERATIVE_REPORTING_PROMETHEUS,
      g_param_spec_string ("prometheus", "Prometheus",
          "File (.prom) that always has the last figures in Prometheus' text format, replaced at "
          "most once a second (unset: none)",
          DEFAULT_PROMETHEUS, flags | GST_PARAM_MUTABLE_READY));
}

void
gst_generative_reporting_init (GstGenerativeReporting *reporting)
{
  *reporting = (GstGenerativeReporting){ .report = g_strdup (DEFAULT_REPORT),
    .alert = g_strdup (DEFAULT_ALERT),
    .prometheus = g_strdup (DEFAULT_PROMETHEUS),
    .post = DEFAULT_POST_MESSAGES };
}

void
gst_generative_reporting_clear (GstGenerativeReporting *reporting)
{
  g_free (reporting->report);
  g_free (reporting->alert);
  g_free (reporting->prometheus);
}

gboolean
gst_generative_reporting_set (
    GstGenerativeReporting *reporting, gpointer element, guint number, const GValue *value)
{
  switch (number) {
  case GST_GENERATIVE_REPORTING_REPORT:
    GST_OBJECT_LOCK (element);
    g_free (reporting->report);
    reporting->report = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (element);
    return TRUE;
  case GST_GENERATIVE_REPORTING_POST_MESSAGES:
    g_atomic_int_set (&reporting->post, g_value_get_boolean (value));
    return TRUE;
  case GST_GENERATIVE_REPORTING_ALERT:
    GST_OBJECT_LOCK (element);
    g_free (reporting->alert);
    reporting->alert = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (element);
    g_atomic_int_set (&reporting->alert_changed, TRUE);
    return TRUE;
  case GST_GENERATIVE_REPORTING_PROMETHEUS:
    GST_OBJECT_LOCK (element);
    g_free (reporting->prometheus);
    reporting->prometheus = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (element);
    return TRUE;
  default:
    return FALSE;
  }
}

gboolean
gst_generative_reporting_get (
    GstGenerativeReporting *reporting, gpointer element, guint number, GValue *value)
{
  switch (number) {
  case GST_GENERATIVE_REPORTING_REPORT:
    GST_OBJECT_LOCK (element);
    g_value_set_string (value, reporting->report);
    GST_OBJECT_UNLOCK (element);
    return TRUE;
  case GST_GENERATIVE_REPORTING_POST_MESSAGES:
    g_value_set_boolean (value, g_atomic_int_get (&reporting->post));
    return TRUE;
  case GST_GENERATIVE_REPORTING_ALERT:
    GST_OBJECT_LOCK (element);
    g_value_set_string (value, reporting->alert);
    GST_OBJECT_UNLOCK (element);
    return TRUE;
  case GST_GENERATIVE_REPORTING_PROMETHEUS:
    GST_OBJECT_LOCK (element);
    g_value_set_string (value, reporting->prometheus);
    GST_OBJECT_UNLOCK (element);
    return TRUE;
  default:
    return FALSE;
  }
}

/* --- the file --- */

typedef struct {
  GstElement *asks;
  GStatBuf file;
} Claim;

/* GCompareFunc: 0 for another element whose report is the very file. */
static int
compare_report (gconstpointer item, gconstpointer data)
{
  gpointer element = g_value_get_object (item);
  const Claim *claim = data;
  const GParamSpec *property =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), "report");
  g_autofree char *report = NULL;
  GStatBuf file;

  if (element == claim->asks || property == NULL || property->value_type != G_TYPE_STRING)
    return 1;
  g_object_get (element, "report", &report, NULL);
  return report == NULL || g_stat (report, &file) < 0 || file.st_dev != claim->file.st_dev ||
         file.st_ino != claim->file.st_ino;
}

/* Who writes to the report in this element's pipeline, or NULL. (transfer full) */
static GstElement *
find_writer (GstElement *element, const char *report)
{
  g_autoptr (GstObject) top = gst_object_ref (GST_OBJECT (element));
  g_autoptr (GstIterator) elements = NULL;
  Claim claim = { .asks = element };
  GValue found = G_VALUE_INIT;
  GstElement *writer = NULL;
  GstObject *parent;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  if (!GST_IS_BIN (top) || g_stat (report, &claim.file) < 0)
    return NULL;
  elements = gst_bin_iterate_recurse (GST_BIN (top));
  if (gst_iterator_find_custom (elements, compare_report, &found, &claim)) {
    writer = g_value_dup_object (&found);
    g_value_unset (&found);
  }
  return writer;
}

static void
post_open_error (GstElement *element, const char *report, const GError *error)
{
  g_autoptr (GstElement) writer = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    writer = find_writer (element, report);
  if (writer != NULL)
    GST_ELEMENT_ERROR (element, RESOURCE, BUSY,
        ("Property report: the file %s is the report of %s already, and two in one file would "
         "lose each other's lines: give each element a file of its own",
            report, GST_OBJECT_NAME (writer)),
        (NULL));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    GST_ELEMENT_ERROR (element, RESOURCE, BUSY, ("Property report: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (
        element, RESOURCE, OPEN_WRITE, ("Property report: %s", error->message), (NULL));
}

static void
post_write_error (GstElement *element, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    GST_ELEMENT_ERROR (
        element, RESOURCE, NO_SPACE_LEFT, ("Property report: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (element, RESOURCE, WRITE, ("Property report: %s", error->message), (NULL));
}

/* --- alerts, and the file of figures --- */

/* (transfer full) */
static char *
get_alert (GstGenerativeReporting *reporting)
{
  char *text;

  GST_OBJECT_LOCK (reporting->element);
  text = g_strdup (reporting->alert);
  GST_OBJECT_UNLOCK (reporting->element);
  return text;
}

/* Whether the text makes sense by itself is known before there are figures. */
static gboolean
check_alert (GstGenerativeReporting *reporting)
{
  g_autofree char *text = get_alert (reporting);
  g_autoptr (GenAlerts) alerts = NULL;
  g_autoptr (GError) error = NULL;

  if (text == NULL || *text == '\0')
    return TRUE;
  alerts = gen_alerts_parse (text, &error);
  if (alerts != NULL)
    return TRUE;
  GST_ELEMENT_ERROR (
      reporting->element, LIBRARY, SETTINGS, ("Property alert: %s", error->message), (NULL));
  return FALSE;
}

/* Watch for what the property says now. FALSE with `error` where it makes no sense. */
static gboolean
watch (GstGenerativeReporting *reporting, GError **error)
{
  g_autofree char *text = NULL;

  g_atomic_int_set (&reporting->alert_changed, FALSE);
  text = get_alert (reporting);
  return gst_generative_score_watch (reporting->score, text, error);
}

/* The property may have been set since the last frame. */
static void
update_alert (GstGenerativeReporting *reporting)
{
  g_autoptr (GError) error = NULL;

  if (g_atomic_int_get (&reporting->alert_changed) && !watch (reporting, &error))
    GST_ELEMENT_WARNING (reporting->element, LIBRARY, SETTINGS,
        ("Property alert: %s; what was watched for before still is", error->message), (NULL));
}

static gboolean
expose (GstGenerativeReporting *reporting)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (reporting->element);
  path = g_strdup (reporting->prometheus);
  GST_OBJECT_UNLOCK (reporting->element);
  if (path == NULL || gst_generative_score_expose (reporting->score, path, &error))
    return TRUE;
  GST_ELEMENT_ERROR (reporting->element, RESOURCE, OPEN_WRITE,
      ("Property prometheus: %s", error->message), (NULL));
  return FALSE;
}

/* --- open and closed --- */

gboolean
gst_generative_reporting_open (GstGenerativeReporting *reporting, GstElement *element)
{
  g_autofree char *report = NULL;
  g_autoptr (GError) error = NULL;

  reporting->element = element;
  if (!check_alert (reporting))
    return FALSE;
  GST_OBJECT_LOCK (element);
  report = g_strdup (reporting->report);
  GST_OBJECT_UNLOCK (element);
  reporting->score = gst_generative_score_new (element, report, &error);
  if (reporting->score == NULL) {
    post_open_error (element, report, error);
    return FALSE;
  }
  if (!expose (reporting)) {
    g_clear_pointer (&reporting->score, gst_generative_score_free);
    return FALSE;
  }
  if (report != NULL)
    GST_CAT_INFO_OBJECT (gst_generative_debug, element, "measurements are written to %s", report);
  reporting->frame = 0;
  reporting->summarised = TRUE;
  return TRUE;
}

void
gst_generative_reporting_close (GstGenerativeReporting *reporting)
{
  g_clear_pointer (&reporting->score, gst_generative_score_free);
  g_clear_pointer (&reporting->values, g_free);
}

/* --- measurements --- */

gboolean
gst_generative_reporting_set_fields (
    GstGenerativeReporting *reporting, const GenField *fields, guint n_fields)
{
  g_autoptr (GError) error = NULL;

  gst_generative_score_set_fields (reporting->score, fields, n_fields);
  g_free (reporting->values);
  reporting->values = g_new (double, n_fields);
  if (watch (reporting, &error))
    return TRUE;
  GST_ELEMENT_ERROR (
      reporting->element, LIBRARY, SETTINGS, ("Property alert: %s", error->message), (NULL));
  return FALSE;
}

void
gst_generative_reporting_interrupt (GstGenerativeReporting *reporting)
{
  gst_generative_score_interrupt (reporting->score);
}

gboolean
gst_generative_reporting_emit (GstGenerativeReporting *reporting, GstBuffer *buffer,
    GstClockTime pts, guint nth, const double *values)
{
  const GstGenerativeMeasurement measurement = { reporting->frame++, pts, nth, values };
  g_autoptr (GError) error = NULL;

  update_alert (reporting);
  if (gst_generative_score_emit (
          reporting->score, buffer, &measurement, g_atomic_int_get (&reporting->post), &error))
    return TRUE;
  post_write_error (reporting->element, error);
  return FALSE;
}

gboolean
gst_generative_reporting_begin_summary (GstGenerativeReporting *reporting)
{
  const gboolean due = !reporting->summarised;

  reporting->summarised = TRUE;
  return due;
}

void
gst_generative_reporting_summarise (GstGenerativeReporting *reporting, JsonObject *summary)
{
  g_autoptr (GError) error = NULL;

  if (!gst_generative_score_summarise (reporting->score, summary, &error))
    post_write_error (reporting->element, error);
}
