/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-qualitymeter
 * @title: qualitymeter
 * @short_description: measures how good pictures are
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
 */
#include "../shared/debug.h"
#include "../elements.h"
#include "../shared/model-file.h"
#include "../shared/score-filter.h"
#include "../shared/settings.h"

#include <generative/metric.h>

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
  PROP_INTERVAL,
  PROP_SEED,
  PROP_SAVE_STATISTICS,
};

#define DEFAULT_METRICS "auto"
#define DEFAULT_REFERENCE NULL
#define DEFAULT_REFERENCE_TILE_WIDTH 0
#define DEFAULT_REFERENCE_TILE_HEIGHT 0
#define DEFAULT_REFERENCE_ROWS_PER_LABEL 0
#define DEFAULT_EMBEDDER "hog-4x4x8"
#define DEFAULT_TILE_WIDTH 0
#define DEFAULT_TILE_HEIGHT 0
#define DEFAULT_INTERVAL 0
#define DEFAULT_SEED 0
#define DEFAULT_SAVE_STATISTICS NULL

#define MAX_SIZE 65536

struct _GstQualityMeter {
  GstScoreFilter parent;

  /* Properties, under the object lock; strings are read when the element starts. */
  char *metrics, *reference, *embedder, *save_statistics;
  GenDatasetSettings sheet;
  guint tile_width, tile_height, interval;
  guint64 seed;

  /* From open to close. */
  GenFeatures *features;
  GenDataset *dataset;       /* the reference's pictures, */
  GenStatistics statistics;  /* or their statistics */
  GCancellable *cancellable; /* of reading the reference */
  GenMeter *meter;
  int sample_width, sample_height, channels; /* that the meter has seen; 0: none */
  guint64 frame;                             /* the next one */
  gboolean told_not_finite;
};

#define CAPS GST_VIDEO_CAPS_MAKE ("{ GRAY8, RGB }")

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
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (gst_quality_meter_parent_class)->finalize (object);
}

/* A meter as the properties ask for, without its reference. */
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
  settings.metrics = metrics;
  settings.features = self->features;
  settings.has_reference = self->dataset != NULL;
  settings.has_labels = n_classes > 0;
  settings.statistics = self->statistics.mean != NULL ? &self->statistics : NULL;
  settings.class_names = (const char *const *)names->pdata;
  return gen_meter_new (&settings, error);
}

static gboolean
gst_quality_meter_open_features (GstQualityMeter *self)
{
  g_autofree char *embedder = NULL, *assumption = NULL;
  g_autoptr (GError) error = NULL;

  GST_OBJECT_LOCK (self);
  embedder = g_strdup (self->embedder);
  GST_OBJECT_UNLOCK (self);
  self->features = gen_features_open (embedder, &gen_medium_picture, &error);
  if (self->features != NULL) {
    assumption = gen_features_describe_assumption (self->features);
    if (assumption != NULL)
      GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS, ("Property embedder: %s", assumption), (NULL));
    return TRUE;
  }
  g_prefix_error (&error, "Property embedder: ");
  gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
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
      self->dataset != NULL           ? "pictures"
      : self->statistics.mean != NULL ? "statistics"
                                      : "none");
}

static gboolean
gst_quality_meter_open (GstScoreFilter *filter)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  g_autoptr (GError) error = NULL;

  g_cancellable_reset (self->cancellable);
  self->sample_width = self->sample_height = self->channels = 0;
  self->frame = 0;
  self->told_not_finite = FALSE;
  if (gst_quality_meter_open_features (self) && gst_quality_meter_open_reference (self)) {
    self->meter = gst_quality_meter_make_meter (self, &error);
    if (self->meter != NULL) {
      gst_quality_meter_log_meter (self);
      return TRUE;
    }
    gst_quality_meter_post_error (self, error);
  }
  gst_quality_meter_close (filter);
  return FALSE;
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

static gboolean
gst_quality_meter_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in_info,
    GstCaps *out_caps, GstVideoInfo *out_info)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  int channels = GST_VIDEO_INFO_N_COMPONENTS (in_info);
  GenFormat format;
  g_autoptr (GError) error = NULL;
  int width, height;

  GST_OBJECT_LOCK (self);
  width = self->tile_width > 0 ? (int)self->tile_width : in_info->width;
  height = self->tile_height > 0 ? (int)self->tile_height : in_info->height;
  GST_OBJECT_UNLOCK (self);
  if (width > in_info->width || height > in_info->height) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("Properties tile-width and tile-height: a tile of %dx%d does not fit into a frame of "
         "%dx%d",
            width, height, in_info->width, in_info->height),
        (NULL));
    return FALSE;
  }
  if (width == self->sample_width && height == self->sample_height && channels == self->channels)
    return TRUE;

  /* Samples of another kind do not mix with those before: a new measurement begins. */
  if (self->sample_width > 0) {
    gst_score_filter_summarise (GST_SCORE_FILTER (self));
    gen_meter_free (self->meter);
    self->meter = gst_quality_meter_make_meter (self, &error);
    if (self->meter == NULL) {
      gst_quality_meter_post_error (self, error);
      return FALSE;
    }
  }
  if (in_info->width % width != 0 || in_info->height % height != 0)
    GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
        ("Properties tile-width and tile-height: frames of %dx%d are no whole number of tiles of "
         "%dx%d; %d columns at the right and %d rows at the bottom are in no sample",
            in_info->width, in_info->height, width, height, in_info->width % width,
            in_info->height % height),
        (NULL));
  GST_INFO_OBJECT (self, "samples are %d x %d of %d channels, %d in a frame: %" GST_PTR_FORMAT,
      width, height, channels, (in_info->width / width) * (in_info->height / height),
      (void *)in_caps);
  self->sample_width = width;
  self->sample_height = height;
  self->channels = channels;
  format = (GenFormat){ &gen_medium_picture, width, height, channels };
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

static gboolean
gst_quality_meter_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstQualityMeter *self = GST_QUALITY_METER (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP && self->meter != NULL)
    gen_meter_interrupt (self->meter);
  return GST_BASE_TRANSFORM_CLASS (gst_quality_meter_parent_class)->sink_event (base, event);
}

/* What the embedder makes of a frame, or of the reference before it, may be no number. */
static void
notice_not_finite (GstQualityMeter *self, guint64 frame)
{
  if (self->told_not_finite || gen_meter_left_out (self->meter) == 0)
    return;
  self->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Property embedder: %s made features that are not finite (NaN or infinite), the first by "
       "frame %" G_GUINT64_FORMAT ". Such samples are left out of the figures; further ones are "
       "not reported",
          gen_features_name (self->features), frame),
      (NULL));
}

static GstFlowReturn
gst_quality_meter_measure (GstScoreFilter *filter, const GstVideoFrame *frame, double *values)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  const GenSample sample = { &gen_medium_picture,
    .picture = { .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
        .width = GST_VIDEO_FRAME_WIDTH (frame),
        .height = GST_VIDEO_FRAME_HEIGHT (frame),
        .channels = self->channels,
        .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) } };
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;

  if (GST_BUFFER_IS_DISCONT (frame->buffer)) {
    GST_DEBUG_OBJECT (self, "a gap: the next frame is not compared with the last one");
    gen_meter_interrupt (self->meter);
  }
  if (gen_meter_measure (self->meter, &sample, values, &error)) {
    GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": measured in %.3f ms",
        GST_GENERATIVE_FRAME_ARGS (frame->buffer), gst_generative_since (began));
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
  g_string_append (blurb, "or an ONNX file that makes a vector of a picture");
  return g_intern_string (blurb->str);
}

static void
gst_quality_meter_class_init (GstQualityMeterClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);
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
          "alone a .npz file of statistics; modes needs pictures with classes (unset: nothing)",
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
  g_object_class_install_property (gobject_class, PROP_INTERVAL,
      g_param_spec_uint ("interval", "Interval",
          "Frames between figures of diversity, frechet and modes over all so far (0: only in the "
          "summary)",
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
  gst_element_class_set_static_metadata (element_class, "Quality meter", "Filter/Analyzer/Video",
      "Measures sharpness, contrast, coherence, diversity and likeness to a reference",
      "gst-generative");

  element_class->change_state = gst_quality_meter_change_state;
  base_class->sink_event = gst_quality_meter_sink_event;
  score_class->open = gst_quality_meter_open;
  score_class->close = gst_quality_meter_close;
  score_class->get_fields = gst_quality_meter_get_fields;
  score_class->measure = gst_quality_meter_measure;
  score_class->summarise = gst_quality_meter_summarise;
  filter_class->set_info = gst_quality_meter_set_info;
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
  self->interval = DEFAULT_INTERVAL;
  self->seed = DEFAULT_SEED;
  self->save_statistics = g_strdup (DEFAULT_SAVE_STATISTICS);
  self->cancellable = g_cancellable_new ();
}
