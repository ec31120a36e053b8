/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What elements measured, on the buffer, on the bus and in a report. All are made from one array
 * of numbers, so that they cannot differ; nothing is made that nobody asked for. */
#include "score.h"

#include <math.h>

struct _GstGenerativeScore {
  GstElement *element; /* not owned: it owns us */
  GenField *fields;
  const char **missing; /* the name of each field's reason; interned */
  guint n_fields;
  GenReport *report;
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
  if (score->report != NULL)
    gen_report_set_fields (score->report, score->fields, n_fields);
}

void
gst_generative_score_free (GstGenerativeScore *score)
{
  if (score == NULL)
    return;
  g_clear_pointer (&score->report, gen_report_free);
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
  return score->report == NULL ||
         gen_report_add (score->report, measurement->frame, measurement->pts, values, error);
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

gboolean
gst_generative_score_summarise (GstGenerativeScore *score, JsonObject *summary, GError **error)
{
  GstStructure *structure = gst_structure_new_empty (GST_GENERATIVE_SUMMARY);

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
