/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements measured, on the buffer, on the bus and in a report. All are made from one array
 * of numbers, so that they cannot differ; nothing is made that nobody asked for. */
#include "score.h"

#include <generative/exposition.h>
#include <math.h>

struct _GstGenerativeScore {
  GstElement *element; /* not owned: it owns us */
  GenField *fields;
  const char **missing; /* the name of each field's reason; interned */
  guint n_fields;
  GenReport *report;
  GenAlerts *alerts;         /* NULL: none */
  GenExposition *exposition; /* NULL: none */
  guint64 frames;            /* that were told of */
};

static void
register_meta (void)
{
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    static const char *tags[] = { NULL };

    /* Without tags, it stays with a frame whatever is done to the picture. */
    if (gst_meta_get_info (GST_GENERATIVE_SCORE) == NULL)
      gst_meta_register_custom (GST_GENERATIVE_SCORE, tags, NULL, NULL, NULL);
    if (gst_meta_get_info (GST_GENERATIVE_PART_SCORES) == NULL)
      gst_meta_register_custom (GST_GENERATIVE_PART_SCORES, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

GstGenerativeScore *
gst_generative_score_new (GstElement *element, const char *report, GError **error)
{
  GstGenerativeScore *score;
  GenReport *writer = NULL;

  register_meta ();
  if (report != NULL && (writer = gen_report_new (report, NULL, 0, error)) == NULL)
    return NULL;
  score = g_new0 (GstGenerativeScore, 1);
  score->element = element;
  score->report = writer;
  return score;
}

void
gst_generative_score_set_fields (GstGenerativeScore *score, const GenField *fields, guint n_fields)
{
  g_free (score->fields);
  g_free (score->missing);
  score->n_fields = n_fields;
  score->fields = g_new (GenField, n_fields);
  score->missing = g_new (const char *, n_fields);
  for (guint i = 0; i < n_fields; i++) {
    g_autofree char *missing = g_strconcat (fields[i].name, "-missing", NULL);

    score->fields[i] = (GenField){ g_intern_string (fields[i].name), fields[i].type,
      g_intern_string (fields[i].text), g_intern_string (fields[i].missing) };
    score->missing[i] = g_intern_string (missing);
  }
  g_clear_pointer (&score->alerts, gen_alerts_free);
  if (score->report != NULL)
    gen_report_set_fields (score->report, score->fields, n_fields);
  if (score->exposition != NULL)
    gen_exposition_set_fields (score->exposition, score->fields, n_fields);
}

void
gst_generative_score_free (GstGenerativeScore *score)
{
  if (score == NULL)
    return;
  g_clear_pointer (&score->report, gen_report_free);
  g_clear_pointer (&score->alerts, gen_alerts_free);
  g_clear_pointer (&score->exposition, gen_exposition_free);
  g_free (score->fields);
  g_free (score->missing);
  g_free (score);
}

static void
set_fields (const GstGenerativeScore *score, GstStructure *structure, const double *values)
{
  GValue number = G_VALUE_INIT, count = G_VALUE_INIT, text = G_VALUE_INIT;

  g_value_init (&number, G_TYPE_DOUBLE);
  g_value_init (&count, G_TYPE_INT64);
  g_value_init (&text, G_TYPE_STRING);
  for (guint i = 0; i < score->n_fields; i++) {
    const GenField *field = &score->fields[i];

    if (isnan (values[i]))
      continue;
    if (isinf (values[i])) {
      g_value_set_static_string (&text, gen_field_missing (field));
      gst_structure_set_value (structure, score->missing[i], &text);
      continue;
    }
    switch (field->type) {
    case GEN_FIELD_NUMBER:
      g_value_set_double (&number, values[i]);
      gst_structure_set_value (structure, field->name, &number);
      break;
    case GEN_FIELD_COUNT:
      g_value_set_int64 (&count, (gint64)values[i]);
      gst_structure_set_value (structure, field->name, &count);
      break;
    case GEN_FIELD_TEXT:
      g_value_set_static_string (&text, field->text);
      gst_structure_set_value (structure, field->name, &text);
      break;
    }
  }
}

/* The meta of the buffer's measurement number `nth`, which may be the first to be told. */
static GstCustomMeta *
find_meta (GstBuffer *buffer, guint nth)
{
  const GstMetaInfo *info = gst_meta_get_info (GST_GENERATIVE_SCORE);
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL)
    if (meta->info == info && nth-- == 0)
      return (GstCustomMeta *)meta;
  return gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_SCORE);
}

/* --- alerts --- */

typedef struct {
  GstGenerativeScore *score;
  guint64 frame;
  GError *error; /* of the report */
} Watch;

static JsonObject *
alert_to_json (const GenAlertChange *change, guint64 frame)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "condition", change->condition);
  json_object_set_string_member (object, "name", change->name);
  json_object_set_string_member (object, "state", change->begins ? "begin" : "end");
  gen_json_set_number (object, "value", change->value);
  gen_json_set_number (object, "bound", change->bound);
  if (change->since != G_MAXUINT64)
    json_object_set_int_member (object, "since", (gint64)change->since);
  if (change->pts != G_MAXUINT64)
    json_object_set_int_member (object, "pts", (gint64)change->pts);
  json_object_set_int_member (object, "frame", (gint64)frame);
  return object;
}

/* GenAlertFunc */
static void
tell_alert (const GenAlertChange *change, gpointer data)
{
  Watch *watch = data;
  GstElement *element = watch->score->element;
  g_autoptr (JsonObject) object = alert_to_json (change, watch->frame);
  GstStructure *structure = gst_structure_new (GST_GENERATIVE_ALERT, "condition", G_TYPE_STRING,
      change->condition, "name", G_TYPE_STRING, change->name, "state", G_TYPE_STRING,
      change->begins ? "begin" : "end", "value", G_TYPE_DOUBLE, change->value, "bound",
      G_TYPE_DOUBLE, change->bound, "since", G_TYPE_UINT64, change->since, "pts", G_TYPE_UINT64,
      change->pts, "frame", G_TYPE_UINT64, watch->frame, NULL);

  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (element), structure));
  if (watch->error == NULL)
    gst_generative_score_add_object (watch->score, "alert", object, &watch->error);
}

gboolean
gst_generative_score_watch (GstGenerativeScore *score, const char *text, GError **error)
{
  g_autoptr (GenAlerts) alerts = NULL;
  Watch watch = { score, score->frames, NULL };

  if (text != NULL && *text != '\0') {
    alerts = gen_alerts_parse (text, error);
    if (alerts == NULL || !gen_alerts_bind (alerts, score->fields, score->n_fields, error))
      return FALSE;
  }
  if (score->alerts != NULL)
    gen_alerts_end (score->alerts, tell_alert, &watch);
  g_clear_error (&watch.error); /* the next measurement tells it */
  g_clear_pointer (&score->alerts, gen_alerts_free);
  score->alerts = g_steal_pointer (&alerts);
  return TRUE;
}

/* What follows from figures, once they are told. */
static gboolean
follow_up (
    GstGenerativeScore *score, guint64 frame, guint64 pts, const double *values, GError **error)
{
  Watch watch = { score, frame, NULL };
  g_autoptr (GError) failure = NULL;

  if (score->alerts != NULL)
    gen_alerts_check (score->alerts, pts, values, tell_alert, &watch);
  /* Who only looks on stops nothing. */
  if (score->exposition != NULL &&
      !gen_exposition_put (score->exposition, score->frames, values, score->alerts, &failure))
    GST_ELEMENT_WARNING (
        score->element, RESOURCE, WRITE, ("Property prometheus: %s", failure->message), (NULL));
  if (watch.error == NULL)
    return TRUE;
  g_propagate_error (error, watch.error);
  return FALSE;
}

void
gst_generative_score_interrupt (GstGenerativeScore *score)
{
  if (score->alerts != NULL)
    gen_alerts_interrupt (score->alerts);
}

gboolean
gst_generative_score_expose (GstGenerativeScore *score, const char *path, GError **error)
{
  score->exposition = gen_exposition_new (path, GST_OBJECT_NAME (score->element), error);
  if (score->exposition == NULL)
    return FALSE;
  gen_exposition_set_fields (score->exposition, score->fields, score->n_fields);
  return TRUE;
}

gboolean
gst_generative_score_add_object (
    GstGenerativeScore *score, const char *name, JsonObject *object, GError **error)
{
  return score->report == NULL || gen_report_add_object (score->report, name, object, error);
}

/* --- measurements --- */

gboolean
gst_generative_score_emit (GstGenerativeScore *score, GstBuffer *buffer,
    const GstGenerativeMeasurement *measurement, gboolean post, GError **error)
{
  const double *values = measurement->values;
  guint n = 0;

  for (guint i = 0; i < score->n_fields; i++)
    n += !isnan (values[i]);
  if (n == 0)
    return TRUE;

  if (buffer != NULL)
    set_fields (
        score, gst_custom_meta_get_structure (find_meta (buffer, measurement->nth)), values);

  if (post) {
    GstStructure *structure = gst_structure_new (GST_GENERATIVE_SCORE, "frame", G_TYPE_UINT64,
        measurement->frame, "pts", G_TYPE_UINT64, measurement->pts, NULL);

    set_fields (score, structure, values);
    gst_element_post_message (
        score->element, gst_message_new_element (GST_OBJECT (score->element), structure));
  }
  score->frames++;
  if (score->report != NULL &&
      !gen_report_add (score->report, measurement->frame, measurement->pts, values, error))
    return FALSE;
  return follow_up (score, measurement->frame, measurement->pts, values, error);
}

void
gst_generative_score_set_repeated (GstBuffer *buffer)
{
  gst_structure_set (gst_custom_meta_get_structure (find_meta (buffer, 0)), "repeated",
      G_TYPE_INT64, G_GINT64_CONSTANT (1), NULL);
}

static void object_to_structure (JsonObject *object, GstStructure *structure);

static gboolean
node_to_value (JsonNode *node, GValue *value)
{
  switch (json_node_get_node_type (node)) {
  case JSON_NODE_VALUE:
    json_node_get_value (node, value);
    return TRUE;
  case JSON_NODE_OBJECT: {
    g_autoptr (GstStructure) inner = gst_structure_new_empty ("values");

    object_to_structure (json_node_get_object (node), inner);
    g_value_init (value, GST_TYPE_STRUCTURE);
    gst_value_set_structure (value, inner);
    return TRUE;
  }
  case JSON_NODE_ARRAY: {
    JsonArray *array = json_node_get_array (node);

    g_value_init (value, GST_TYPE_ARRAY);
    for (guint i = 0; i < json_array_get_length (array); i++) {
      GValue element = G_VALUE_INIT;

      if (node_to_value (json_array_get_element (array, i), &element))
        gst_value_array_append_and_take_value (value, &element);
    }
    return TRUE;
  }
  default:
    return FALSE;
  }
}

static void
object_to_structure (JsonObject *object, GstStructure *structure)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    GValue value = G_VALUE_INIT;

    if (node_to_value (node, &value))
      gst_structure_take_value (structure, name, &value);
  }
}

/* Figures over all that the summary alone may tell: values as a measurement has them. */
static void
read_summary (const GstGenerativeScore *score, JsonObject *summary, double *values)
{
  for (guint i = 0; i < score->n_fields; i++) {
    JsonNode *node = json_object_get_member (summary, score->fields[i].name);

    values[i] =
        node != NULL && score->fields[i].type != GEN_FIELD_TEXT && JSON_NODE_HOLDS_VALUE (node)
            ? json_node_get_double (node)
            : NAN;
  }
}

gboolean
gst_generative_score_summarise (GstGenerativeScore *score, JsonObject *summary, GError **error)
{
  GstStructure *structure = gst_structure_new_empty (GST_GENERATIVE_SUMMARY);
  g_autofree double *values = g_new (double, score->n_fields);

  read_summary (score, summary, values);
  if (!follow_up (score, score->frames, G_MAXUINT64, values, error))
    return FALSE;
  if (score->alerts != NULL)
    json_object_set_array_member (summary, "alerts", gen_alerts_to_json (score->alerts));
  object_to_structure (summary, structure);
  gst_element_post_message (
      score->element, gst_message_new_element (GST_OBJECT (score->element), structure));
  return score->report == NULL || gen_report_summarise (score->report, summary, error);
}

const GstStructure *
gst_generative_score_get (GstBuffer *buffer)
{
  GstCustomMeta *meta;

  register_meta ();
  meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_SCORE);
  return meta != NULL ? gst_custom_meta_get_structure (meta) : NULL;
}

/* --- parts --- */

void
gst_generative_score_set_parts (GstBuffer *buffer, const float *scores, guint n)
{
  GValue array = G_VALUE_INIT, score = G_VALUE_INIT;
  GstCustomMeta *meta;

  register_meta ();
  gst_value_array_init (&array, n);
  g_value_init (&score, G_TYPE_DOUBLE);
  for (guint i = 0; i < n; i++) {
    g_value_set_double (&score, (double)scores[i]);
    gst_value_array_append_value (&array, &score);
  }
  meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_PART_SCORES);
  if (meta == NULL)
    meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_PART_SCORES);
  gst_structure_take_value (gst_custom_meta_get_structure (meta), "scores", &array);
}

gboolean
gst_generative_score_get_part (GstBuffer *buffer, guint part, guint n, double *score)
{
  GstCustomMeta *meta;
  const GValue *scores;

  register_meta ();
  meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_PART_SCORES);
  scores = meta != NULL ? gst_structure_get_value (gst_custom_meta_get_structure (meta), "scores")
                        : NULL;
  if (scores == NULL || gst_value_array_get_size (scores) != n)
    return FALSE;
  *score = g_value_get_double (gst_value_array_get_value (scores, part));
  return isfinite (*score);
}
