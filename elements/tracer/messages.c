/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function a kind of message, and a line in the list of those that elements make up. Messages are
 * rare: each looks for its counter. */
#include "messages.h"

#include "../shared/score.h"

static void
count_trouble (GstTraceStage *stage, GstMessage *message, const GenCounterFamily *family,
    void (*parse) (GstMessage *, GError **, char **))
{
  g_autoptr (GError) error = NULL;

  parse (message, &error, NULL);
  gen_counter_add (
      gst_trace_stage_take (stage, family, g_quark_to_string (error->domain), NULL), 1);
}

/* The message says how many there have been since a flush. */
static void
count_late (GstTraceStage *stage, GstMessage *message)
{
  GstFormat format;
  guint64 processed, dropped, before;

  gst_message_parse_qos_stats (message, &format, &processed, &dropped);
  if (format != GST_FORMAT_BUFFERS && format != GST_FORMAT_DEFAULT)
    return;
  if (dropped == G_MAXUINT64)
    return;
  before = stage->dropped_late <= dropped ? stage->dropped_late : 0;
  stage->dropped_late = dropped;
  if (dropped > before)
    gen_counter_add (
        gst_trace_stage_take (stage, &gst_trace_dropped, "qos", NULL), dropped - before);
}

/* --- made up by elements --- */

/* GstStructureForeachFunc */
static gboolean
take_figure (GQuark name, const GValue *value, gpointer data)
{
  GstTraceStage *stage = data;
  GValue number = G_VALUE_INIT;

  g_value_init (&number, G_TYPE_DOUBLE);
  if (!G_VALUE_HOLDS_STRING (value) && !G_VALUE_HOLDS_BOOLEAN (value) &&
      g_value_transform (value, &number))
    gen_counter_set (
        gst_trace_stage_take (stage, &gst_trace_training, g_quark_to_string (name), NULL),
        g_value_get_double (&number));
  return TRUE;
}

static void
take_progress (GstTraceStage *stage, const GstStructure *structure)
{
  gst_structure_foreach (structure, take_figure, stage);
}

static void
take_reload (GstTraceStage *stage, const GstStructure *structure)
{
  stage->model_is_new = TRUE;
  gen_counter_add (gst_trace_stage_take (stage, &gst_trace_reloads, NULL, NULL), 1);
}

static void
take_gate (GstTraceStage *stage, const GstStructure *structure)
{
  const char *state = gst_structure_get_string (structure, "state");

  gen_counter_set (gst_trace_stage_take (stage, &gst_trace_gate_closed, NULL, NULL),
      g_strcmp0 (state, "closed") == 0);
}

static void
take_alert (GstTraceStage *stage, const GstStructure *structure)
{
  const char *condition = gst_structure_get_string (structure, "condition");
  const gboolean begins = g_strcmp0 (gst_structure_get_string (structure, "state"), "begin") == 0;

  if (condition == NULL)
    return;
  gen_counter_set (gst_trace_stage_take (stage, &gst_trace_alert_active, condition, NULL), begins);
  gen_counter_add (gst_trace_stage_take (stage, &gst_trace_alerts, condition, NULL), begins);
}

static const struct {
  const char *name;
  void (*take) (GstTraceStage *stage, const GstStructure *structure);
} made_up[] = {
  { "classifier-reload", take_reload },
  { "content-gate", take_gate },
  { "discriminator-reload", take_reload },
  { "gantrainer-progress", take_progress },
  { "gantrainer-validation", take_progress },
  { "generator-reload", take_reload },
  { "modeltrainer-progress", take_progress },
  { "modeltrainer-validation", take_progress },
  { GST_GENERATIVE_ALERT, take_alert },
};

static void
take_made_up (GstTraceStage *stage, const GstStructure *structure)
{
  for (guint i = 0; structure != NULL && i < G_N_ELEMENTS (made_up); i++)
    if (gst_structure_has_name (structure, made_up[i].name))
      made_up[i].take (stage, structure);
}

void
gst_trace_message (GstTrace *trace, GstElement *element, GstMessage *message)
{
  GstTraceStage *stage;

  if (GST_MESSAGE_SRC (message) != GST_OBJECT_CAST (element))
    return;
  switch (GST_MESSAGE_TYPE (message)) {
  case GST_MESSAGE_ERROR:
    stage = gst_trace_stage_of (trace, element);
    count_trouble (stage, message, &gst_trace_errors, gst_message_parse_error);
    break;
  case GST_MESSAGE_WARNING:
    stage = gst_trace_stage_of (trace, element);
    count_trouble (stage, message, &gst_trace_warnings, gst_message_parse_warning);
    break;
  case GST_MESSAGE_QOS:
    stage = gst_trace_stage_of (trace, element);
    count_late (stage, message);
    break;
  case GST_MESSAGE_ELEMENT:
    stage = gst_trace_stage_of (trace, element);
    take_made_up (stage, gst_message_get_structure (message));
    break;
  default:
    break;
  }
}
