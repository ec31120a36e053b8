/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark-report.h"

#include "mark-key.h"
#include "report-file.h"

#define DEFAULT_KEY NULL
#define DEFAULT_REPORT NULL

/* --- properties --- */

static void
register_meta (void)
{
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    static const char *tags[] = { NULL };

    /* Without tags, it stays with a frame whatever is done to it. */
    if (gst_meta_get_info (GST_GENERATIVE_MARK) == NULL)
      gst_meta_register_custom (GST_GENERATIVE_MARK, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

void
gst_generative_mark_report_install (GObjectClass *klass, guint first)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  register_meta ();
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_REPORT_KEY,
      g_param_spec_string ("key", "Key",
          "File of the secret that marks were made by, which nobody else may be able to read "
          "(chmod 600; unset: an error)",
          DEFAULT_KEY, flags));
  g_object_class_install_property (klass, first + GST_GENERATIVE_MARK_REPORT_REPORT,
      g_param_spec_string ("report", "Report",
          "File to write what is found to, as JSON Lines, the last one the summary; each element "
          "has one of its own (unset: none)",
          DEFAULT_REPORT, flags));
}

void
gst_generative_mark_report_init (GstGenerativeMarkReport *report)
{
  *report =
      (GstGenerativeMarkReport){ .key = g_strdup (DEFAULT_KEY), .path = g_strdup (DEFAULT_REPORT) };
}

void
gst_generative_mark_report_clear (GstGenerativeMarkReport *report)
{
  g_free (report->key);
  g_free (report->path);
}

/* NULL: there is no such property. */
static char **
find_text (GstGenerativeMarkReport *report, guint number)
{
  return number == GST_GENERATIVE_MARK_REPORT_KEY      ? &report->key
         : number == GST_GENERATIVE_MARK_REPORT_REPORT ? &report->path
                                                       : NULL;
}

gboolean
gst_generative_mark_report_set (
    GstGenerativeMarkReport *report, gpointer element, guint number, const GValue *value)
{
  char **text = find_text (report, number);

  if (text == NULL)
    return FALSE;
  GST_OBJECT_LOCK (element);
  g_free (*text);
  *text = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (element);
  return TRUE;
}

gboolean
gst_generative_mark_report_get (
    GstGenerativeMarkReport *report, gpointer element, guint number, GValue *value)
{
  char **text = find_text (report, number);

  if (text == NULL)
    return FALSE;
  GST_OBJECT_LOCK (element);
  g_value_set_string (value, *text);
  GST_OBJECT_UNLOCK (element);
  return TRUE;
}

/* --- what was found --- */

static void
set_payload (GstStructure *structure, const GenMarkSpan *span)
{
  g_autofree char *payload = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", span->bits);
  g_autofree char *model = g_strdup_printf ("%05x", span->payload.model_id);

  gst_structure_set (structure, "payload", G_TYPE_STRING, payload, "operator", G_TYPE_UINT,
      span->payload.operator_id, "model", G_TYPE_STRING, model, "time", G_TYPE_INT64,
      span->payload.time, NULL);
}

static void
fail (GstGenerativeMarkReport *report, const GError *error)
{
  report->failed = TRUE;
  gst_generative_report_post_write_error (report->element, error);
}

static void
write_span (GstGenerativeMarkReport *report, const GenMarkSpan *span)
{
  g_autoptr (JsonObject) object = gen_mark_span_to_json (span);
  g_autoptr (GError) error = NULL;

  if (report->report != NULL && !report->failed &&
      !gen_report_add_object (report->report, "mark", object, &error))
    fail (report, error);
}

/* GenMarkSpanFunc */
static void
tell_span (const GenMarkSpan *span, gboolean ended, gpointer data)
{
  GstGenerativeMarkReport *report = data;
  GstElement *element = report->element;
  GstStructure *structure = gst_structure_new (GST_GENERATIVE_MARK, "ended", G_TYPE_BOOLEAN, ended,
      "begin", G_TYPE_UINT64, (guint64)span->begin, "end", G_TYPE_UINT64, (guint64)span->end,
      "windows", G_TYPE_UINT, span->windows, "deviations", G_TYPE_DOUBLE, span->deviations,
      "errors", G_TYPE_DOUBLE, span->errors, NULL);

  if (span->speed > 0)
    gst_structure_set (structure, "speed", G_TYPE_DOUBLE, span->speed, NULL);
  else
    gst_structure_set (structure, "scale-across", G_TYPE_DOUBLE, span->scale_across, "scale-down",
        G_TYPE_DOUBLE, span->scale_down, "rotation", G_TYPE_DOUBLE, span->rotation, "left",
        G_TYPE_DOUBLE, span->left, "top", G_TYPE_DOUBLE, span->top, "right", G_TYPE_DOUBLE,
        span->right, "bottom", G_TYPE_DOUBLE, span->bottom, NULL);
  set_payload (structure, span);
  GST_CAT_INFO_OBJECT (report->category, element, "%" GST_PTR_FORMAT, structure);
  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element), structure));
  if (!ended)
    return;
  report->n_spans++;
  report->marked += (double)(span->end - span->begin) / GST_SECOND;
  write_span (report, span);
}

void
gst_generative_mark_report_add_meta (GstGenerativeMarkReport *report, GstBuffer *buffer)
{
  const GenMarkSpan *span = gen_mark_spans_get (report->spans);
  GstCustomMeta *meta;

  if (span == NULL)
    return;
  meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_MARK);
  if (meta == NULL)
    meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_MARK);
  set_payload (gst_custom_meta_get_structure (meta), span);
}

gboolean
gst_generative_mark_report_count (GstGenerativeMarkReport *report, guint64 frames)
{
  report->frames += frames;
  report->unsummarised = TRUE;
  return !report->failed;
}

void
gst_generative_mark_report_summarise (GstGenerativeMarkReport *report)
{
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;

  if (report->report == NULL || !report->unsummarised || report->failed)
    return;
  report->unsummarised = FALSE;
  summary = json_object_new ();
  json_object_set_int_member (summary, "frames", (gint64)report->frames);
  json_object_set_int_member (summary, "marks", report->n_spans);
  json_object_set_double_member (summary, "marked-seconds", report->marked);
  if (report->hears)
    json_object_set_double_member (summary, "silent-seconds", report->silent);
  if (!gen_report_summarise (report->report, summary, &error))
    fail (report, error);
}

gboolean
gst_generative_mark_report_take_event (
    GstGenerativeMarkReport *report, GstEvent *event, void (*end) (gpointer element))
{
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_EOS:
  case GST_EVENT_FLUSH_STOP:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_STREAM_START:
    end (report->element);
    break;
  default:
    return FALSE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_generative_mark_report_summarise (report);
  return TRUE;
}

/* --- open and closed --- */

static gboolean
open_file (GstGenerativeMarkReport *report, const char *path)
{
  g_autoptr (GError) error = NULL;

  if (path == NULL || (report->report = gen_report_new (path, NULL, 0, &error)) != NULL)
    return TRUE;
  gst_generative_report_post_open_error (report->element, path, error);
  return FALSE;
}

GenMarkKey *
gst_generative_mark_report_open (
    GstGenerativeMarkReport *report, GstElement *element, GstDebugCategory *category)
{
  g_autoptr (GenMarkKey) key = NULL;
  g_autofree char *key_path = NULL, *path = NULL;

  report->element = element;
  report->category = category;
  GST_OBJECT_LOCK (element);
  key_path = g_strdup (report->key);
  path = g_strdup (report->path);
  GST_OBJECT_UNLOCK (element);
  key = gst_generative_mark_key_load (element, key_path);
  if (key == NULL || !open_file (report, path))
    return NULL;
  report->spans = gen_mark_spans_new (tell_span, report);
  report->frames = report->n_spans = 0;
  report->marked = report->silent = 0;
  report->failed = FALSE;
  report->unsummarised = TRUE;
  return g_steal_pointer (&key);
}

void
gst_generative_mark_report_close (GstGenerativeMarkReport *report)
{
  g_clear_pointer (&report->spans, gen_mark_spans_free);
  g_clear_pointer (&report->report, gen_report_free);
}
