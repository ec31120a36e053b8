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
 * A generator may put many pictures into one frame, as a wall: with `tile-width` and
 * `tile-height`, each of them is a sample of its own for the metrics that look at distributions
 * (diversity, frechet, modes). These compare with the pictures at `reference`, a folder or a
 * sheet of tiles, in which sub-folders or rows of tiles make the classes.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=GRAY8 !
 * qualitymeter post-messages=true ! fakesink
 * ]|
 * Sharpness, brightness and so on of 30 frames, and their summary.
 */
#include "elements.h"
#include "score.h"

#include <generative/metric.h>
#include <gst/video/gstvideofilter.h>

#define GST_TYPE_QUALITY_METER (gst_quality_meter_get_type ())
G_DECLARE_FINAL_TYPE (GstQualityMeter, gst_quality_meter, GST, QUALITY_METER, GstVideoFilter)

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
  PROP_REPORT,
  PROP_POST_MESSAGES,
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
#define DEFAULT_REPORT NULL
#define DEFAULT_POST_MESSAGES FALSE

#define MAX_SIZE 65536

struct _GstQualityMeter {
  GstVideoFilter parent;

  /* Properties, under the object lock; strings are read when the element starts. */
  char *metrics, *reference, *embedder, *report;
  GenDatasetSettings sheet;
  guint tile_width, tile_height, interval;
  guint64 seed;
  gboolean post_messages; /* atomic */

  /* From start to stop. */
  GenDataset *dataset;
  GCancellable *cancellable; /* of reading the reference */
  GenMeter *meter;
  GstGenerativeScore *score;
  double *values;                            /* a field each */
  int sample_width, sample_height, channels; /* that the meter has seen; 0: none */
  guint64 frame;                             /* the next one */
  gboolean summarised;                       /* nothing was measured since the last summary */
};

#define CAPS GST_VIDEO_CAPS_MAKE ("{ GRAY8, RGB }")

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstQualityMeter, gst_quality_meter, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (qualitymeter, "qualitymeter", GST_RANK_NONE, GST_TYPE_QUALITY_METER)

static void
gst_quality_meter_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstQualityMeter *self = GST_QUALITY_METER (object);

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
  case PROP_REPORT:
    g_free (self->report);
    self->report = g_value_dup_string (value);
    break;
  case PROP_POST_MESSAGES:
    g_atomic_int_set (&self->post_messages, g_value_get_boolean (value));
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
  case PROP_REPORT:
    g_value_set_string (value, self->report);
    break;
  case PROP_POST_MESSAGES:
    g_value_set_boolean (value, g_atomic_int_get (&self->post_messages));
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
  g_free (self->report);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (gst_quality_meter_parent_class)->finalize (object);
}

/* A meter as the properties ask for, without its reference. */
static GenMeter *
gst_quality_meter_make_meter (GstQualityMeter *self, GError **error)
{
  int n_classes = self->dataset != NULL ? gen_dataset_get_label_count (self->dataset) : 0;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *metrics = NULL, *embedder = NULL;
  GenMeterSettings settings = { 0 };

  for (int label = 0; label < n_classes; label++)
    g_ptr_array_add (names, (char *)gen_dataset_get_label_name (self->dataset, label));
  g_ptr_array_add (names, NULL);

  GST_OBJECT_LOCK (self);
  metrics = g_strdup (self->metrics);
  embedder = g_strdup (self->embedder);
  settings.tile_width = (int)self->tile_width;
  settings.tile_height = (int)self->tile_height;
  settings.interval = self->interval;
  settings.seed = self->seed;
  GST_OBJECT_UNLOCK (self);
  settings.metrics = metrics;
  settings.features = embedder;
  settings.has_reference = self->dataset != NULL;
  settings.has_labels = n_classes > 0;
  settings.class_names = (const char *const *)names->pdata;
  return gen_meter_new (&settings, error);
}

static gboolean
gst_quality_meter_open_reference (GstQualityMeter *self)
{
  g_autofree char *reference = NULL;
  g_autoptr (GError) error = NULL;
  GenDatasetSettings sheet;

  GST_OBJECT_LOCK (self);
  reference = g_strdup (self->reference);
  sheet = self->sheet;
  GST_OBJECT_UNLOCK (self);
  if (reference == NULL)
    return TRUE;

  self->dataset = gen_dataset_open (reference, &sheet, &error);
  if (self->dataset != NULL)
    return TRUE;
  if (g_error_matches (error, GEN_DATASET_ERROR, GEN_DATASET_ERROR_NOT_FOUND))
    GST_ELEMENT_ERROR (
        self, RESOURCE, NOT_FOUND, ("Property reference: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (
        self, RESOURCE, OPEN_READ, ("Property reference: %s", error->message), (NULL));
  return FALSE;
}

static gboolean
gst_quality_meter_start (GstBaseTransform *base)
{
  GstQualityMeter *self = GST_QUALITY_METER (base);
  g_autofree char *report = NULL;
  g_autoptr (GError) error = NULL;
  const GenField *fields;
  guint n_fields;

  g_cancellable_reset (self->cancellable);
  if (!gst_quality_meter_open_reference (self))
    return FALSE;
  self->meter = gst_quality_meter_make_meter (self, &error);
  if (self->meter == NULL) {
    const char *property = g_error_matches (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE)
                               ? "Property reference"
                               : "Properties metrics and embedder";

    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s: %s", property, error->message), (NULL));
    g_clear_pointer (&self->dataset, gen_dataset_free);
    return FALSE;
  }

  fields = gen_meter_fields (self->meter, &n_fields);
  GST_OBJECT_LOCK (self);
  report = g_strdup (self->report);
  GST_OBJECT_UNLOCK (self);
  self->score = gst_generative_score_new (GST_ELEMENT (self), fields, n_fields, report, &error);
  if (self->score == NULL) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, ("Property report: %s", error->message), (NULL));
    g_clear_pointer (&self->meter, gen_meter_free);
    g_clear_pointer (&self->dataset, gen_dataset_free);
    return FALSE;
  }
  self->values = g_new (double, n_fields);
  self->sample_width = self->sample_height = self->channels = 0;
  self->frame = 0;
  self->summarised = TRUE;
  return TRUE;
}

static void
gst_quality_meter_write_error (GstQualityMeter *self, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    GST_ELEMENT_ERROR (
        self, RESOURCE, NO_SPACE_LEFT, ("Property report: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("Property report: %s", error->message), (NULL));
}

/* Tell what was measured since the start, unless that has been told. */
static void
gst_quality_meter_summarise (GstQualityMeter *self)
{
  g_autoptr (JsonObject) summary = NULL;
  g_autoptr (GError) error = NULL;

  if (self->summarised)
    return;
  self->summarised = TRUE;
  summary = gen_meter_summarise (self->meter, &error);
  if (summary == NULL)
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
  else if (!gst_generative_score_summarise (self->score, summary, &error))
    gst_quality_meter_write_error (self, error);
}

static gboolean
gst_quality_meter_stop (GstBaseTransform *base)
{
  GstQualityMeter *self = GST_QUALITY_METER (base);

  gst_quality_meter_summarise (self);
  g_clear_pointer (&self->score, gst_generative_score_free);
  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->dataset, gen_dataset_free);
  g_clear_pointer (&self->values, g_free);
  return TRUE;
}

static gboolean
gst_quality_meter_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in_info,
    GstCaps *out_caps, GstVideoInfo *out_info)
{
  GstQualityMeter *self = GST_QUALITY_METER (filter);
  int channels = GST_VIDEO_INFO_N_COMPONENTS (in_info);
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
    gst_quality_meter_summarise (self);
    gen_meter_free (self->meter);
    self->meter = gst_quality_meter_make_meter (self, &error);
    if (self->meter == NULL) {
      GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
      return FALSE;
    }
  }
  self->sample_width = width;
  self->sample_height = height;
  self->channels = channels;
  if (gen_meter_wants_reference (self->meter) &&
      !gen_meter_refer_dataset (
          self->meter, self->dataset, width, height, channels, 0, self->cancellable, &error)) {
    if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
      GST_ELEMENT_ERROR (self, RESOURCE, READ, ("Property reference: %s", error->message), (NULL));
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

  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    gst_quality_meter_summarise (self);
  else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP && self->meter != NULL)
    gen_meter_interrupt (self->meter);
  return GST_BASE_TRANSFORM_CLASS (gst_quality_meter_parent_class)->sink_event (base, event);
}

/* Buffers come from and go to wherever they would without us. */
static gboolean
gst_quality_meter_propose_allocation (
    GstBaseTransform *base, GstQuery *decide_query, GstQuery *query)
{
  return gst_pad_peer_query (GST_BASE_TRANSFORM_SRC_PAD (base), query);
}

static gboolean
gst_quality_meter_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  return TRUE;
}

/* Only metas are added: where the buffer is shared, the copy shares its memory. */
static GstFlowReturn
gst_quality_meter_prepare_output_buffer (GstBaseTransform *base, GstBuffer *in, GstBuffer **out)
{
  *out = gst_buffer_is_writable (in) ? in : gst_buffer_copy (in);
  return GST_FLOW_OK;
}

/* In the place of GstVideoFilter's, which would map the frame for writing and so copy memory
 * that is shared. */
static GstFlowReturn
gst_quality_meter_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstQualityMeter *self = GST_QUALITY_METER (base);
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;
  GenPicture picture;
  gboolean measured;

  if (GST_BUFFER_IS_DISCONT (buffer))
    gen_meter_interrupt (self->meter);
  if (!gst_video_frame_map (&frame, &GST_VIDEO_FILTER (self)->in_info, buffer,
          GST_MAP_READ | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A frame cannot be mapped"), (NULL));
    return GST_FLOW_ERROR;
  }
  picture = (GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
    .width = GST_VIDEO_FRAME_WIDTH (&frame),
    .height = GST_VIDEO_FRAME_HEIGHT (&frame),
    .channels = self->channels,
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) };
  measured = gen_meter_measure (self->meter, &picture, self->values, &error);
  gst_video_frame_unmap (&frame);
  self->summarised = FALSE;
  if (!measured) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("%s", error->message), (NULL));
    return GST_FLOW_ERROR;
  }
  if (!gst_generative_score_emit (self->score, buffer, self->frame++, self->values,
          g_atomic_int_get (&self->post_messages), &error)) {
    gst_quality_meter_write_error (self, error);
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

static void
gst_quality_meter_class_init (GstQualityMeterClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (quality_meter_debug, "qualitymeter", 0, "measures pictures");

  gobject_class->set_property = gst_quality_meter_set_property;
  gobject_class->get_property = gst_quality_meter_get_property;
  gobject_class->finalize = gst_quality_meter_finalize;

  g_object_class_install_property (gobject_class, PROP_METRICS,
      g_param_spec_string ("metrics", "Metrics",
          "What to measure, with commas between: sharpness, tenengrad, brightness, contrast, "
          "temporal-ssim, diversity, frechet, modes; auto: all that the reference allows",
          DEFAULT_METRICS, flags));
  g_object_class_install_property (gobject_class, PROP_REFERENCE,
      g_param_spec_string ("reference", "Reference",
          "Pictures to compare with: a folder, a sheet of tiles or an IDX file; frechet needs "
          "them, and modes needs their classes",
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
      g_param_spec_string ("embedder", "Embedder",
          "Features that frechet and modes compare by: hog-4x4x8 (edges and shapes) or "
          "pixels-16x16 (colour and layout)",
          DEFAULT_EMBEDDER, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_uint ("tile-width", "Tile width",
          "Width of each picture in a frame that is a wall of pictures (0: the frame's)", 0,
          MAX_SIZE, DEFAULT_TILE_WIDTH, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_uint ("tile-height", "Tile height",
          "Height of each picture in a frame that is a wall of pictures (0: the frame's)", 0,
          MAX_SIZE, DEFAULT_TILE_HEIGHT, flags));
  g_object_class_install_property (gobject_class, PROP_INTERVAL,
      g_param_spec_uint ("interval", "Interval",
          "Frames between figures of diversity, frechet and modes over all so far (0: only in the "
          "summary)",
          0, G_MAXUINT, DEFAULT_INTERVAL, flags));
  g_object_class_install_property (gobject_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed",
          "Which samples are kept where not all can be: same seed, same figures", 0, G_MAXUINT64,
          DEFAULT_SEED, flags));
  g_object_class_install_property (gobject_class, PROP_REPORT,
      g_param_spec_string ("report", "Report",
          "File to write measurements to, as JSON Lines, the last one the summary", DEFAULT_REPORT,
          flags));
  g_object_class_install_property (gobject_class, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post the measurements of each frame on the bus (the summary always is)",
          DEFAULT_POST_MESSAGES,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Quality meter", "Filter/Analyzer/Video",
      "Measures sharpness, contrast, coherence, diversity and likeness to a reference",
      "gst-generative");

  element_class->change_state = gst_quality_meter_change_state;
  base_class->start = gst_quality_meter_start;
  base_class->stop = gst_quality_meter_stop;
  base_class->sink_event = gst_quality_meter_sink_event;
  base_class->propose_allocation = gst_quality_meter_propose_allocation;
  base_class->decide_allocation = gst_quality_meter_decide_allocation;
  base_class->prepare_output_buffer = gst_quality_meter_prepare_output_buffer;
  base_class->transform_ip = gst_quality_meter_transform_ip;
  filter_class->set_info = gst_quality_meter_set_info;
}

static void
gst_quality_meter_init (GstQualityMeter *self)
{
  self->metrics = g_strdup (DEFAULT_METRICS);
  self->reference = g_strdup (DEFAULT_REFERENCE);
  self->embedder = g_strdup (DEFAULT_EMBEDDER);
  self->report = g_strdup (DEFAULT_REPORT);
  self->sheet = (GenDatasetSettings){ .tile_width = DEFAULT_REFERENCE_TILE_WIDTH,
    .tile_height = DEFAULT_REFERENCE_TILE_HEIGHT,
    .rows_per_label = DEFAULT_REFERENCE_ROWS_PER_LABEL };
  self->tile_width = DEFAULT_TILE_WIDTH;
  self->tile_height = DEFAULT_TILE_HEIGHT;
  self->interval = DEFAULT_INTERVAL;
  self->seed = DEFAULT_SEED;
  self->post_messages = DEFAULT_POST_MESSAGES;
  self->cancellable = g_cancellable_new ();
  /* Late frames are measured as well: what is left out would not be in the figures. */
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), FALSE);
}
