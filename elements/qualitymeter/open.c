/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The meter of qualitymeter, of pictures, sounds or texts, and what it compares with. */
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
  g_autofree char *metrics = NULL, *brisque_model = NULL, *niqe_model = NULL,
                  *language_model = NULL;
  GenMeterSettings settings = { 0 };

  for (int label = 0; label < n_classes; label++)
    g_ptr_array_add (names, (char *)gen_dataset_get_label_name (self->dataset, label));
  g_ptr_array_add (names, NULL);

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  brisque_model = g_strdup (self->brisque_model);
  niqe_model = g_strdup (self->niqe_model);
  language_model = g_strdup (self->language_model);
  settings.collects = self->save_statistics != NULL;
  settings.tile_width = (int)self->tile_width;
  settings.tile_height = (int)self->tile_height;
  settings.interval = self->interval;
  settings.recent = self->recent;
  settings.classes = self->by_class = self->classes;
  settings.seed = self->seed;
  GST_OBJECT_UNLOCK (self);
  settings.medium = self->medium;
  settings.follows = self->medium == &gen_medium_sound;
  settings.metrics = metrics;
  settings.brisque_model = brisque_model;
  settings.niqe_model = niqe_model;
  settings.language_model = language_model;
  settings.features = self->features;
  settings.scorers = (GenScorer *const *)self->scorers->pdata;
  settings.has_reference = self->dataset != NULL;
  settings.has_labels = n_classes > 0;
  settings.statistics = self->statistics.mean != NULL ? &self->statistics : NULL;
  settings.class_names = (const char *const *)names->pdata;
  settings.left_out = tell_left_out;
  settings.data = self;
  return gen_meter_new (&settings, error);
}

static void
close_meter (GstQualityMeter *self)
{
  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->scorers, g_ptr_array_unref);
  g_clear_pointer (&self->features, gen_features_free);
}

/* The models of the meter. `error` names the property that is to be changed. */
static gboolean
open_models (GstQualityMeter *self, GError **error)
{
  g_autofree char *embedder = NULL, *resizing = NULL, *scorer = NULL;

  GST_OBJECT_LOCK (self);
  embedder = g_strdup (self->embedder);
  resizing = g_strdup (self->resizing);
  scorer = g_strdup (self->scorer);
  GST_OBJECT_UNLOCK (self);
  self->features = gen_features_open (embedder, self->medium, error);
  if (self->features == NULL)
    g_prefix_error (error, "Property embedder: ");
  else if (resizing != NULL && !gen_features_set_resizing (self->features, resizing, error))
    g_prefix_error (error, "Property embedder-resizing: ");
  else
    self->scorers = gst_generative_scorers_open (scorer, self->medium, error);
  return self->scorers != NULL;
}

/* A meter of `medium` and its models, in the place of others. Where there are no scorers it is
 * these, or the features, that `error` is of. */
static gboolean
set_medium (GstQualityMeter *self, const GenMedium *medium, GError **error)
{
  close_meter (self);
  self->medium = medium;
  self->format = (GenFormat){ 0 };
  if (open_models (self, error))
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
  else if (g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER))
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property scorer: %s", error->message), (NULL));
  else if (error->domain == GEN_METRIC_ERROR && error->code != GEN_METRIC_ERROR_FAILED)
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
  if (self->scorers != NULL ||
      g_error_matches (*error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER)) {
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
  close_meter (self);
  g_clear_pointer (&self->dataset, gen_dataset_free);
  gen_statistics_clear (&self->statistics);
}

/* What will be measured, and against what. */
static void
log_meter (GstQualityMeter *self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autofree char *unavailable = gen_meter_describe_unavailable (self->meter);
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
  if (unavailable != NULL)
    GST_INFO_OBJECT (self, "left out: %s", unavailable);
}

/* Measure the first medium that the properties allow. Where there is none, `error` is that of
 * pictures, unless a scorer takes another one, and it is something else that does not do. */
static gboolean
set_any_medium (GstQualityMeter *self, GError **error)
{
  const GenMedium *const others[] = { &gen_medium_sound, &gen_medium_text };
  const GenMedium *telling = &gen_medium_picture;

  if (set_medium (self, telling, NULL))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autoptr (GError) why = NULL;

    if (set_medium (self, others[i], &why))
      return TRUE;
    if (self->scorers == NULL && g_error_matches (why, GEN_METRIC_ERROR, GEN_METRIC_ERROR_SCORER))
      telling = others[i];
  }
  return set_medium (self, telling, error);
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
  if (told != NULL ? set_medium (self, told, &error) : set_any_medium (self, &error))
    return TRUE;
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
  self->told_not_finite = self->told_no_numbers = self->told_odd_label = self->labelled = FALSE;
  if (!open_reference (self) || !open_meter (self)) {
    gst_quality_meter_close (filter);
    return FALSE;
  }
  assumption = gen_features_describe_assumption (self->features);
  if (assumption != NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("Property embedder: %s", assumption), (NULL));
  gst_generative_scorers_warn (GST_ELEMENT (self), self->scorers);
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
  gst_quality_meter_notice_no_labels (self);
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
