/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-discriminator
 * @title: discriminator
 * @short_description: scores each frame with a model
 *
 * Gives each frame the score of an ONNX model that makes one number of a picture, as the
 * discriminator of a GAN does. The number is told as the model makes it. Frames pass unchanged,
 * with the score as a meta, on the bus and in a report; with `action=drop` those below
 * `threshold` do not pass.
 *
 * A frame that is a multiple of the model's picture size is a wall of pictures: its score is the
 * mean over them, and the least and greatest are told as well.
 *
 * Frames of cameras and decoders, NV12 and I420, are read as they are.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc num-buffers=90 ! generator model=ball/generator.onnx !
 *   discriminator model=ball/discriminator.onnx report=scores.jsonl ! fakesink
 * ]|
 * Both models are those that gantrainer's example trains.
 */
#include "elements.h"
#include "frames.h"
#include "modelfile.h"
#include "scorefilter.h"

#include <math.h>
#include <string.h>

#define GST_TYPE_DISCRIMINATOR (gst_discriminator_get_type ())
G_DECLARE_FINAL_TYPE (GstDiscriminator, gst_discriminator, GST, DISCRIMINATOR, GstScoreFilter)

GST_DEBUG_CATEGORY_STATIC (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

typedef enum {
  ACTION_TAG,
  ACTION_DROP,
} GstDiscriminatorAction;

enum {
  PROP_0,
  PROP_MODEL,
  PROP_DEVICE,
  PROP_KERNELS,
  PROP_THREADS,
  PROP_THRESHOLD,
  PROP_ACTION,
  PROP_TILE_WIDTH,
  PROP_TILE_HEIGHT,
  PROP_INPUT_RANGE,
};

#define DEFAULT_DEVICE GST_GENERATIVE_DEVICE_AUTO
#define DEFAULT_KERNELS GEN_CHOICE_MEASURE
#define DEFAULT_THREADS 0
#define DEFAULT_THRESHOLD 0.5
#define DEFAULT_ACTION ACTION_TAG
#define DEFAULT_TILE 0

/* In the order of `fields`. */
enum {
  FIELD_SCORE,
  FIELD_MINIMUM,
  FIELD_MAXIMUM,
  FIELD_TILES,
  FIELD_PASSED,
  N_FIELDS,
};

static const GenField fields[N_FIELDS] = {
  [FIELD_SCORE] = { "score", GEN_FIELD_NUMBER, NULL },
  [FIELD_MINIMUM] = { "score-minimum", GEN_FIELD_NUMBER, NULL },
  [FIELD_MAXIMUM] = { "score-maximum", GEN_FIELD_NUMBER, NULL },
  [FIELD_TILES] = { "tiles", GEN_FIELD_COUNT, NULL },
  [FIELD_PASSED] = { "passed", GEN_FIELD_COUNT, NULL },
};

struct _GstDiscriminator {
  GstScoreFilter parent;

  /* Properties, under the object lock. */
  char *path, *input_range;
  GstGenerativeDevice device;
  GenChoice kernels;
  GstDiscriminatorAction action;
  guint threads;
  double threshold;
  int tile_width, tile_height;

  GenModel *model; /* under the object lock; NULL while stopped */
  GenPort input, output;
  const GenDevice *found;

  /* The streaming thread's. */
  GenModelUse use;
  GenPlan *plan;
  GenSession *session; /* in its place, of a staged model */
  int tiles, columns;
  gboolean single; /* the model takes one picture at a time */
  GenTally tally;
  guint64 measured, dropped;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK,
    GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_INPUT_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC,
    GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_INPUT_FORMATS)));

G_DEFINE_FINAL_TYPE (GstDiscriminator, gst_discriminator, GST_TYPE_SCORE_FILTER)
GST_ELEMENT_REGISTER_DEFINE (discriminator, "discriminator", GST_RANK_NONE, GST_TYPE_DISCRIMINATOR)

#define GST_TYPE_DISCRIMINATOR_ACTION (gst_discriminator_action_get_type ())
static GType
gst_discriminator_action_get_type (void)
{
  static const GEnumValue values[] = {
    { ACTION_TAG, "Let all frames pass, with their scores", "tag" },
    { ACTION_DROP, "Drop frames whose score is below the threshold", "drop" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDiscriminatorAction", values));
  return type;
}

static void
gst_discriminator_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_free (self->path);
    self->path = g_value_dup_string (value);
    break;
  case PROP_DEVICE:
    self->device = g_value_get_enum (value);
    break;
  case PROP_KERNELS:
    self->kernels = g_value_get_enum (value);
    break;
  case PROP_THREADS:
    self->threads = g_value_get_uint (value);
    break;
  case PROP_THRESHOLD:
    self->threshold = g_value_get_double (value);
    break;
  case PROP_ACTION:
    self->action = g_value_get_enum (value);
    break;
  case PROP_TILE_WIDTH:
    self->tile_width = g_value_get_int (value);
    break;
  case PROP_TILE_HEIGHT:
    self->tile_height = g_value_get_int (value);
    break;
  case PROP_INPUT_RANGE:
    g_free (self->input_range);
    self->input_range = g_value_dup_string (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_discriminator_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (object);

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_value_set_string (value, self->path);
    break;
  case PROP_DEVICE:
    g_value_set_enum (value, self->device);
    break;
  case PROP_KERNELS:
    g_value_set_enum (value, self->kernels);
    break;
  case PROP_THREADS:
    g_value_set_uint (value, self->threads);
    break;
  case PROP_THRESHOLD:
    g_value_set_double (value, self->threshold);
    break;
  case PROP_ACTION:
    g_value_set_enum (value, self->action);
    break;
  case PROP_TILE_WIDTH:
    g_value_set_int (value, self->tile_width);
    break;
  case PROP_TILE_HEIGHT:
    g_value_set_int (value, self->tile_height);
    break;
  case PROP_INPUT_RANGE:
    g_value_set_string (value, self->input_range);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_discriminator_finalize (GObject *object)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (object);

  g_free (self->path);
  g_free (self->input_range);
  G_OBJECT_CLASS (gst_discriminator_parent_class)->finalize (object);
}

/* --- starting and stopping --- */

/* A picture in, one number out. */
static gboolean
choose_ports (GstDiscriminator *self, GenModel *model, GError **error)
{
  const GenPort *input = gen_model_find_input (model, GEN_PORT_PICTURE);
  const GenPort *output = gen_model_find_output (model, GEN_PORT_VECTOR);
  g_autofree char *text = gen_model_describe (model);

  if (input == NULL)
    input = gen_model_find_input (model, GEN_PORT_VECTOR);
  if (input != NULL)
    self->input = *input;
  if (model->graph->inputs->len != 1 || input == NULL || input->type != GEN_TYPE_FLOAT32 ||
      (input->kind == GEN_PORT_VECTOR &&
          !gen_port_make_picture (&self->input, self->tile_width, self->tile_height)) ||
      output == NULL || output->length != 1 || output->type != GEN_TYPE_FLOAT32) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: a discriminator makes one float32 number [N, 1] of a picture [N, C, H, W]; this "
        "model %s",
        model->path, text);
    return FALSE;
  }
  self->output = *output;
  if (self->input.width < 0 && self->tile_width > 0)
    self->input.width = self->tile_width;
  if (self->input.height < 0 && self->tile_height > 0)
    self->input.height = self->tile_height;
  if ((self->tile_width > 0 && self->tile_width != self->input.width) ||
      (self->tile_height > 0 && self->tile_height != self->input.height)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: tile-width and tile-height are %d x %d, but the model takes %d x %d", model->path,
        self->tile_width, self->tile_height, self->input.width, self->input.height);
    return FALSE;
  }
  return gst_generative_override_range (&self->input, "input-range", self->input_range, error);
}

static gboolean
gst_discriminator_open (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;

  self->found = gst_generative_device_find (GST_ELEMENT (self), self->device, &error);
  if (self->found == NULL) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  model = gst_generative_load_model (GST_ELEMENT (self), self->path);
  if (model == NULL)
    return FALSE;
  if (!choose_ports (self, model, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  self->tally = (GenTally){ 0 };
  self->measured = self->dropped = 0;
  GST_OBJECT_LOCK (self);
  self->model = g_steal_pointer (&model);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static void
gst_discriminator_close (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  GenModel *model;

  g_clear_pointer (&self->plan, gen_plan_free);
  g_clear_pointer (&self->session, gen_session_free);
  GST_OBJECT_LOCK (self);
  model = g_steal_pointer (&self->model);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&model, gen_model_unref);
}

static const GenField *
gst_discriminator_get_fields (GstScoreFilter *filter, guint *n)
{
  *n = N_FIELDS;
  return fields;
}

/* --- caps --- */

static void
set_multiples (GstStructure *structure, const char *field, int size)
{
  GValue range = G_VALUE_INIT;

  if (size <= 0)
    return;
  g_value_init (&range, GST_TYPE_INT_RANGE);
  gst_value_set_int_range_step (&range, size, MAX (G_MAXINT16 / size, 2) * size, size);
  gst_structure_take_value (structure, field, &range);
}

/* One picture of the model's size is preferred, walls are taken. */
static GstCaps *
own_caps (GstDiscriminator *self)
{
  GstStructure *one = gst_structure_new_empty ("video/x-raw"), *wall;
  GstCaps *caps = gst_caps_new_empty ();
  GenPort port;

  GST_OBJECT_LOCK (self);
  port = self->input;
  GST_OBJECT_UNLOCK (self);
  wall = gst_structure_copy (one);
  gst_generative_formats_set (one, port.channels, TRUE, FALSE, TRUE);
  /* Where two by two pixels share chroma, pictures that are read one by one have to be even. */
  gst_generative_formats_set (wall, port.channels, TRUE, FALSE,
      port.batch != 1 ||
          (port.width > 0 && port.width % 2 == 0 && port.height > 0 && port.height % 2 == 0));
  if (port.width > 0)
    gst_structure_set (one, "width", G_TYPE_INT, port.width, NULL);
  if (port.height > 0)
    gst_structure_set (one, "height", G_TYPE_INT, port.height, NULL);
  set_multiples (wall, "width", port.width);
  set_multiples (wall, "height", port.height);
  gst_caps_append_structure (caps, one);
  return gst_caps_merge_structure (caps, wall);
}

static GstCaps *
gst_discriminator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  g_autoptr (GstCaps) own = NULL;
  GstCaps *result;
  gboolean started;

  GST_OBJECT_LOCK (self);
  started = self->model != NULL;
  GST_OBJECT_UNLOCK (self);
  own = started ? own_caps (self) : gst_static_pad_template_get_caps (&sink_template);
  result = gst_caps_intersect_full (own, caps, GST_CAPS_INTERSECT_FIRST);
  if (filter != NULL) {
    GstCaps *all = result;

    result = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return result;
}

/* Whether a device that was chosen by itself gives way to the CPU after `error`. */
static gboolean
fall_back (GstDiscriminator *self, const GError *error)
{
  gboolean falls;

  GST_OBJECT_LOCK (self);
  falls = error->domain == GEN_DEVICE_ERROR && self->device == GST_GENERATIVE_DEVICE_AUTO &&
          self->use.plan.device != &gen_device_cpu;
  GST_OBJECT_UNLOCK (self);
  if (!falls)
    return FALSE;
  gst_generative_announce_cpu (GST_ELEMENT (self), error);
  self->found = self->use.plan.device = &gen_device_cpu;
  return TRUE;
}

static gboolean
compile (GstDiscriminator *self, const GenFrameLayout *layout)
{
  g_autoptr (GError) error = NULL;

  self->use.from = *layout;
  g_clear_pointer (&self->plan, gen_plan_free);
  g_clear_pointer (&self->session, gen_session_free);
  if (self->model->staged)
    self->session = gen_model_open (self->model, &self->use, &error);
  else
    self->plan = gen_model_compile (self->model, &self->use, &error);
  if (self->plan != NULL || self->session != NULL)
    return TRUE;
  if (fall_back (self, error))
    return compile (self, layout);
  gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

static gboolean
gst_discriminator_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *info,
    GstCaps *out_caps, GstVideoInfo *out_info)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  int width = self->input.width, height = self->input.height;
  GenFrameLayout layout;

  width = width > 0 ? width : info->width;
  height = height > 0 ? height : info->height;
  if (info->width % width != 0 || info->height % height != 0) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("Frames are %d x %d, but the model takes %d x %d: put videoscale in front", info->width,
            info->height, width, height),
        (NULL));
    return FALSE;
  }
  self->columns = info->width / width;
  self->tiles = self->columns * (info->height / height);
  self->single = self->input.batch == 1;
  self->use = (GenModelUse){ .input = self->input,
    .output = self->output,
    .frames = 1,
    .pictures = self->single ? 1 : self->tiles,
    .height = height,
    .width = width,
    .from_frames = TRUE,
    .plan = { .device = self->found, .threads = (int)self->threads, .choice = self->kernels } };
  self->use.input.height = height;
  self->use.input.width = width;
  return gst_generative_layout (
             info, self->input.channels, self->single ? 1 : self->columns, TRUE, &layout) &&
         compile (self, &layout);
}

static gboolean
gst_discriminator_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);
  GstCaps *filter, *result;

  if (!GST_BASE_TRANSFORM_CLASS (gst_discriminator_parent_class)->query (base, direction, query))
    return FALSE;
  if (direction != GST_PAD_SINK || GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return TRUE;
  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &result);
  if (filter != NULL && !gst_caps_is_empty (filter) && gst_caps_is_empty (result)) {
    g_autoptr (GstCaps) own = NULL;
    gboolean started;

    GST_OBJECT_LOCK (self);
    started = self->model != NULL;
    GST_OBJECT_UNLOCK (self);
    if (started) {
      own = own_caps (self);
      GST_ELEMENT_WARNING (self, CORE, NEGOTIATION,
          ("The frames do not fit the model, which takes %d x %d pixels of %d channels, or walls "
           "of these: put videoconvert and videoscale in front",
              self->input.width, self->input.height, self->input.channels),
          ("takes %" GST_PTR_FORMAT, (void *)own));
    }
  }
  return TRUE;
}

/* --- frames --- */

/* The scores of the pictures at `tile`, in each plane, which hold until the next run. */
static const float *
try_tile (GstDiscriminator *self, const guint8 *const *tile, GError **error)
{
  guint planes = (guint)gen_frame_layout_planes (&self->use.from);
  GenBinding inputs[GST_VIDEO_MAX_PLANES];
  const GenBinding *made = NULL;

  if (self->plan != NULL) {
    for (guint p = 0; p < planes; p++)
      gen_plan_bind_input (self->plan, p, tile[p]);
    return gen_plan_run (self->plan, error) ? gen_plan_output (self->plan, 0)->data : NULL;
  }
  for (guint p = 0; p < planes; p++) {
    inputs[p] = gen_session_input (self->session, p);
    inputs[p].data = (gpointer)tile[p];
  }
  if (!gen_session_run (self->session, inputs, error))
    return NULL;
  made = gen_session_output (self->session, 0);
  if (made->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&made->shape) == self->use.pictures)
    return made->data;
  g_autofree char *shape = gen_shape_to_string (&made->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "the model makes %s of %d pictures, where a score of each was expected", shape,
      self->use.pictures);
  return NULL;
}

/* The same; NULL when an error was posted. */
static const float *
run_tile (GstDiscriminator *self, const guint8 *const *tile)
{
  g_autoptr (GError) error = NULL;
  const float *scores = try_tile (self, tile, &error);

  if (scores != NULL)
    return scores;
  if (fall_back (self, error)) {
    GenFrameLayout layout = self->use.from;

    g_clear_error (&error);
    if (!compile (self, &layout))
      return NULL;
    scores = try_tile (self, tile, &error);
  }
  if (scores == NULL)
    gst_generative_post_error (GST_ELEMENT (self), error);
  return scores;
}

/* Run the model on the mapped frame; `values` receives the fields. */
static gboolean
run_model (GstDiscriminator *self, const GstVideoFrame *frame, double *values)
{
  const GenModelUse *use = &self->use;
  double sum = 0, least = INFINITY, greatest = -INFINITY;
  GenFrameLayout layout;

  if (!gst_generative_layout_of_frame (
          frame, use->input.channels, use->from.columns, TRUE, &layout)) {
    GST_ELEMENT_ERROR (
        self, STREAM, FORMAT, ("The planes of a frame differ in their strides"), (NULL));
    return FALSE;
  }
  if (!gst_generative_layout_equal (&layout, &use->from) && !compile (self, &layout))
    return FALSE;
  for (int first = 0; first < self->tiles; first += use->pictures) {
    const guint8 *tile[GST_VIDEO_MAX_PLANES];
    const float *scores;

    for (int p = 0; p < gen_frame_layout_planes (&use->from); p++)
      tile[p] = (const guint8 *)frame->data[p] + gen_frame_layout_offset (&use->from, p,
                                                     first % self->columns * use->width,
                                                     first / self->columns * use->height);
    scores = run_tile (self, tile);
    if (scores == NULL)
      return FALSE;
    for (int i = 0; i < use->pictures; i++) {
      sum += scores[i];
      least = MIN (least, scores[i]);
      greatest = MAX (greatest, scores[i]);
    }
  }
  values[FIELD_SCORE] = sum / self->tiles;
  values[FIELD_MINIMUM] = self->tiles > 1 ? least : NAN;
  values[FIELD_MAXIMUM] = self->tiles > 1 ? greatest : NAN;
  values[FIELD_TILES] = self->tiles > 1 ? self->tiles : NAN;
  return TRUE;
}

static GstFlowReturn
gst_discriminator_measure (GstScoreFilter *filter, const GstVideoFrame *frame, double *values)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  GstDiscriminatorAction action;
  double threshold;

  if (!run_model (self, frame, values))
    return GST_FLOW_ERROR;
  gst_object_sync_values (
      GST_OBJECT (self), gst_segment_to_stream_time (&GST_BASE_TRANSFORM (self)->segment,
                             GST_FORMAT_TIME, GST_BUFFER_PTS (frame->buffer)));
  GST_OBJECT_LOCK (self);
  threshold = self->threshold;
  action = self->action;
  GST_OBJECT_UNLOCK (self);
  values[FIELD_PASSED] = values[FIELD_SCORE] >= threshold;
  gen_tally_add (&self->tally, values[FIELD_SCORE]);
  self->measured++;
  if (action == ACTION_TAG || values[FIELD_PASSED] != 0)
    return GST_FLOW_OK;
  self->dropped++;
  return GST_BASE_TRANSFORM_FLOW_DROPPED;
}

static JsonObject *
gst_discriminator_summarise (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  JsonObject *summary = json_object_new ();

  json_object_set_int_member (summary, "frames", (gint64)self->measured);
  json_object_set_int_member (summary, "dropped", (gint64)self->dropped);
  json_object_set_object_member (summary, "score", gen_tally_to_json (&self->tally));
  return summary;
}

static void
gst_discriminator_class_init (GstDiscriminatorClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstScoreFilterClass *filter_class = GST_SCORE_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  const GParamFlags ready = flags | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (discriminator_debug, "discriminator", 0, "scores of a model");

  gobject_class->set_property = gst_discriminator_set_property;
  gobject_class->get_property = gst_discriminator_get_property;
  gobject_class->finalize = gst_discriminator_finalize;

  g_object_class_install_property (gobject_class, PROP_MODEL,
      g_param_spec_string ("model", "Model", "The ONNX file to score with", NULL, ready));
  g_object_class_install_property (gobject_class, PROP_DEVICE,
      g_param_spec_enum ("device", "Device", "Where the model runs", GST_TYPE_GENERATIVE_DEVICE,
          DEFAULT_DEVICE, ready));
  g_object_class_install_property (gobject_class, PROP_KERNELS,
      g_param_spec_enum ("kernels", "Kernels",
          "How the kernels of layers are chosen: measuring takes up to 1.5 seconds when a model is "
          "loaded for the first time on a machine",
          GST_TYPE_GENERATIVE_KERNELS, DEFAULT_KERNELS, ready));
  g_object_class_install_property (gobject_class, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads", "How many threads to use (0: one for each core)", 0,
          1024, DEFAULT_THREADS, ready));
  g_object_class_install_property (gobject_class, PROP_THRESHOLD,
      g_param_spec_double ("threshold", "Threshold", "Frames with at least this score pass",
          -G_MAXDOUBLE, G_MAXDOUBLE, DEFAULT_THRESHOLD,
          flags | GST_PARAM_CONTROLLABLE | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_ACTION,
      g_param_spec_enum ("action", "Action", "What happens to frames below the threshold",
          GST_TYPE_DISCRIMINATOR_ACTION, DEFAULT_ACTION, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_int ("tile-width", "Tile width",
          "Width of the pictures in a wall, for a model that takes any size (0: the model's, or "
          "the frame's)",
          0, G_MAXINT16, DEFAULT_TILE, ready));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_int ("tile-height", "Tile height",
          "Height of the pictures in a wall, for a model that takes any size (0: the model's, or "
          "the frame's)",
          0, G_MAXINT16, DEFAULT_TILE, ready));
  g_object_class_install_property (gobject_class, PROP_INPUT_RANGE,
      g_param_spec_string ("input-range", "Input range",
          "The numbers that the model takes for black and white, such as -1,1 (unset: what the "
          "model says)",
          NULL, ready));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Discriminator", "Filter/Analyzer/Video",
      "Scores frames with a model, and drops those that are not good enough", "gst-generative");

  base_class->transform_caps = gst_discriminator_transform_caps;
  base_class->query = gst_discriminator_query;
  GST_VIDEO_FILTER_CLASS (klass)->set_info = gst_discriminator_set_info;
  filter_class->open = gst_discriminator_open;
  filter_class->close = gst_discriminator_close;
  filter_class->get_fields = gst_discriminator_get_fields;
  filter_class->measure = gst_discriminator_measure;
  filter_class->summarise = gst_discriminator_summarise;

  gst_type_mark_as_plugin_api (GST_TYPE_DISCRIMINATOR_ACTION, 0);
}

static void
gst_discriminator_init (GstDiscriminator *self)
{
  self->device = DEFAULT_DEVICE;
  self->kernels = DEFAULT_KERNELS;
  self->threads = DEFAULT_THREADS;
  self->threshold = DEFAULT_THRESHOLD;
  self->action = DEFAULT_ACTION;
}
