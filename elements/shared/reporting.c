/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reporting.h"

#include <generative/alert.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "debug.h"
#include "report-file.h"

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

/* Whether two paths are of one file, which need not be there yet. What is no file keeps nothing
 * that could be lost. */
static gboolean
are_one_file (const char *one, const char *other)
{
  g_autofree char *folder = g_path_get_dirname (one), *name = g_path_get_basename (one);
  g_autofree char *other_folder = g_path_get_dirname (other);
  g_autofree char *other_name = g_path_get_basename (other);
  GStatBuf a, b;

  if (g_stat (one, &a) == 0 && g_stat (other, &b) == 0)
    return S_ISREG (a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
  return g_str_equal (name, other_name) && g_stat (folder, &a) == 0 &&
         g_stat (other_folder, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Of two properties that write into one file, the one that is done last would be all that is left.
 */
static gboolean
check_files (GstElement *element)
{
  static const char *const properties[] = { "report", "prometheus", "save-statistics" };
  char *paths[G_N_ELEMENTS (properties)] = { NULL };
  gboolean fine = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), properties[i]) != NULL)
      g_object_get (element, properties[i], &paths[i], NULL);
  for (guint i = 1; i < G_N_ELEMENTS (properties); i++)
    for (guint k = 0; k < i && fine; k++) {
      fine = paths[i] == NULL || paths[k] == NULL || !are_one_file (paths[i], paths[k]);
      if (!fine)
        GST_ELEMENT_ERROR (element, LIBRARY, SETTINGS,
            ("Properties %s and %s name the same file, %s, and the one would replace the other: "
             "give each a file of its own",
                properties[k], properties[i], paths[i]),
            (NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    g_free (paths[i]);
  return fine;
}

/* --- open and closed --- */

gboolean
gst_generative_reporting_open (GstGenerativeReporting *reporting, GstElement *element)
{
  g_autofree char *report = NULL;
  g_autoptr (GError) error = NULL;

  reporting->element = element;
  if (!check_alert (reporting) || !check_files (element))
    return FALSE;
  GST_OBJECT_LOCK (element);
  report = g_strdup (reporting->report);
  GST_OBJECT_UNLOCK (element);
  reporting->score = gst_generative_score_new (element, report, &error);
  if (reporting->score == NULL) {
    gst_generative_report_post_open_error (element, report, error);
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
  reporting->told = FALSE;
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
  gst_generative_report_post_write_error (reporting->element, error);
  return FALSE;
}

gboolean
gst_generative_reporting_begin_summary (GstGenerativeReporting *reporting)
{
  const gboolean due = !reporting->summarised;

  reporting->summarised = TRUE;
  reporting->told |= due;
  return due;
}

void
gst_generative_reporting_end (GstGenerativeReporting *reporting)
{
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;

  if (reporting->score == NULL || reporting->told || reporting->frame > 0)
    return;
  reporting->told = TRUE;
  summary = json_object_new ();
  json_object_set_int_member (summary, "frames", 0);
  if (!gst_generative_score_summarise (reporting->score, summary, &error))
    gst_generative_report_post_write_error (reporting->element, error);
}

void
gst_generative_reporting_summarise (GstGenerativeReporting *reporting, JsonObject *summary)
{
  g_autoptr (GError) error = NULL;

  if (!gst_generative_score_summarise (reporting->score, summary, &error))
    gst_generative_report_post_write_error (reporting->element, error);
}
