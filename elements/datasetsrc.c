/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-datasetsrc
 * @title: datasetsrc
 * @short_description: pictures to train on
 *
 * Sources the pictures of a dataset, epoch after epoch, in an order drawn from a seed: a folder
 * of pictures (with a sub-folder for each class), a sheet of tiles, or an IDX file as MNIST
 * comes. The size and format are what the next element or a caps filter asks for, else those of
 * the first picture.
 *
 * Frame N is always the same picture for the same settings, so that seeking is exact, by time
 * and by frame number. A picture that cannot be decoded is left out, counted in `skipped` and
 * reported as a warning; its frame number and time stay unused.
 *
 * Each buffer has its frame number as its offset, and a `generative-label` meta that tells the
 * class. At the end of an epoch an element message `generative-epoch` tells its number
 * (`epoch`), its `frames` and the pictures `skipped` so far. Ahead of the first buffer goes a
 * sticky event `generative-dataset`, whose field `length` tells those who count epochs how many
 * pictures one has.
 *
 * OpenCV's sheet of handwritten digits, 5 rows of 100 for each, is
 * `location=digits.png tile-width=20 tile-height=20 rows-per-label=5`; with `fit=pad` and caps of
 * 28 by 28 pixels its digits are as large as MNIST's.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=20 ! video/x-raw,width=64,height=64 !
 *   pngenc ! multifilesink location=ball-%02d.png
 * gst-launch-1.0 datasetsrc location=. epochs=3 ! video/x-raw,format=RGB,width=32,height=32 !
 *   fakesink
 * ]|
 * A folder of pictures, shown three times over, each time in another order.
 */
#include "elements.h"
#include "frame-time.h"
#include "label-meta.h"

#include <generative/dataset.h>
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>

#define GST_TYPE_DATASET_SRC (gst_dataset_src_get_type ())
G_DECLARE_FINAL_TYPE (GstDatasetSrc, gst_dataset_src, GST, DATASET_SRC, GstPushSrc)

GST_DEBUG_CATEGORY_STATIC (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_TILE_WIDTH,
  PROP_TILE_HEIGHT,
  PROP_ROWS_PER_LABEL,
  PROP_SPLIT,
  PROP_VALIDATION_FRACTION,
  PROP_TEST_FRACTION,
  PROP_EPOCHS,
  PROP_SHUFFLE,
  PROP_SEED,
  PROP_FIT,
  PROP_THREADS,
  PROP_SKIPPED,
};

#define DEFAULT_LOCATION NULL
#define DEFAULT_TILE_WIDTH 0
#define DEFAULT_TILE_HEIGHT 0
#define DEFAULT_ROWS_PER_LABEL 0
#define DEFAULT_SPLIT GEN_SPLIT_ALL
#define DEFAULT_VALIDATION_FRACTION 0.1
#define DEFAULT_TEST_FRACTION 0.1
#define DEFAULT_EPOCHS 0
#define DEFAULT_SHUFFLE TRUE
#define DEFAULT_SEED 0
#define DEFAULT_FIT GEN_FIT_CROP
#define DEFAULT_THREADS 0

#define FALLBACK_RATE 30
#define MAX_TILE 32768

struct _GstDatasetSrc {
  GstPushSrc parent;

  /* Properties, under the object lock. */
  char *location;
  GenDatasetSettings tiles;
  GenSequenceSettings order;
  guint epochs;
  GenFit fit;
  int threads;
  guint skipped;
  /* Under the object lock, since unlock comes from another thread. */
  GenLoader *loader;
  gboolean flushing;

  /* The streaming thread's. */
  GenDataset *dataset;
  GenSequence *sequence;
  guint64 frames; /* in all epochs; 0: endless */
  GstVideoInfo info;
  guint64 frame;        /* the next one */
  guint32 length;       /* frames in an epoch */
  guint32 bad_in_a_row; /* frames without a picture */
  gboolean epoch_ended; /* to be told before the next frame */
  gboolean length_told;
  gboolean moved; /* `frame` follows from `position` as soon as the rate is known */
  GstClockTime position;
};

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS ("video/x-raw, format = (string) { RGB, GRAY8, RGBA }, "
                         "width = (int) [ 1, 32768 ], height = (int) [ 1, 32768 ], "
                         "framerate = (fraction) [ 1/2147483647, 2147483647/1 ]"));

G_DEFINE_FINAL_TYPE (GstDatasetSrc, gst_dataset_src, GST_TYPE_PUSH_SRC)
GST_ELEMENT_REGISTER_DEFINE (datasetsrc, "datasetsrc", GST_RANK_NONE, GST_TYPE_DATASET_SRC)

#define GST_TYPE_DATASET_SPLIT (gst_dataset_split_get_type ())
static GType
gst_dataset_split_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_SPLIT_ALL, "All pictures", "all" },
    { GEN_SPLIT_TRAIN, "Those that neither validation nor test gets", "train" },
    { GEN_SPLIT_VALIDATION, "The share of validation-fraction", "validation" },
    { GEN_SPLIT_TEST, "The share of test-fraction", "test" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDatasetSplit", values));
  return type;
}

#define GST_TYPE_DATASET_FIT (gst_dataset_fit_get_type ())
static GType
gst_dataset_fit_get_type (void)
{
  static const GEnumValue values[] = {
    { GEN_FIT_STRETCH, "Scale to the size, whatever the shape becomes", "stretch" },
    { GEN_FIT_CROP, "Scale to cover the size, and cut what stands over", "crop" },
    { GEN_FIT_PAD, "Shrink to fit within, never enlarge, and pad with black", "pad" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDatasetFit", values));
  return type;
}

static void
gst_dataset_src_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstDatasetSrc *self = GST_DATASET_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_LOCATION:
    g_free (self->location);
    self->location = g_value_dup_string (value);
    break;
  case PROP_TILE_WIDTH:
    self->tiles.tile_width = g_value_get_int (value);
    break;
  case PROP_TILE_HEIGHT:
    self->tiles.tile_height = g_value_get_int (value);
    break;
  case PROP_ROWS_PER_LABEL:
    self->tiles.rows_per_label = g_value_get_int (value);
    break;
  case PROP_SPLIT:
    self->order.split = g_value_get_enum (value);
    break;
  case PROP_VALIDATION_FRACTION:
    self->order.validation_fraction = g_value_get_double (value);
    break;
  case PROP_TEST_FRACTION:
    self->order.test_fraction = g_value_get_double (value);
    break;
  case PROP_EPOCHS:
    self->epochs = g_value_get_uint (value);
    break;
  case PROP_SHUFFLE:
    self->order.shuffle = g_value_get_boolean (value);
    break;
  case PROP_SEED:
    self->order.seed = g_value_get_uint64 (value);
    break;
  case PROP_FIT:
    self->fit = g_value_get_enum (value);
    break;
  case PROP_THREADS:
    self->threads = g_value_get_int (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_src_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstDatasetSrc *self = GST_DATASET_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_TILE_WIDTH:
    g_value_set_int (value, self->tiles.tile_width);
    break;
  case PROP_TILE_HEIGHT:
    g_value_set_int (value, self->tiles.tile_height);
    break;
  case PROP_ROWS_PER_LABEL:
    g_value_set_int (value, self->tiles.rows_per_label);
    break;
  case PROP_SPLIT:
    g_value_set_enum (value, self->order.split);
    break;
  case PROP_VALIDATION_FRACTION:
    g_value_set_double (value, self->order.validation_fraction);
    break;
  case PROP_TEST_FRACTION:
    g_value_set_double (value, self->order.test_fraction);
    break;
  case PROP_EPOCHS:
    g_value_set_uint (value, self->epochs);
    break;
  case PROP_SHUFFLE:
    g_value_set_boolean (value, self->order.shuffle);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->order.seed);
    break;
  case PROP_FIT:
    g_value_set_enum (value, self->fit);
    break;
  case PROP_THREADS:
    g_value_set_int (value, self->threads);
    break;
  case PROP_SKIPPED:
    g_value_set_uint (value, self->skipped);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_dataset_src_finalize (GObject *object)
{
  g_free (GST_DATASET_SRC (object)->location);
  G_OBJECT_CLASS (gst_dataset_src_parent_class)->finalize (object);
}

static void
gst_dataset_src_post_error (GstDatasetSrc *self, const GError *error)
{
  switch (error->code) {
  case GEN_DATASET_ERROR_NOT_FOUND:
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND, ("%s", error->message), (NULL));
    break;
  case GEN_DATASET_ERROR_SETTINGS:
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
    break;
  default:
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("%s", error->message), (NULL));
  }
}

static gboolean
gst_dataset_src_start (GstBaseSrc *base)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  g_autofree char *location = NULL;
  g_autoptr (GError) error = NULL;
  GenDatasetSettings tiles;
  GenSequenceSettings order;
  guint epochs;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->location);
  tiles = self->tiles;
  order = self->order;
  epochs = self->epochs;
  self->skipped = 0;
  GST_OBJECT_UNLOCK (self);

  if (location == NULL || location[0] == '\0') {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
        ("Property location is not set: it names a folder of pictures, a sheet or an IDX file"),
        (NULL));
    return FALSE;
  }
  self->dataset = gen_dataset_open (location, &tiles, &error);
  if (self->dataset != NULL)
    self->sequence = gen_sequence_new (self->dataset, &order, &error);
  if (self->sequence == NULL) {
    if (self->dataset != NULL)
      g_prefix_error (&error, "%s: ", location);
    gst_dataset_src_post_error (self, error);
    g_clear_pointer (&self->dataset, gen_dataset_free);
    return FALSE;
  }
  self->length = gen_sequence_get_length (self->sequence);
  self->frames = (guint64)epochs * self->length;
  self->frame = 0;
  self->bad_in_a_row = 0;
  self->epoch_ended = self->moved = self->length_told = FALSE;
  GST_INFO_OBJECT (self, "%s: %u pictures, %u of them in the split, %d classes", location,
      gen_dataset_get_count (self->dataset), self->length,
      gen_dataset_get_label_count (self->dataset));
  return TRUE;
}

/* Put another loader, or none, in the place of the one that there is. */
static void
gst_dataset_src_set_loader (GstDatasetSrc *self, GenLoader *loader)
{
  GenLoader *old;

  GST_OBJECT_LOCK (self);
  old = self->loader;
  self->loader = loader;
  if (loader != NULL)
    gen_loader_set_flushing (loader, self->flushing);
  GST_OBJECT_UNLOCK (self);
  gen_loader_free (old);
}

static gboolean
gst_dataset_src_stop (GstBaseSrc *base)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  gst_dataset_src_set_loader (self, NULL);
  g_clear_pointer (&self->sequence, gen_sequence_free);
  g_clear_pointer (&self->dataset, gen_dataset_free);
  return TRUE;
}

static gboolean
gst_dataset_src_set_flushing (GstDatasetSrc *self, gboolean flushing)
{
  GST_OBJECT_LOCK (self);
  self->flushing = flushing;
  if (self->loader != NULL)
    gen_loader_set_flushing (self->loader, flushing);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_dataset_src_unlock (GstBaseSrc *base)
{
  return gst_dataset_src_set_flushing (GST_DATASET_SRC (base), TRUE);
}

static gboolean
gst_dataset_src_unlock_stop (GstBaseSrc *base)
{
  return gst_dataset_src_set_flushing (GST_DATASET_SRC (base), FALSE);
}

/* The format, of those in `caps`, that holds pictures of so many channels best. */
static const char *
gst_dataset_src_best_format (GstCaps *caps, int channels)
{
  static const char *const formats[][3] = {
    [1] = { "GRAY8", "RGB", "RGBA" },
    [3] = { "RGB", "RGBA", "GRAY8" },
    [4] = { "RGBA", "RGB", "GRAY8" },
  };
  gsize best = 0;

  for (gsize i = G_N_ELEMENTS (formats[0]); i > 0; i--) {
    g_autoptr (GstCaps) wanted = gst_caps_new_simple (
        "video/x-raw", "format", G_TYPE_STRING, formats[channels][i - 1], NULL);

    if (gst_caps_can_intersect (caps, wanted))
      best = i - 1;
  }
  return formats[channels][best];
}

static GstCaps *
gst_dataset_src_fixate (GstBaseSrc *base, GstCaps *caps)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  GstStructure *structure;
  int width, height, channels;

  gen_dataset_get_format (self->dataset, &width, &height, &channels);
  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_string (
      structure, "format", gst_dataset_src_best_format (caps, channels));
  gst_structure_fixate_field_nearest_int (structure, "width", width);
  gst_structure_fixate_field_nearest_int (structure, "height", height);
  gst_structure_fixate_field_nearest_fraction (structure, "framerate", FALLBACK_RATE, 1);
  if (gst_structure_has_field (structure, "pixel-aspect-ratio"))
    gst_structure_fixate_field_nearest_fraction (structure, "pixel-aspect-ratio", 1, 1);
  return GST_BASE_SRC_CLASS (gst_dataset_src_parent_class)->fixate (base, caps);
}

static gboolean
gst_dataset_src_set_caps (GstBaseSrc *base, GstCaps *caps)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  GenLoaderSettings settings;
  GenLoader *loader;

  if (!gst_video_info_from_caps (&self->info, caps))
    return FALSE;
  gst_base_src_set_blocksize (base, (guint)GST_VIDEO_INFO_SIZE (&self->info));
  settings = (GenLoaderSettings){
    .width = GST_VIDEO_INFO_WIDTH (&self->info),
    .height = GST_VIDEO_INFO_HEIGHT (&self->info),
    .channels = GST_VIDEO_INFO_COMP_PSTRIDE (&self->info, 0),
    .frames = self->frames,
  };
  GST_OBJECT_LOCK (self);
  settings.fit = self->fit;
  settings.threads = self->threads;
  GST_OBJECT_UNLOCK (self);

  /* The sequence is one loader's at a time. */
  gst_dataset_src_set_loader (self, NULL);
  loader = gen_loader_new (self->dataset, self->sequence, &settings);
  gen_loader_seek (loader, self->frame);
  gst_dataset_src_set_loader (self, loader);
  return TRUE;
}

/* A pool of our own where the next element offers none. */
static gboolean
gst_dataset_src_decide_allocation (GstBaseSrc *base, GstQuery *query)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  g_autoptr (GstBufferPool) pool = NULL;
  gboolean offered = gst_query_get_n_allocation_pools (query) > 0;
  guint size = 0, min = 0, max = 0;
  GstStructure *config;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (offered)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (pool == NULL)
    pool = gst_video_buffer_pool_new ();
  size = MAX (size, (guint)GST_VIDEO_INFO_SIZE (&self->info));
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_set_config (pool, config);
  if (offered)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  return GST_BASE_SRC_CLASS (gst_dataset_src_parent_class)->decide_allocation (base, query);
}

static GstClockTime
gst_dataset_src_frame_time (GstDatasetSrc *self, guint64 frame)
{
  return gst_generative_frame_time (
      frame, GST_VIDEO_INFO_FPS_N (&self->info), GST_VIDEO_INFO_FPS_D (&self->info));
}

static gboolean
gst_dataset_src_convert (
    GstDatasetSrc *self, GstFormat from, gint64 value, GstFormat to, gint64 *out)
{
  if (from == to || value == -1)
    *out = value;
  else if (value < 0 || GST_VIDEO_INFO_FPS_N (&self->info) == 0)
    return FALSE;
  else if (from == GST_FORMAT_DEFAULT && to == GST_FORMAT_TIME)
    *out = (gint64)gst_dataset_src_frame_time (self, (guint64)value);
  else if (from == GST_FORMAT_TIME && to == GST_FORMAT_DEFAULT)
    *out = (gint64)gst_generative_time_frame ((GstClockTime)value,
        GST_VIDEO_INFO_FPS_N (&self->info), GST_VIDEO_INFO_FPS_D (&self->info));
  else
    return FALSE;
  return TRUE;
}

static gboolean
gst_dataset_src_query (GstBaseSrc *base, GstQuery *query)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CONVERT: {
    GstFormat from, to;
    gint64 value, result;

    gst_query_parse_convert (query, &from, &value, &to, &result);
    if (!gst_dataset_src_convert (self, from, value, to, &result))
      return FALSE;
    gst_query_set_convert (query, from, value, to, result);
    return TRUE;
  }
  case GST_QUERY_DURATION: {
    guint64 frames = self->frames;
    GstFormat format;
    int num_buffers;
    gint64 result;

    gst_query_parse_duration (query, &format, NULL);
    g_object_get (self, "num-buffers", &num_buffers, NULL);
    if (num_buffers >= 0)
      frames = frames == 0 ? (guint64)num_buffers : MIN (frames, (guint64)num_buffers);
    if (frames == 0 ||
        !gst_dataset_src_convert (self, GST_FORMAT_DEFAULT, (gint64)frames, format, &result))
      return GST_BASE_SRC_CLASS (gst_dataset_src_parent_class)->query (base, query);
    gst_query_set_duration (query, format, result);
    return TRUE;
  }
  default:
    return GST_BASE_SRC_CLASS (gst_dataset_src_parent_class)->query (base, query);
  }
}

static gboolean
gst_dataset_src_is_seekable (GstBaseSrc *base)
{
  return TRUE;
}

static gboolean
gst_dataset_src_do_seek (GstBaseSrc *base, GstSegment *segment)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);

  if (segment->rate < 0) {
    GST_WARNING_OBJECT (self, "a dataset is not played backwards");
    return FALSE;
  }
  self->position = segment->position;
  self->moved = TRUE;
  return TRUE;
}

/* Follow the last seek. */
static void
gst_dataset_src_move (GstDatasetSrc *self)
{
  self->moved = FALSE;
  self->epoch_ended = FALSE;
  self->bad_in_a_row = 0;
  self->frame = gst_generative_time_frame (
      self->position, GST_VIDEO_INFO_FPS_N (&self->info), GST_VIDEO_INFO_FPS_D (&self->info));
  gen_loader_seek (self->loader, self->frame);
}

static void
gst_dataset_src_tell_epoch (GstDatasetSrc *self)
{
  self->epoch_ended = FALSE;
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self),
                              gst_structure_new ("generative-epoch", "epoch", G_TYPE_UINT64,
                                  self->frame / self->length - 1, "frames", G_TYPE_UINT,
                                  self->length, "skipped", G_TYPE_UINT, self->skipped, NULL)));
}

static void
gst_dataset_src_tell_length (GstDatasetSrc *self)
{
  self->length_told = TRUE;
  gst_pad_push_event (
      GST_BASE_SRC_PAD (self), gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
                                   gst_structure_new ("generative-dataset", "length", G_TYPE_UINT,
                                       (guint)self->length, NULL)));
}

/* On to the next frame. */
static void
gst_dataset_src_step (GstDatasetSrc *self, guint64 frame)
{
  self->frame = frame + 1;
  self->epoch_ended = self->frame % self->length == 0;
}

/* A frame that has no picture: count it and tell of it. */
static GstFlowReturn
gst_dataset_src_leave_out (GstDatasetSrc *self, guint64 frame, const GError *error)
{
  gst_dataset_src_step (self, frame);
  if (error != NULL) {
    guint skipped = gen_loader_get_skipped (self->loader);

    GST_OBJECT_LOCK (self);
    self->skipped = skipped;
    GST_OBJECT_UNLOCK (self);
    GST_ELEMENT_WARNING (
        self, RESOURCE, READ, ("Left out: %s", error->message), ("%u left out so far", skipped));
  }
  if (++self->bad_in_a_row < self->length)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (self, RESOURCE, READ,
      ("None of the %u pictures of the split can be decoded", self->length), (NULL));
  return GST_FLOW_ERROR;
}

/* The next picture that there is, into `target`. */
static GstFlowReturn
gst_dataset_src_load (GstDatasetSrc *self, GenPicture *target, guint64 *frame, guint32 *item)
{
  for (;;) {
    g_autoptr (GError) error = NULL;
    GstFlowReturn flow;

    if (!self->length_told)
      gst_dataset_src_tell_length (self);
    if (self->epoch_ended)
      gst_dataset_src_tell_epoch (self);
    switch (gen_loader_next (self->loader, target, frame, item, &error)) {
    case GEN_LOADER_PICTURE:
      return GST_FLOW_OK;
    case GEN_LOADER_BAD:
      flow = gst_dataset_src_leave_out (self, *frame, error);
      if (flow != GST_FLOW_OK)
        return flow;
      break;
    case GEN_LOADER_END:
      return GST_FLOW_EOS;
    case GEN_LOADER_FLUSHING:
      return GST_FLOW_FLUSHING;
    }
  }
}

static GstFlowReturn
gst_dataset_src_fill (GstPushSrc *push, GstBuffer *buffer)
{
  GstDatasetSrc *self = GST_DATASET_SRC (push);
  GstVideoFrame video;
  GenPicture target;
  GstFlowReturn flow;
  guint64 frame;
  guint32 item;
  int label;

  if (self->moved)
    gst_dataset_src_move (self);
  if (!gst_video_frame_map (&video, &self->info, buffer, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  target = (GenPicture){
    .data = GST_VIDEO_FRAME_PLANE_DATA (&video, 0),
    .width = GST_VIDEO_FRAME_WIDTH (&video),
    .height = GST_VIDEO_FRAME_HEIGHT (&video),
    .channels = GST_VIDEO_FRAME_COMP_PSTRIDE (&video, 0),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&video, 0),
  };
  flow = gst_dataset_src_load (self, &target, &frame, &item);
  gst_video_frame_unmap (&video);
  if (flow != GST_FLOW_OK)
    return flow;

  GST_BUFFER_PTS (buffer) = gst_dataset_src_frame_time (self, frame);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) =
      gst_dataset_src_frame_time (self, frame + 1) - GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = frame;
  GST_BUFFER_OFFSET_END (buffer) = frame + 1;
  label = gen_dataset_get_label (self->dataset, item);
  gst_generative_label_add (
      buffer, label, label < 0 ? NULL : gen_dataset_get_label_name (self->dataset, label), item);
  self->bad_in_a_row = 0;
  gst_dataset_src_step (self, frame);
  return GST_FLOW_OK;
}

static void
gst_dataset_src_class_init (GstDatasetSrcClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  GstPushSrcClass *push_class = GST_PUSH_SRC_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (dataset_src_debug, "datasetsrc", 0, "source of datasets");
  gst_generative_label_register ();

  gobject_class->set_property = gst_dataset_src_set_property;
  gobject_class->get_property = gst_dataset_src_get_property;
  gobject_class->finalize = gst_dataset_src_finalize;

  g_object_class_install_property (gobject_class, PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "A folder of pictures (each sub-folder a class), a sheet of tiles, an IDX file "
          "(gzipped or not), or one picture",
          DEFAULT_LOCATION, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_int ("tile-width", "Tile width",
          "Width of a sheet's tiles in pixels (0: as tile-height; both 0: the picture is whole)", 0,
          MAX_TILE, DEFAULT_TILE_WIDTH, flags));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_int ("tile-height", "Tile height",
          "Height of a sheet's tiles in pixels (0: as tile-width)", 0, MAX_TILE,
          DEFAULT_TILE_HEIGHT, flags));
  g_object_class_install_property (gobject_class, PROP_ROWS_PER_LABEL,
      g_param_spec_int ("rows-per-label", "Rows per label",
          "How many rows of a sheet's tiles make one class (0: no classes)", 0, G_MAXINT,
          DEFAULT_ROWS_PER_LABEL, flags));
  g_object_class_install_property (gobject_class, PROP_SPLIT,
      g_param_spec_enum ("split", "Split",
          "Which pictures; each class is dealt to the splits in the same shares, which depend on "
          "the seed",
          GST_TYPE_DATASET_SPLIT, DEFAULT_SPLIT, flags));
  g_object_class_install_property (gobject_class, PROP_VALIDATION_FRACTION,
      g_param_spec_double ("validation-fraction", "Validation fraction",
          "Share of the pictures in split=validation", 0, 1, DEFAULT_VALIDATION_FRACTION, flags));
  g_object_class_install_property (gobject_class, PROP_TEST_FRACTION,
      g_param_spec_double ("test-fraction", "Test fraction", "Share of the pictures in split=test",
          0, 1, DEFAULT_TEST_FRACTION, flags));
  g_object_class_install_property (gobject_class, PROP_EPOCHS,
      g_param_spec_uint ("epochs", "Epochs", "How often all pictures are shown (0: endlessly)", 0,
          G_MAXUINT, DEFAULT_EPOCHS, flags));
  g_object_class_install_property (gobject_class, PROP_SHUFFLE,
      g_param_spec_boolean ("shuffle", "Shuffle",
          "Draw a new order for each epoch, instead of the dataset's own", DEFAULT_SHUFFLE, flags));
  g_object_class_install_property (gobject_class, PROP_SEED,
      g_param_spec_uint64 ("seed", "Seed", "Same seed, same splits and same order", 0, G_MAXUINT64,
          DEFAULT_SEED, flags));
  g_object_class_install_property (gobject_class, PROP_FIT,
      g_param_spec_enum ("fit", "Fit",
          "How a picture of another size comes to the size that is asked for", GST_TYPE_DATASET_FIT,
          DEFAULT_FIT, flags));
  g_object_class_install_property (gobject_class, PROP_THREADS,
      g_param_spec_int ("threads", "Threads",
          "Threads that decode a folder's pictures ahead (0: one for each processor)", 0, 256,
          DEFAULT_THREADS, flags));
  g_object_class_install_property (gobject_class, PROP_SKIPPED,
      g_param_spec_uint ("skipped", "Skipped",
          "How many pictures were left out because they cannot be decoded", 0, G_MAXUINT, 0,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Dataset source", "Source/File/Video",
      "Sources the pictures of a folder, a sheet or an IDX file, shuffled and split, epoch after "
      "epoch",
      "gst-generative");

  base_class->start = gst_dataset_src_start;
  base_class->stop = gst_dataset_src_stop;
  base_class->unlock = gst_dataset_src_unlock;
  base_class->unlock_stop = gst_dataset_src_unlock_stop;
  base_class->fixate = gst_dataset_src_fixate;
  base_class->set_caps = gst_dataset_src_set_caps;
  base_class->decide_allocation = gst_dataset_src_decide_allocation;
  base_class->query = gst_dataset_src_query;
  base_class->is_seekable = gst_dataset_src_is_seekable;
  base_class->do_seek = gst_dataset_src_do_seek;
  push_class->fill = gst_dataset_src_fill;

  gst_type_mark_as_plugin_api (GST_TYPE_DATASET_SPLIT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_DATASET_FIT, 0);
}

static void
gst_dataset_src_init (GstDatasetSrc *self)
{
  self->order = GEN_SEQUENCE_DEFAULTS;
  self->order.split = DEFAULT_SPLIT;
  self->order.validation_fraction = DEFAULT_VALIDATION_FRACTION;
  self->order.test_fraction = DEFAULT_TEST_FRACTION;
  self->order.shuffle = DEFAULT_SHUFFLE;
  self->order.seed = DEFAULT_SEED;
  self->tiles.tile_width = DEFAULT_TILE_WIDTH;
  self->tiles.tile_height = DEFAULT_TILE_HEIGHT;
  self->tiles.rows_per_label = DEFAULT_ROWS_PER_LABEL;
  self->epochs = DEFAULT_EPOCHS;
  self->fit = DEFAULT_FIT;
  self->threads = DEFAULT_THREADS;
  gst_video_info_init (&self->info);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
}
