/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-qualitymeter
 * @title: qualitymeter
 * @short_description: measures how good pictures and sounds are
 *
 * Measures each frame that passes, and the stream as a whole, without changing it. What it
 * measured stands on the buffers as a custom meta (`generative-score`), on the bus as element
 * messages (`generative-score` for a frame where `post-messages` is set, `generative-summary` at
 * the end), and in the `report` as JSON Lines. docs/metrics.md tells what each metric means.
 *
 * Interlaced frames are refused: put deinterlace in front.
 *
 * A generator may put many pictures into one frame, as a wall: with `tile-width` and
 * `tile-height`, each of them is a sample of its own for the metrics that look at distributions
 * (diversity, frechet, modes). The latter two compare with the pictures at `reference`, a folder
 * or a sheet of tiles, in which sub-folders or rows of tiles make the classes, by features that
 * the `embedder` makes, which may be any ONNX model. For frechet, a `.npz` file of statistics will
 * do as the reference: `save-statistics` writes one, and so do pytorch-fid and clean-fid.
 *
 * Sound is measured in windows of `window` seconds, one every `hop`: loudness (EBU R 128), true
 * peak, clipping, silence, spectrum, noise. Buffers pass as they come; what was measured of a
 * window is on the buffer in which it ends. A window is a sample for diversity, frechet and modes,
 * and the reference a folder of sounds, or statistics.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=GRAY8 ! \
 *   qualitymeter post-messages=true ! fakesink
 * ]|
 * Sharpness, brightness and so on of 30 frames, and their summary.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=300 pattern=ball ! video/x-raw,format=GRAY8 ! \
 *   qualitymeter metrics=frechet save-statistics=ball.npz ! fakesink
 * ]|
 * The statistics of these frames, for `reference=ball.npz`.
 * |[
 * gst-launch-1.0 -m audiotestsrc num-buffers=200 wave=pink-noise ! \
 *   qualitymeter metrics=loudness,true-peak hop=0.1 post-messages=true ! fakesink
 * ]|
 * The loudness of the last 400 ms, ten times a second, and that of the whole.
 */
#include "../shared/debug.h"
#include "../elements.h"
#include "../shared/model-file.h"
#include "../shared/score-filter.h"
#include "../shared/settings.h"

#include <generative/metric.h>

#include <math.h>
#include <string.h>

#define GST_TYPE_QUALITY_METER (gst_quality_meter_get_type ())
G_DECLARE_FINAL_TYPE (GstQualityMeter, gst_quality_meter, GST, QUALITY_METER, GstScoreFilter)

GST_DEBUG_CATEGORY_STATIC (quality_meter_debug);
#define GST_CAT_DEFAULT quality_meter_debug

enum {
  PROP_0,
  PROP_METRICS,
  PROP_REFERENCE,
  PROP_REFERENCE_TILE_WIDTH,
  PROP_REFERENCE_TILE_HEIGHT,
  PROP_REFERENCE_ROWS_PER_LABEL,
  PROP_EMBEDDER,
  PROP_TILE_WIDTH,
  PROP_TILE_HEIGHT,
  PROP_WINDOW,
  PROP_HOP,
  PROP_INTERVAL,
  PROP_SEED,
  PROP_SAVE_STATISTICS,
};

#define DEFAULT_METRICS "auto"
#define DEFAULT_REFERENCE NULL
#define DEFAULT_REFERENCE_TILE_WIDTH 0
#define DEFAULT_REFERENCE_TILE_HEIGHT 0
#define DEFAULT_REFERENCE_ROWS_PER_LABEL 0
#define DEFAULT_EMBEDDER NULL
#define DEFAULT_TILE_WIDTH 0
#define DEFAULT_TILE_HEIGHT 0
/* Seconds: what EBU R 128 calls momentary. */
#define DEFAULT_WINDOW 0.4
#define DEFAULT_HOP 0
#define DEFAULT_INTERVAL 0
#define DEFAULT_SEED 0
#define DEFAULT_SAVE_STATISTICS NULL

#define MAX_SIZE 65536
#define MIN_SECONDS 0.001
#define MAX_SECONDS 3600

struct _GstQualityMeter {
  GstScoreFilter parent;

  /* Properties, under the object lock; strings are read when the element starts. */
  char *metrics, *reference, *embedder, *save_statistics;
  GenDatasetSettings sheet;
  guint tile_width, tile_height, interval;
  double window, hop;
  guint64 seed;

  /* From open to close. */
  const GenMedium *medium; /* of the meter */
  GenFeatures *features;
  GenDataset *dataset;       /* the reference's samples, */
  GenStatistics statistics;  /* or their statistics */
  GCancellable *cancellable; /* of reading the reference */
  GenMeter *meter;
  GenFormat format; /* of the samples that the meter has seen; without a medium: none */
  guint64 frame;    /* the next one, or the next window */
  gboolean told_not_finite, told_no_numbers;
  float *samples; /* of a sound, as numbers */
  gsize n_samples;
};

#define CAPS GST_VIDEO_CAPS_MAKE ("{ GRAY8, RGB }") "; " GST_SCORE_FILTER_SOUND_CAPS

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstQualityMeter, gst_quality_meter, GST_TYPE_SCORE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (qualitymeter, "qualitymeter", GST_RANK_NONE, GST_TYPE_QUALITY_METER)

static void
gst_quality_meter_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstQualityMeter *self = GST_QUALITY_METER (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_METRICS:
    g_free (self->metrics);
    self->metrics = g_value_dup_string (value);
    break;
  case PROP_REFERENCE:
    g_free (self->reference);
    self->reference = g_value_dup_string (value);
    break;
  case PROP_REFERENCE_TILE_WIDTH:
    self->sheet.tile_width = (int)g_value_get_uint (value);
    break;
  case PROP_REFERENCE_TILE_HEIGHT:
    self->sheet.tile_height = (int)g_value_get_uint (value);
    break;
  case PROP_REFERENCE_ROWS_PER_LABEL:
    self->sheet.rows_per_label = (int)g_value_get_uint (value);
    break;
  case PROP_EMBEDDER:
    g_free (self->embedder);
    self->embedder = g_value_dup_string (value);
    break;
  case PROP_TILE_WIDTH:
    self->tile_width = g_value_get_uint (value);
    break;
  case PROP_TILE_HEIGHT:
    self->tile_height = g_value_get_uint (value);
    break;
  case PROP_WINDOW:
    self->window = g_value_get_double (value);
    break;
  case PROP_HOP:
    self->hop = g_value_get_double (value);
    break;
  case PROP_INTERVAL:
    self->interval = g_value_get_uint (value);
    break;
  case PROP_SEED:
    self->seed = g_value_get_uint64 (value);
    break;
  case PROP_SAVE_STATISTICS:
    g_free (self->save_statistics);
    self->save_statistics = g_value_dup_string (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_meter_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstQualityMeter *self = GST_QUALITY_METER (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_METRICS:
    g_value_set_string (value, self->metrics);
    break;
  case PROP_REFERENCE:
    g_value_set_string (value, self->reference);
    break;
  case PROP_REFERENCE_TILE_WIDTH:
    g_value_set_uint (value, (guint)self->sheet.tile_width);
    break;
  case PROP_REFERENCE_TILE_HEIGHT:
    g_value_set_uint (value, (guint)self->sheet.tile_height);
    break;
  case PROP_REFERENCE_ROWS_PER_LABEL:
    g_value_set_uint (value, (guint)self->sheet.rows_per_label);
    break;
  case PROP_EMBEDDER:
    g_value_set_string (value, self->embedder);
    break;
  case PROP_TILE_WIDTH:
    g_value_set_uint (value, self->tile_width);
    break;
  case PROP_TILE_HEIGHT:
    g_value_set_uint (value, self->tile_height);
    break;
  case PROP_WINDOW:
    g_value_set_double (value, self->window);
    break;
  case PROP_HOP:
    g_value_set_double (value, self->hop);
    break;
  case PROP_INTERVAL:
    g_value_set_uint (value, self->interval);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->seed);
    break;
  case PROP_SAVE_STATISTICS:
    g_value_set_string (value, self->save_statistics);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_quality_meter_finalize (GObject *object)
{
  GstQualityMeter *self = GST_QUALITY_METER (object);

  g_free (self->metrics);
  g_free (self->reference);
  g_free (self->embedder);
  g_free (self->save_statistics);
  g_free (self->samples);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (gst_quality_meter_parent_class)->finalize (object);
}

/* A meter of the medium as the properties ask for, without its reference. */
static GenMeter *
gst_quality_meter_make_meter (GstQualityMeter *self, GError **error)
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
  return gen_meter_new (&settings, error);
}

/* Features and a meter of `medium`, in the place of others. Where there are no features it is these
 * that `error` is of. */
static gboolean
gst_quality_meter_set_medium (GstQualityMeter *self, const GenMedium *medium, GError **error)
{
  g_autofree char *embedder = NULL;

  GST_OBJECT_LOCK (self);
  embedder = g_strdup (self->embedder);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->features, gen_features_free);
  self->medium = medium;
  self->format = (GenFormat){ 0 };
  self->features = gen_features_open (embedder, medium, error);
  if (self->features != NULL)
    self->meter = gst_quality_meter_make_meter (self, error);
  return self->meter != NULL;
}

static gboolean
gst_quality_meter_open_reference (GstQualityMeter *self)
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

/* Errors of the settings name the property that is to be changed; those of other domains than the
 * metrics' come from computing the features. */
static void
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
gst_quality_meter_post_medium_error (GstQualityMeter *self, GError **error)
{
  if (self->features != NULL) {
    gst_quality_meter_post_error (self, *error);
    return;
  }
  g_prefix_error (error, "Property embedder: ");
  gst_generative_post_error (GST_ELEMENT (self), *error);
}

static void
gst_quality_meter_close (GstScoreFilter *filter)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);

  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->dataset, gen_dataset_free);
  g_clear_pointer (&self->features, gen_features_free);
  gen_statistics_clear (&self->statistics);
}

/* What will be measured, and against what. */
static void
gst_quality_meter_log_meter (GstQualityMeter *self)
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

/* The medium of a metric that is asked for by name, NULL where none has one. */
static const GenMedium *
medium_of_metrics (const char *metrics)
{
  g_auto (GStrv) names = g_strsplit (metrics != NULL ? metrics : "", ",", -1);

  for (char **name = names; *name != NULL; name++) {
    const GenMetric *metric = gen_metric_find (g_strstrip (*name), NULL);

    if (metric != NULL && metric->medium != NULL)
      return metric->medium;
  }
  return NULL;
}

/* Whether the properties make sense is known before anything comes: of the medium that they tell,
 * or of any that qualitymeter measures. What comes may then be another one. */
static gboolean
gst_quality_meter_open_meter (GstQualityMeter *self)
{
  g_autofree char *metrics = NULL;
  g_autoptr (GError) error = NULL;
  const GenMedium *told;

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  GST_OBJECT_UNLOCK (self);
  told = self->dataset != NULL ? gen_dataset_get_format (self->dataset)->medium
                               : medium_of_metrics (metrics);
  if (gst_quality_meter_set_medium (self, told != NULL ? told : &gen_medium_picture, &error))
    return TRUE;
  if (told == NULL && gst_quality_meter_set_medium (self, &gen_medium_sound, NULL))
    return TRUE;
  if (told == NULL) {
    g_clear_error (&error);
    gst_quality_meter_set_medium (self, &gen_medium_picture, &error);
  }
  gst_quality_meter_post_medium_error (self, &error);
  return FALSE;
}

static gboolean
gst_quality_meter_open (GstScoreFilter *filter)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  g_autofree char *assumption = NULL;

  g_cancellable_reset (self->cancellable);
  self->frame = 0;
  self->told_not_finite = self->told_no_numbers = FALSE;
  if (!gst_quality_meter_open_reference (self) || !gst_quality_meter_open_meter (self)) {
    gst_quality_meter_close (filter);
    return FALSE;
  }
  assumption = gen_features_describe_assumption (self->features);
  if (assumption != NULL)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("Property embedder: %s", assumption), (NULL));
  gst_quality_meter_log_meter (self);
  return TRUE;
}

static const GenField *
gst_quality_meter_get_fields (GstScoreFilter *filter, guint *n)
{
  return gen_meter_fields (GST_QUALITY_METER (filter)->meter, n);
}

static gboolean
gst_quality_meter_save_statistics (GstQualityMeter *self)
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

static JsonObject *
gst_quality_meter_summarise (GstScoreFilter *filter)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  g_autoptr (GError) error = NULL;
  JsonObject *summary = gen_meter_summarise (self->meter, &error);

  if (summary == NULL)
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  else
    gst_quality_meter_save_statistics (self);
  return summary;
}

/* What samples of pictures of `info` are like. FALSE when an error was posted. */
static gboolean
read_tiles (GstQualityMeter *self, const GstVideoInfo *info, GenFormat *format)
{
  int width, height;

  GST_OBJECT_LOCK (self);
  width = self->tile_width > 0 ? (int)self->tile_width : info->width;
  height = self->tile_height > 0 ? (int)self->tile_height : info->height;
  GST_OBJECT_UNLOCK (self);
  *format = (GenFormat){ &gen_medium_picture, width, height, GST_VIDEO_INFO_N_COMPONENTS (info) };
  if (width <= info->width && height <= info->height)
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
      ("Properties tile-width and tile-height: a tile of %dx%d does not fit into a frame of "
       "%dx%d",
          width, height, info->width, info->height),
      (NULL));
  return FALSE;
}

static void
gst_quality_meter_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const int rate = GST_AUDIO_INFO_RATE (&gst_score_filter_get_format (filter)->sound);

  GST_OBJECT_LOCK (self);
  *window = (guint64)MAX (llround (self->window * rate), 1);
  *hop = self->hop > 0 ? (guint64)MAX (llround (self->hop * rate), 1) : *window;
  GST_OBJECT_UNLOCK (self);
  *hop = MIN (*hop, *window);
}

static GenFormat
read_sound (GstQualityMeter *self, const GstAudioInfo *info)
{
  guint64 window, hop;

  gst_quality_meter_get_window (GST_SCORE_FILTER (self), &window, &hop);
  return (GenFormat){ &gen_medium_sound, .channels = GST_AUDIO_INFO_CHANNELS (info),
    .rate = GST_AUDIO_INFO_RATE (info), .length = (gsize)window };
}

/* Samples of another kind do not mix with those before: a new measurement begins. */
static gboolean
begin_anew (GstQualityMeter *self, const GenMedium *medium)
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
  if (gst_quality_meter_set_medium (self, medium, &error)) {
    gst_quality_meter_log_meter (self);
    return TRUE;
  }
  gst_quality_meter_post_medium_error (self, &error);
  return FALSE;
}

static void
warn_of_tiles (GstQualityMeter *self, const GstVideoInfo *info, const GenFormat *format)
{
  if (info->width % format->width == 0 && info->height % format->height == 0)
    return;
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("Properties tile-width and tile-height: frames of %dx%d are no whole number of tiles of "
       "%dx%d; %d columns at the right and %d rows at the bottom are in no sample",
          info->width, info->height, format->width, format->height, info->width % format->width,
          info->height % format->height),
      (NULL));
}

static gboolean
gst_quality_meter_set_format (GstScoreFilter *filter, GstCaps *caps, const GstScoreFormat *passing)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GenFormat format;

  if (passing->is_sound)
    format = read_sound (self, &passing->sound);
  else if (!read_tiles (self, &passing->video, &format))
    return FALSE;
  if (self->meter != NULL && self->format.medium != NULL &&
      gen_format_equal (&format, &self->format))
    return TRUE;
  if ((self->meter == NULL || self->format.medium != NULL || format.medium != self->medium) &&
      !begin_anew (self, format.medium))
    return FALSE;
  if (!passing->is_sound)
    warn_of_tiles (self, &passing->video, &format);
  text = gen_format_describe (&format);
  GST_INFO_OBJECT (self, "samples are %s: %" GST_PTR_FORMAT, text, (void *)caps);
  self->format = format;
  if (gen_meter_wants_reference (self->meter) &&
      !gen_meter_refer_dataset (
          self->meter, self->dataset, &format, 0, self->cancellable, &error)) {
    if (g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE))
      GST_ELEMENT_ERROR (self, RESOURCE, READ, ("Property reference: %s", error->message), (NULL));
    else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      gst_quality_meter_post_error (self, error);
    return FALSE;
  }
  return TRUE;
}

/* Reading a large reference ends at once when the pipeline is stopped. */
static GstStateChangeReturn
gst_quality_meter_change_state (GstElement *element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    g_cancellable_cancel (GST_QUALITY_METER (element)->cancellable);
  return GST_ELEMENT_CLASS (gst_quality_meter_parent_class)->change_state (element, transition);
}

static void
gst_quality_meter_interrupt (GstScoreFilter *filter)
{
  GenMeter *meter = GST_QUALITY_METER (filter)->meter;

  GST_DEBUG_OBJECT (filter, "a gap: what comes next is not compared with what came last");
  if (meter != NULL)
    gen_meter_interrupt (meter);
}

static const char *
name_of_frames (const GstQualityMeter *self)
{
  return self->medium == &gen_medium_sound ? "window" : "frame";
}

/* What the embedder makes of a frame, or of the reference before it, may be no number. */
static void
notice_not_finite (GstQualityMeter *self, guint64 frame)
{
  if (self->told_not_finite || self->told_no_numbers || gen_meter_left_out (self->meter) == 0)
    return;
  self->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Property embedder: %s made features that are not finite (NaN or infinite), the first by "
       "%s %" G_GUINT64_FORMAT ". Such samples are left out of the figures; further ones are "
       "not reported",
          gen_features_name (self->features), name_of_frames (self), frame),
      (NULL));
}

/* --- sound --- */

/* `frames` frames as numbers, which stay until the next call. */
static GenSample
read_samples (GstQualityMeter *self, gconstpointer data, guint64 frames)
{
  const GstAudioInfo *info = &gst_score_filter_get_format (GST_SCORE_FILTER (self))->sound;
  const gsize n = (gsize)frames * (gsize)GST_AUDIO_INFO_CHANNELS (info);
  GenSound sound = { .frames = (gsize)frames,
    .rate = GST_AUDIO_INFO_RATE (info),
    .channels = GST_AUDIO_INFO_CHANNELS (info) };

  if (self->n_samples < n) {
    g_free (self->samples);
    self->samples = g_new (float, n);
    self->n_samples = n;
  }
  sound.data = self->samples;
  if (GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16)
    gen_sound_from_int16 (&sound, data);
  else
    memcpy (self->samples, data, n * sizeof *self->samples);
  return gen_sample_of_sound (&sound);
}

static void
gst_quality_meter_follow (GstScoreFilter *filter, gconstpointer samples, guint64 frames)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const GenSample piece = read_samples (self, samples, frames);

  gen_meter_follow (self->meter, &piece);
}

static void
notice_no_numbers (GstQualityMeter *self, const GenSound *sound)
{
  for (gsize i = 0; i < sound->frames * (gsize)sound->channels && !self->told_no_numbers; i++) {
    if (isfinite (sound->data[i]))
      continue;
    self->told_no_numbers = TRUE;
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Window %" G_GUINT64_FORMAT " has samples that are not finite (NaN or infinite): such "
         "windows have no figures, and over the whole such samples count as silence. Further ones "
         "are not reported",
            self->frame),
        (NULL));
  }
}

static GenSample
read_window (GstQualityMeter *self, const GstMapInfo *map)
{
  const GstAudioInfo *info = &gst_score_filter_get_format (GST_SCORE_FILTER (self))->sound;
  const GenSample window =
      read_samples (self, map->data, map->size / (gsize)GST_AUDIO_INFO_BPF (info));

  notice_no_numbers (self, &window.sound);
  return window;
}

/* --- measuring --- */

static GenSample
read_picture (GstQualityMeter *self, const GstVideoFrame *frame)
{
  return (
      GenSample){ &gen_medium_picture, .picture = { .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
                                           .width = GST_VIDEO_FRAME_WIDTH (frame),
                                           .height = GST_VIDEO_FRAME_HEIGHT (frame),
                                           .channels = self->format.channels,
                                           .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) } };
}

static GstFlowReturn
gst_quality_meter_measure (GstScoreFilter *filter, GstScoreFrame *frame, double *values)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const GstGenerativeFrame *mapped = &frame->mapped;
  const GenSample sample =
      mapped->is_sound ? read_window (self, &mapped->map) : read_picture (self, &mapped->video);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;

  if (gen_meter_measure (self->meter, &sample, values, &error)) {
    GST_LOG_OBJECT (self, "%s %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": measured in %.3f ms",
        name_of_frames (self), self->frame, GST_TIME_ARGS (frame->pts),
        gst_generative_since (began));
    notice_not_finite (self, self->frame++);
    return GST_FLOW_OK;
  }
  gst_quality_meter_post_error (self, error);
  return GST_FLOW_ERROR;
}

/* What there is to measure, and to compare by, from the library's lists. */
static const char *
metrics_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("What to measure, with commas between: ");

  for (const GenMetric *const *metric = gen_metric_list (); *metric != NULL; metric++)
    g_string_append_printf (blurb, "%s, ", (*metric)->name);
  g_string_append (blurb, "or auto: all that the reference allows");
  return g_intern_string (blurb->str);
}

static const char *
embedder_blurb (void)
{
  g_autoptr (GString) blurb = g_string_new ("Features that frechet and modes compare by: ");

  for (const GenEmbedder *const *embedder = gen_embedder_list (); *embedder != NULL; embedder++)
    g_string_append_printf (blurb, "%s, ", (*embedder)->name);
  g_string_append (blurb, "or an ONNX file that makes a vector of a picture or a sound (unset: the "
                          "first that is of what passes)");
  return g_intern_string (blurb->str);
}

static void
gst_quality_meter_class_init (GstQualityMeterClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstScoreFilterClass *score_class = GST_SCORE_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (
      quality_meter_debug, "qualitymeter", 0, "what is measured, and each frame");

  gobject_class->set_property = gst_quality_meter_set_property;
  gobject_class->get_property = gst_quality_meter_get_property;
  gobject_class->finalize = gst_quality_meter_finalize;

  g_object_class_install_property (gobject_class, PROP_METRICS,
      g_param_spec_string ("metrics", "Metrics", metrics_blurb (), DEFAULT_METRICS, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE,
      g_param_spec_string ("reference", "Reference",
          "What to compare with: a folder, a sheet of tiles or an IDX file, or for frechet "
          "alone a .npz file of statistics; modes needs samples with classes (unset: nothing)",
          DEFAULT_REFERENCE, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_TILE_WIDTH,
      g_param_spec_uint ("reference-tile-width", "Reference's tile width",
          "Width of the tiles of a sheet in pixels (0: as the height; both 0: no sheet)", 0,
          MAX_SIZE, DEFAULT_REFERENCE_TILE_WIDTH, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_TILE_HEIGHT,
      g_param_spec_uint ("reference-tile-height", "Reference's tile height",
          "Height of the tiles of a sheet in pixels (0: as the width; both 0: no sheet)", 0,
          MAX_SIZE, DEFAULT_REFERENCE_TILE_HEIGHT, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE_ROWS_PER_LABEL,
      g_param_spec_uint ("reference-rows-per-label", "Reference's rows per label",
          "How many rows of tiles make one class in a sheet (0: no classes)", 0, MAX_SIZE,
          DEFAULT_REFERENCE_ROWS_PER_LABEL, flags));
  g_object_class_install_property (gobject_class, PROP_EMBEDDER,
      g_param_spec_string ("embedder", "Embedder", embedder_blurb (), DEFAULT_EMBEDDER, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_uint ("tile-width", "Tile width",
          "Width in pixels of each picture in a frame that is a wall of pictures (0: the frame's)",
          0, MAX_SIZE, DEFAULT_TILE_WIDTH, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_uint ("tile-height", "Tile height",
          "Height in pixels of each picture in a frame that is a wall of pictures (0: the frame's)",
          0, MAX_SIZE, DEFAULT_TILE_HEIGHT, flags));
  g_object_class_install_property (gobject_class, PROP_WINDOW,
      g_param_spec_double ("window", "Window",
          "Seconds of a sound that are measured at once, and are a sample", MIN_SECONDS,
          MAX_SECONDS, DEFAULT_WINDOW, flags));
  g_object_class_install_property (gobject_class, PROP_HOP,
      g_param_spec_double ("hop", "Hop",
          "Seconds from the beginning of a window of a sound to that of the next one, at most a "
          "window (0: a window)",
          0, MAX_SECONDS, DEFAULT_HOP, flags));
  g_object_class_install_property (gobject_class, PROP_INTERVAL,
      g_param_spec_uint ("interval", "Interval",
          "Frames, or windows, between figures over all so far, as of diversity and frechet (0: "
          "only "
          "in the summary)",
          0, G_MAXUINT, DEFAULT_INTERVAL, flags));
  g_object_class_install_property (gobject_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Which samples are kept where not all can be: same seed, same figures", 0, G_MAXUINT64,
          DEFAULT_SEED, flags));
  g_object_class_install_property (gobject_class, PROP_SAVE_STATISTICS,
      g_param_spec_string ("save-statistics", "Save statistics",
          "File (.npz) for the mean and covariance of the samples' features, written at the end; "
          "a reference for later. Goes with the metric frechet, which then needs none (unset: not "
          "written)",
          DEFAULT_SAVE_STATISTICS, flags));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Quality meter",
      "Filter/Analyzer/Video/Audio",
      "Measures pictures (sharpness, contrast, coherence), sounds (loudness, peaks, spectrum, "
      "noise), "
      "diversity and likeness to a reference",
      "gst-generative");

  element_class->change_state = gst_quality_meter_change_state;
  score_class->open = gst_quality_meter_open;
  score_class->close = gst_quality_meter_close;
  score_class->set_format = gst_quality_meter_set_format;
  score_class->get_fields = gst_quality_meter_get_fields;
  score_class->get_window = gst_quality_meter_get_window;
  score_class->interrupt = gst_quality_meter_interrupt;
  score_class->follow = gst_quality_meter_follow;
  score_class->measure = gst_quality_meter_measure;
  score_class->summarise = gst_quality_meter_summarise;
}

static void
gst_quality_meter_init (GstQualityMeter *self)
{
  self->metrics = g_strdup (DEFAULT_METRICS);
  self->reference = g_strdup (DEFAULT_REFERENCE);
  self->embedder = g_strdup (DEFAULT_EMBEDDER);
  self->sheet = (GenDatasetSettings){ .tile_width = DEFAULT_REFERENCE_TILE_WIDTH,
    .tile_height = DEFAULT_REFERENCE_TILE_HEIGHT,
    .rows_per_label = DEFAULT_REFERENCE_ROWS_PER_LABEL };
  self->tile_width = DEFAULT_TILE_WIDTH;
  self->tile_height = DEFAULT_TILE_HEIGHT;
  self->window = DEFAULT_WINDOW;
  self->hop = DEFAULT_HOP;
  self->interval = DEFAULT_INTERVAL;
  self->seed = DEFAULT_SEED;
  self->save_statistics = g_strdup (DEFAULT_SAVE_STATISTICS);
  self->cancellable = g_cancellable_new ();
}
