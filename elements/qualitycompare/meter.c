/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The meter of qualitycompare, of pictures or of sounds, and what it tells. */
#include "qualitycompare.h"

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

static void
post_meter_error (GstQualityCompare *self, const GError *error)
{
  if (error->domain == GEN_METRIC_ERROR &&
      !g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED))
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property metrics: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
}

/* A meter of `medium`, in the place of another one. */
static gboolean
set_medium (GstQualityCompare *self, const GenMedium *medium, GError **error)
{
  g_autofree char *metrics = NULL;
  GenMeterSettings settings = { .medium = medium, .judges = TRUE };

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  settings.interval = self->interval;
  settings.recent = self->recent;
  GST_OBJECT_UNLOCK (self);
  settings.metrics = metrics;
  gst_quality_compare_close_meter (self);
  self->medium = medium;
  self->meter = gen_meter_new (&settings, error);
  return self->meter != NULL;
}

void
gst_quality_compare_close_meter (GstQualityCompare *self)
{
  g_clear_pointer (&self->meter, gen_meter_free);
}

/* Of the medium that the metrics tell, or of any. */
gboolean
gst_quality_compare_open_meter (GstQualityCompare *self)
{
  g_autofree char *metrics = NULL;
  g_autoptr (GError) error = NULL;
  const GenMedium *told;

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  GST_OBJECT_UNLOCK (self);
  told = gen_metric_find_medium (metrics);
  if (set_medium (self, told != NULL ? told : &gen_medium_picture, &error))
    return TRUE;
  post_meter_error (self, error);
  return FALSE;
}

/* The reporting's fields: when the partner begins, and the meter's figures. */
static gboolean
set_fields (GstQualityCompare *self)
{
  const GenField own = { "reference-time", GEN_FIELD_COUNT, NULL,
    "the reference has nothing at that time" };
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (GenField));
  const GenField *fields;
  guint n;

  g_array_append_val (all, own);
  fields = gen_meter_fields (self->meter, &n);
  g_array_append_vals (all, fields, n);
  return gst_generative_reporting_set_fields (
      &self->reporting, (const GenField *)all->data, all->len);
}

gboolean
gst_quality_compare_prepare_meter (GstQualityCompare *self, const GstScoreFormat *format)
{
  const GenMedium *medium = format->is_sound ? &gen_medium_sound : &gen_medium_picture;
  g_autoptr (GError) error = NULL;

  if (self->meter == NULL || self->medium != medium) {
    gst_quality_compare_summarise (self);
    if (!set_medium (self, medium, &error)) {
      post_meter_error (self, error);
      return FALSE;
    }
  }
  return set_fields (self);
}

/* The figures' place among the values. */
static double *
own_values (GstQualityCompare *self)
{
  return self->reporting.values + GST_QUALITY_COMPARE_OWN_FIELDS;
}

gboolean
gst_quality_compare_judge (GstQualityCompare *self, const GenSample *sample,
    const GenSample *reference, gint64 time, gint64 reference_time)
{
  double *values = own_values (self);
  g_autoptr (GError) error = NULL;
  guint n;

  self->reporting.summarised = FALSE;
  gen_meter_fields (self->meter, &n);
  if (reference == NULL) {
    self->alone++;
    self->reporting.values[0] = GEN_MISSING;
    for (guint i = 0; i < n; i++)
      values[i] = NAN;
    return TRUE;
  }
  self->reporting.values[0] = (double)reference_time;
  gen_meter_set_time (self->meter, (guint64)MAX (time, 0));
  if (gen_meter_judge (self->meter, sample, reference, values, &error))
    return TRUE;
  post_meter_error (self, error);
  return FALSE;
}

/* What was told, and what belonged to nothing. */
void
gst_quality_compare_summarise (GstQualityCompare *self)
{
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;

  if (!gst_generative_reporting_begin_summary (&self->reporting))
    return;
  summary = gen_meter_summarise (self->meter, &error);
  if (summary == NULL) {
    post_meter_error (self, error);
    return;
  }
  json_object_set_int_member (summary, "without-reference", (gint64)self->alone);
  if (self->medium == &gen_medium_picture) {
    json_object_set_int_member (summary, "reference-unused", (gint64)self->unused);
    json_object_set_int_member (summary, "reference-used-again", (gint64)self->used_again);
  }
  json_object_set_boolean_member (summary, "reference-goes-on", self->goes_on);
  json_object_set_int_member (summary, "offset", gst_quality_compare_get_offset (self));
  if (self->likeness > 0)
    json_object_set_double_member (summary, "offset-likeness", self->likeness);
  gst_generative_reporting_summarise (&self->reporting, summary);
}

void
gst_quality_compare_interrupt (GstQualityCompare *self)
{
  if (self->meter != NULL)
    gen_meter_interrupt (self->meter);
  if (self->reporting.score != NULL)
    gst_generative_reporting_interrupt (&self->reporting);
}
