/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The meter of qualitycompare, of pictures, of sounds or of both, and what it tells. */
#include "qualitycompare.h"

#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

static void
post_meter_error (GstQualityCompare *self, const GError *error)
{
  if (g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED))
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  else if (g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER))
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property scorer: %s", error->message), (NULL));
  else if (error->domain == GEN_METRIC_ERROR)
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property metrics: %s", error->message), (NULL));
  else
    gst_generative_post_error (GST_ELEMENT (self), error);
}

/* A meter of `medium` that judges by `reference`, and its scorers, in the place of others. */
static gboolean
set_media (
    GstQualityCompare *self, const GenMedium *medium, const GenMedium *reference, GError **error)
{
  g_autofree char *metrics = NULL, *scorer = NULL;
  GenMeterSettings settings = { .medium = medium, .reference_medium = reference, .judges = TRUE };

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  scorer = g_strdup (self->scorer);
  settings.interval = self->interval;
  settings.recent = self->recent;
  GST_OBJECT_UNLOCK (self);
  settings.metrics = metrics;
  gst_quality_compare_close_meter (self);
  self->medium = medium;
  self->reference_medium = reference;
  self->scorers = gst_generative_scorers_open (scorer, medium, error);
  if (self->scorers == NULL)
    return FALSE;
  settings.scorers = (GenScorer *const *)self->scorers->pdata;
  self->meter = gen_meter_new (&settings, error);
  return self->meter != NULL;
}

void
gst_quality_compare_close_meter (GstQualityCompare *self)
{
  gst_quality_compare_close_examples (self);
  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->scorers, g_ptr_array_unref);
}

/* What the metrics tell of media, each NULL where they do not. */
static void
find_told (GstQualityCompare *self, const GenMedium **medium, const GenMedium **reference)
{
  g_autofree char *metrics = NULL;

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  GST_OBJECT_UNLOCK (self);
  *medium = gen_metric_find_medium (metrics);
  *reference = gen_metric_find_reference_medium (metrics);
}

/* Of the media that the metrics tell, or of any for which the scorers are. */
static gboolean
open_any (GstQualityCompare *self, GError **error)
{
  const GenMedium *told, *medium, *reference;

  find_told (self, &told, &reference);
  medium = told != NULL ? told : &gen_medium_picture;
  if (set_media (self, medium, reference != NULL ? reference : medium, error))
    return TRUE;
  if (told == NULL && set_media (self, &gen_medium_sound, &gen_medium_sound, NULL))
    g_clear_error (error);
  return self->meter != NULL;
}

gboolean
gst_quality_compare_open_meter (GstQualityCompare *self)
{
  g_autoptr (GError) error = NULL;

  if (open_any (self, &error)) {
    gst_generative_scorers_warn (GST_ELEMENT (self), self->scorers);
    return TRUE;
  }
  post_meter_error (self, error);
  gst_quality_compare_close_meter (self);
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
  self->untold = FALSE;
  return gst_generative_reporting_set_fields (
      &self->reporting, (const GenField *)all->data, all->len);
}

static const GenMedium *
medium_of (const GstQualitySide *side)
{
  return side->format.is_sound ? &gen_medium_sound : &gen_medium_picture;
}

/* By what is judged: sound by sound alone, and pictures by what there is, or else is told. */
static const GenMedium *
find_reference_medium (GstQualityCompare *self, const GenMedium *medium)
{
  const GenMedium *told_medium, *told;

  if (medium == &gen_medium_sound)
    return medium;
  if (self->reference.has_format)
    return medium_of (&self->reference);
  find_told (self, &told_medium, &told);
  return told != NULL && told_medium == medium ? told : medium;
}

gboolean
gst_quality_compare_prepare_meter (GstQualityCompare *self)
{
  const GenMedium *medium = medium_of (&self->judged);
  const GenMedium *reference = find_reference_medium (self, medium);
  g_autoptr (GError) error = NULL;

  if (self->meter == NULL || self->medium != medium || self->reference_medium != reference) {
    gst_quality_compare_summarise (self);
    if (!set_media (self, medium, reference, &error)) {
      post_meter_error (self, error);
      return FALSE;
    }
    gst_quality_compare_begin_examples (self);
  } else if (self->examples == NULL) {
    gst_quality_compare_begin_examples (self);
  }
  /* What figures there are, which an alert may be on, is known when it is known what the reference
   * is, and that may be never. */
  self->untold = medium == &gen_medium_picture && !self->reference.has_format;
  return self->untold || set_fields (self);
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
  g_autoptr (GError) error = NULL;
  double *values;
  guint n;

  if (self->untold && !set_fields (self))
    return FALSE;
  values = own_values (self);
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
  if (gen_meter_judge (self->meter, sample, reference, values, &error)) {
    gst_quality_compare_take_example (self, sample, reference, time, values);
    return TRUE;
  }
  post_meter_error (self, error);
  return FALSE;
}

/* What was told, and what belonged to nothing. */
void
gst_quality_compare_summarise (GstQualityCompare *self)
{
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;

  if (self->meter == NULL || !gst_generative_reporting_begin_summary (&self->reporting))
    return;
  summary = gen_meter_summarise (self->meter, &error);
  if (summary == NULL) {
    post_meter_error (self, error);
    return;
  }
  gst_quality_compare_save_examples (self);
  json_object_set_int_member (summary, "without-reference", (gint64)self->alone);
  if (self->medium == &gen_medium_picture && self->reference_medium == self->medium) {
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
