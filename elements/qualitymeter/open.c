/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The meter of qualitymeter, of pictures or of sounds, and what it compares with. */
#include "qualitymeter.h"

#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (quality_meter_debug);
#define GST_CAT_DEFAULT quality_meter_debug

/* A file of the reference is damaged. */
static void
tell_left_out (const GError *why, gpointer data)
{
  GST_ELEMENT_WARNING (
      data, RESOURCE, READ, ("Property reference: left out: %s", why->message), (NULL));
}

/* A meter of the medium as the properties ask for, without its reference. */
static GenMeter *
make_meter (GstQualityMeter *self, GError **error)
{
  int n_classes = self->dataset != NULL ? gen_dataset_get_label_count (self->dataset) : 0;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *metrics = NULL;
  GenMeterSettings settings = { 0 };

  for (int label = 0; label < n_classes; label++)
    g_ptr_array_add (names, (char *)gen_dataset_get_label_name (self->dataset, label));
  g_ptr_array_add (names, NULL);

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  settings.collects = self->save_statistics != NULL;
  settings.tile_width = (int)self->tile_width;
  settings.tile_height = (int)self->tile_height;
  settings.interval = self->interval;
  settings.recent = self->recent;
  settings.seed = self->seed;
  GST_OBJECT_UNLOCK (self);
  settings.medium = self->medium;
  settings.follows = self->medium == &gen_medium_sound;
  settings.metrics = metrics;
  settings.features = self->features;
  settings.has_reference = self->dataset != NULL;
  settings.has_labels = n_classes > 0;
  settings.statistics = self->statistics.mean != NULL ? &self->statistics : NULL;
  settings.class_names = (const char *const *)names->pdata;
  settings.left_out = tell_left_out;
  settings.data = self;
  return gen_meter_new (&settings, error);
}

/* Features and a meter of `medium`, in the place of others. Where there are no features it is these
 * that `error` is of. */
static gboolean
set_medium (GstQualityMeter *self, const GenMedium *medium, GError **error)
{
  g_autofree char *embedder = NULL, *resizing = NULL;

  GST_OBJECT_LOCK (self);
  embedder = g_strdup (self->embedder);
  resizing = g_strdup (self->resizing);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->features, gen_features_free);
  self->medium = medium;
  self->format = (GenFormat){ 0 };
  self->features = gen_features_open (embedder, medium, error);
  if (self->features == NULL)
    g_prefix_error (error, "Property embedder: ");
  else if (resizing != NULL && !gen_features_set_resizing (self->features, resizing, error)) {
    g_prefix_error (error, "Property embedder-resizing: ");
    g_clear_pointer (&self->features, gen_features_free);
  }
  if (self->features != NULL)
    self->meter = make_meter (self, error);
  return self->meter != NULL;
}

static gboolean
open_reference (GstQualityMeter *self)
{
  g_autofree char *reference = NULL, *lower = NULL;
  g_autoptr (GError) error = NULL;
  GenDatasetSettings sheet;

  GST_OBJECT_LOCK (self);
  reference = g_strdup (self->reference);
  sheet = self->sheet;
  GST_OBJECT_UNLOCK (self);
  if (reference == NULL)
    return TRUE;

  lower = g_ascii_strdown (reference, -1);
  if (g_str_has_suffix (lower, ".npz") && !g_file_test (reference, G_FILE_TEST_IS_DIR)) {
    if (gen_statistics_load (&self->statistics, reference, &error))
      return TRUE;
  } else {
    self->dataset = gen_dataset_open (reference, &sheet, &error);
    if (self->dataset != NULL)
      return TRUE;
  }
  if (!g_file_test (reference, G_FILE_TEST_EXISTS))
    GST_ELEMENT_ERROR (
        self, RESOURCE, NOT_FOUND, ("Property reference: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (
        self, RESOURCE, OPEN_READ, ("Property reference: %s", error->message), (NULL));
  return FALSE;
}

void
gst_quality_meter_post_error (GstQualityMeter *self, const GError *error)
{
  g_autofree char *reference = NULL;

  GST_OBJECT_LOCK (self);
  reference = g_strdup (self->reference);
  GST_OBJECT_UNLOCK (self);
  if (g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE))
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("Property reference: %s%s%s", reference != NULL ? reference : "",
            reference != NULL ? ": " : "", error->message),
        (NULL));
  else if (g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_UNKNOWN))
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property metrics: %s", error->message), (NULL));
  else if (error->domain == GEN_METRIC_ERROR)
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property embedder: %s", error->message), (NULL));
}

/* Why there is no meter. */
static void
post_medium_error (GstQualityMeter *self, GError **error)
{
  if (self->features != NULL) {
    gst_quality_meter_post_error (self, *error);
    return;
  }
  gst_generative_post_error (GST_ELEMENT (self), *error);
}

void
gst_quality_meter_close (GstScoreFilter *filter)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);

  g_clear_pointer (&self->examples, gen_examples_free);
  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->dataset, gen_dataset_free);
  g_clear_pointer (&self->features, gen_features_free);
  gen_statistics_clear (&self->statistics);
}

/* What will be measured, and against what. */
static void
log_meter (GstQualityMeter *self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  const GenField *fields;
  guint n;

  fields = gen_meter_fields (self->meter, &n);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", fields[i].name);
  GST_INFO_OBJECT (self, "measures %s; by the features %s; reference: %s", names->str,
      gen_features_name (self->features),
      self->dataset != NULL           ? "samples"
      : self->statistics.mean != NULL ? "statistics"
                                      : "none");
}

/* Whether the properties make sense is known before anything comes: of the medium that they tell,
 * or of any that qualitymeter measures. What comes may then be another one. */
static gboolean
open_meter (GstQualityMeter *self)
{
  g_autofree char *metrics = NULL;
  g_autoptr (GError) error = NULL;
  const GenMedium *told;

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  GST_OBJECT_UNLOCK (self);
  told = self->dataset != NULL ? gen_dataset_get_format (self->dataset)->medium
                               : gen_metric_find_medium (metrics);
  if (set_medium (self, told != NULL ? told : &gen_medium_picture, &error))
    return TRUE;
  if (told == NULL && set_medium (self, &gen_medium_sound, NULL))
    return TRUE;
  if (told == NULL) {
    g_clear_error (&error);
    set_medium (self, &gen_medium_picture, &error);
  }
  post_medium_error (self, &error);
  return FALSE;
}

gboolean
gst_quality_meter_open (GstScoreFilter *filter)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  g_autofree char *assumption = NULL;

  g_cancellable_reset (self->cancellable);
  self->frame = 0;
  self->told_not_finite = self->told_no_numbers = FALSE;
  if (!open_reference (self) || !open_meter (self)) {
    gst_quality_meter_close (filter);
    return FALSE;
  }
  assumption = gen_features_describe_assumption (self->features);
  if (assumption != NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("Property embedder: %s", assumption), (NULL));
  gst_quality_meter_check_examples (self);
  log_meter (self);
  return TRUE;
}

const GenField *
gst_quality_meter_get_fields (GstScoreFilter *filter, guint *n)
{
  return gen_meter_fields (GST_QUALITY_METER (filter)->meter, n);
}

static gboolean
save_statistics (GstQualityMeter *self)
{
  g_auto (GenStatistics) statistics = { 0 };
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->save_statistics);
  GST_OBJECT_UNLOCK (self);
  if (path == NULL)
    return TRUE;
  if (!gen_meter_statistics (self->meter, &statistics, &error)) {
    GST_ELEMENT_ERROR (
        self, STREAM, FAILED, ("Property save-statistics: %s", error->message), (NULL));
    return FALSE;
  }
  if (!gen_statistics_save (&statistics, path, &error)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, ("Property save-statistics: %s", error->message), (NULL));
    return FALSE;
  }
  return TRUE;
}

JsonObject *
gst_quality_meter_summarise (GstScoreFilter *filter)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  g_autoptr (GError) error = NULL;
  JsonObject *summary = gen_meter_summarise (self->meter, &error);
  g_autofree char *doubts = gen_meter_describe_doubts (self->meter);

  if (summary == NULL) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
    return NULL;
  }
  if (doubts != NULL)
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("Metric %s", doubts), (NULL));
  save_statistics (self);
  gst_quality_meter_save_examples (self);
  return summary;
}

/* Samples of another kind do not mix with those before: a new measurement begins. */
gboolean
gst_quality_meter_begin_anew (GstQualityMeter *self, const GenMedium *medium)
{
  g_autoptr (GError) error = NULL;

  if (self->format.medium != NULL)
    gst_score_filter_summarise (GST_SCORE_FILTER (self));
  if (self->dataset != NULL && gen_dataset_get_format (self->dataset)->medium != medium) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("Property reference: there are %s, and what passes are %s",
            gen_dataset_get_format (self->dataset)->medium->plural, medium->plural),
        (NULL));
    return FALSE;
  }
  if (set_medium (self, medium, &error)) {
    log_meter (self);
    return TRUE;
  }
  post_medium_error (self, &error);
  return FALSE;
}
