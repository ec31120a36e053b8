/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-generator
 * @title: generator
 * @short_description: plays a generative model
 *
 * Turns latents into pictures, or pictures into pictures, with an ONNX model. What the model
 * takes and makes is read from its shapes, so that caps need not be given. The last kernel
 * writes straight into the next element's buffers.
 *
 * A buffer of several latents (dimensions=100:48) becomes one picture, a wall of theirs.
 * `batch-size` gathers several buffers for a run instead, which is faster and later. When the
 * model's file is replaced, the new one plays from the next frame on; a broken one is reported
 * as a warning while the old one plays on.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc walk=slerp num-buffers=90 !
 *   generator model=ball/generator.onnx ! videoconvert ! y4menc ! filesink location=walk.y4m
 * ]|
 * Three seconds of a walk, with the model that gantrainer's example trains.
 */
#include "elements.h"
#include "frames.h"
#include "generatorcaps.h"
#include "modelfile.h"
#include "tensors.h"

#include <gst/base/gstbasetransform.h>
#include <string.h>

#define GST_TYPE_GENERATOR (gst_generator_get_type ())
G_DECLARE_FINAL_TYPE (GstGenerator, gst_generator, GST, GENERATOR, GstBaseTransform)

GST_DEBUG_CATEGORY_STATIC (generator_debug);
#define GST_CAT_DEFAULT generator_debug

enum {
  PROP_0,
  PROP_MODEL,
  PROP_DEVICE,
  PROP_PRECISION,
  PROP_BATCH_SIZE,
  PROP_THREADS,
  PROP_COLUMNS,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_INPUT_RANGE,
  PROP_OUTPUT_RANGE,
  PROP_RELOAD,
};

#define DEFAULT_DEVICE GST_GENERATIVE_DEVICE_AUTO
#define DEFAULT_PRECISION GST_GENERATIVE_PRECISION_AUTO
#define DEFAULT_BATCH_SIZE 1
#define DEFAULT_THREADS 0
#define DEFAULT_COLUMNS 0
#define DEFAULT_SIZE 0
#define DEFAULT_RELOAD TRUE
#define MAX_BATCH_SIZE 64

typedef struct {
  char *model, *input_range, *output_range;
  GstGenerativeDevice device;
  GstGenerativePrecision precision;
  guint batch_size, threads, columns;
  int width, height;
  gboolean reload;
} Settings;

/* A model, and the plan that plays it as `use` says. */
typedef struct {
  GenModel *model;
  GenModelUse use;
  GenPlan *plan;
} Player;

typedef struct {
  GstBuffer *input, *output;
  GstVideoFrame in_frame, out_frame;
  GstMapInfo map;
} Slot;

struct _GstGenerator {
  GstBaseTransform parent;

  /* Under the object lock. */
  Settings settings;
  GstGeneratorPorts ports; /* model NULL while stopped */
  GenModelUse use;         /* frames 0 until caps are known */
  gboolean explained;      /* why caps do not fit */
  GstClockTime latency;

  /* The streaming thread's. */
  GstVideoInfo in_info, out_info;
  GstGeneratorInput input;
  gsize input_size; /* bytes of a buffer of latents */
  Player *player;
  guint batch;     /* frames in a run */
  gboolean single; /* the model takes one picture at a time: a wall is made tile by tile */
  Slot *slots;     /* MAX_BATCH_SIZE of them */
  guint n_gathered, n_made, n_given;

  Player *next; /* atomic: compiled by the watch, to be taken at the next frame */
  GstFileWatch *watch;
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (
            GST_GENERATIVE_TENSORS_CAPS "; " GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_INPUT_FORMATS)));

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC,
    GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_OUTPUT_FORMATS)));

G_DEFINE_FINAL_TYPE (GstGenerator, gst_generator, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (generator, "generator", GST_RANK_NONE, GST_TYPE_GENERATOR)

static void
gst_generator_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstGenerator *self = GST_GENERATOR (object);
  Settings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_free (settings->model);
    settings->model = g_value_dup_string (value);
    break;
  case PROP_DEVICE:
    settings->device = g_value_get_enum (value);
    break;
  case PROP_PRECISION:
    settings->precision = g_value_get_enum (value);
    break;
  case PROP_BATCH_SIZE:
    settings->batch_size = g_value_get_uint (value);
    break;
  case PROP_THREADS:
    settings->threads = g_value_get_uint (value);
    break;
  case PROP_COLUMNS:
    settings->columns = g_value_get_uint (value);
    break;
  case PROP_WIDTH:
    settings->width = g_value_get_int (value);
    break;
  case PROP_HEIGHT:
    settings->height = g_value_get_int (value);
    break;
  case PROP_INPUT_RANGE:
    g_free (settings->input_range);
    settings->input_range = g_value_dup_string (value);
    break;
  case PROP_OUTPUT_RANGE:
    g_free (settings->output_range);
    settings->output_range = g_value_dup_string (value);
    break;
  case PROP_RELOAD:
    settings->reload = g_value_get_boolean (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_generator_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstGenerator *self = GST_GENERATOR (object);
  const Settings *settings = &self->settings;

  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_value_set_string (value, settings->model);
    break;
  case PROP_DEVICE:
    g_value_set_enum (value, settings->device);
    break;
  case PROP_PRECISION:
    g_value_set_enum (value, settings->precision);
    break;
  case PROP_BATCH_SIZE:
    g_value_set_uint (value, settings->batch_size);
    break;
  case PROP_THREADS:
    g_value_set_uint (value, settings->threads);
    break;
  case PROP_COLUMNS:
    g_value_set_uint (value, settings->columns);
    break;
  case PROP_WIDTH:
    g_value_set_int (value, settings->width);
    break;
  case PROP_HEIGHT:
    g_value_set_int (value, settings->height);
    break;
  case PROP_INPUT_RANGE:
    g_value_set_string (value, settings->input_range);
    break;
  case PROP_OUTPUT_RANGE:
    g_value_set_string (value, settings->output_range);
    break;
  case PROP_RELOAD:
    g_value_set_boolean (value, settings->reload);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_generator_finalize (GObject *object)
{
  GstGenerator *self = GST_GENERATOR (object);

  g_free (self->settings.model);
  g_free (self->settings.input_range);
  g_free (self->settings.output_range);
  g_free (self->slots);
  G_OBJECT_CLASS (gst_generator_parent_class)->finalize (object);
}

static void
player_free (Player *player)
{
  if (player == NULL)
    return;
  g_clear_pointer (&player->plan, gen_plan_free);
  gen_model_unref (player->model);
  g_free (player);
}

/* Compile `model` as `use` says. */
static Player *
player_new (GenModel *model, const GenModelUse *use, GError **error)
{
  Player *player = g_new0 (Player, 1);

  player->model = gen_model_ref (model);
  player->use = *use;
  player->plan = gen_model_compile (model, use, error);
  if (player->plan == NULL)
    g_clear_pointer (&player, player_free);
  return player;
}

static Player *
take_next (GstGenerator *self)
{
  Player *next = g_atomic_pointer_get (&self->next);

  while (next != NULL && !g_atomic_pointer_compare_and_exchange (&self->next, next, NULL))
    next = g_atomic_pointer_get (&self->next);
  return next;
}

/* The ports of `model`, with what the properties override. */
static gboolean
choose_ports (GstGenerator *self, GenModel *model, GstGeneratorPorts *ports, GError **error)
{
  g_autofree char *input_range = NULL, *output_range = NULL;
  int width, height;

  GST_OBJECT_LOCK (self);
  input_range = g_strdup (self->settings.input_range);
  output_range = g_strdup (self->settings.output_range);
  width = self->settings.width;
  height = self->settings.height;
  ports->columns = (int)self->settings.columns;
  GST_OBJECT_UNLOCK (self);
  return gst_generator_choose_ports (ports, model, width, height, error) &&
         gst_generative_override_range (&ports->input, "input-range", input_range, error) &&
         gst_generative_override_range (&ports->output, "output-range", output_range, error);
}

/* --- reloading --- */

/* Load and compile the new file for the caps that are being played. */
static Player *
prepare_next (GstGenerator *self, const char *path, GError **error)
{
  g_autoptr (GenModel) model = gen_model_load (path, error);
  GstGeneratorPorts ports = { 0 }, now;
  GenModelUse use;

  if (model == NULL || !choose_ports (self, model, &ports, error))
    return NULL;
  GST_OBJECT_LOCK (self);
  now = self->ports;
  use = self->use;
  GST_OBJECT_UNLOCK (self);
  if (ports.input.kind != now.input.kind || ports.input.length != now.input.length ||
      ports.input.channels != now.input.channels || ports.input.width != now.input.width ||
      ports.input.height != now.input.height || ports.output.channels != now.output.channels ||
      ports.output.width != now.output.width || ports.output.height != now.output.height ||
      (ports.input.batch == 1) != (now.input.batch == 1)) {
    g_autofree char *text = gen_model_describe (model);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "%s: the new model %s, which is not what is being played; stop the pipeline to change to "
        "it",
        path, text);
    return NULL;
  }
  use.input = ports.input;
  use.output = ports.output;
  return player_new (model, &use, error);
}

static void
gst_generator_file_changed (gpointer data)
{
  GstGenerator *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Player *next;
  gboolean playing;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->settings.model);
  playing = self->ports.model != NULL && self->use.frames > 0;
  GST_OBJECT_UNLOCK (self);
  if (!playing)
    return;
  next = prepare_next (self, path, &error);
  if (next == NULL) {
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("The new model is not played, the old one goes on: %s", error->message), (NULL));
    return;
  }
  player_free (take_next (self));
  g_atomic_pointer_set (&self->next, next);
  GST_INFO_OBJECT (self, "%s is played from the next frame on", path);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generator-reload", "model", G_TYPE_STRING, path, NULL)));
}

/* --- starting and stopping --- */

static gboolean
gst_generator_start (GstBaseTransform *base)
{
  GstGenerator *self = GST_GENERATOR (base);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  GstGeneratorPorts ports = { 0 };
  GstGenerativeDevice device;
  const GenDevice *found;
  gboolean reload;
  guint threads;
  GenModel *model;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->settings.model);
  reload = self->settings.reload;
  device = self->settings.device;
  threads = self->settings.threads;
  self->batch = self->settings.batch_size;
  GST_OBJECT_UNLOCK (self);

  found = gst_generative_device_find (device, &error);
  if (found == NULL) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  model = gst_generative_load_model (GST_ELEMENT (self), path);
  if (model == NULL)
    return FALSE;
  if (!choose_ports (self, model, &ports, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    gen_model_unref (model);
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->ports = ports;
  self->use = (GenModelUse){ .plan = { .device = found, .threads = (int)threads } };
  self->explained = FALSE;
  self->latency = 0;
  GST_OBJECT_UNLOCK (self);
  if (reload)
    self->watch = gst_file_watch_new (path, gst_generator_file_changed, self);
  return TRUE;
}

static void
forget_batch (GstGenerator *self)
{
  for (guint i = 0; i < MAX_BATCH_SIZE; i++) {
    gst_clear_buffer (&self->slots[i].input);
    gst_clear_buffer (&self->slots[i].output);
  }
  self->n_gathered = self->n_made = self->n_given = 0;
}

static gboolean
gst_generator_stop (GstBaseTransform *base)
{
  GstGenerator *self = GST_GENERATOR (base);
  GenModel *model;

  g_clear_pointer (&self->watch, gst_file_watch_free);
  player_free (take_next (self));
  g_clear_pointer (&self->player, player_free);
  forget_batch (self);
  GST_OBJECT_LOCK (self);
  model = g_steal_pointer (&self->ports.model);
  self->use.frames = 0;
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&model, gen_model_unref);
  return TRUE;
}

/* --- caps --- */

static gboolean
get_ports (GstGenerator *self, GstGeneratorPorts *ports)
{
  GST_OBJECT_LOCK (self);
  *ports = self->ports;
  if (ports->model != NULL)
    gen_model_ref (ports->model);
  GST_OBJECT_UNLOCK (self);
  return ports->model != NULL;
}

static GstCaps *
gst_generator_transform_caps (
    GstBaseTransform *base, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstGeneratorPorts ports;
  GstCaps *result;

  if (get_ports (self, &ports)) {
    result = gst_generator_transform_caps_of (&ports, direction, caps);
    gen_model_unref (ports.model);
  } else {
    result = gst_static_pad_template_get_caps (
        direction == GST_PAD_SINK ? &src_template : &sink_template);
  }
  if (filter != NULL) {
    GstCaps *all = result;

    result = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return result;
}

/* Compile for the frames' layouts; what the player was is replaced. */
static gboolean
compile (GstGenerator *self, GenModel *model, const GenModelUse *use, GError **error)
{
  Player *player = player_new (model, use, error);

  if (player == NULL)
    return FALSE;
  player_free (self->player);
  self->player = player;
  GST_OBJECT_LOCK (self);
  self->use = *use;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* One run to see how long it takes, which also brings the weights into the caches. */
static void
measure_latency (GstGenerator *self)
{
  const GstVideoInfo *info = &self->out_info;
  GstClockTime start = gst_util_get_timestamp (), latency;
  guint runs = self->single ? self->batch * (guint)self->input.pictures : 1;

  gen_plan_run (self->player->plan);
  latency = (gst_util_get_timestamp () - start) * runs;
  if (info->fps_n > 0)
    latency += gst_util_uint64_scale (
        self->batch - 1, GST_SECOND * (guint64)info->fps_d, (guint64)info->fps_n);
  GST_OBJECT_LOCK (self);
  self->latency = latency;
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static gboolean
negotiate (GstGenerator *self, GstCaps *sink, GstCaps *source, GError **error)
{
  GstGeneratorPorts ports = self->ports;
  gboolean from_frames = ports.input.kind == GEN_PORT_PICTURE;
  GenModelUse use;
  int height, width;

  if (!gst_generator_read_input (&ports, gst_caps_get_structure (sink, 0), &self->input, error) ||
      !gst_generator_output_size (&ports, &self->input, &height, &width, error))
    return FALSE;
  if (!gst_video_info_from_caps (&self->out_info, source) ||
      (from_frames && !gst_video_info_from_caps (&self->in_info, sink))) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the caps are no video");
    return FALSE;
  }
  if (self->out_info.width != width || self->out_info.height != height) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the next element wants %d x %d pixels, but the model makes %d x %d: put videoscale "
        "behind",
        self->out_info.width, self->out_info.height, width, height);
    return FALSE;
  }
  self->input_size = (gsize)self->input.pictures * (gsize)MAX (ports.input.length, 0) * 4;
  self->single = ports.input.batch == 1;

  GST_OBJECT_LOCK (self);
  use = self->use;
  GST_OBJECT_UNLOCK (self);
  use.input = ports.input;
  use.output = ports.output;
  use.height = self->input.height;
  use.width = self->input.width;
  use.output.height = height / self->input.rows;
  use.output.width = width / self->input.columns;
  use.frames = self->single ? 1 : (int)self->batch;
  use.pictures = self->single ? 1 : self->input.pictures;
  use.from_frames = from_frames;
  use.to_frames = TRUE;
  if (!gst_generative_layout (&self->out_info, use.output.channels,
          self->single ? 1 : self->input.columns, FALSE, &use.to) ||
      (from_frames &&
          !gst_generative_layout (&self->in_info, use.input.channels, 1, TRUE, &use.from))) {
    g_set_error (
        error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "the planes are not evenly spaced");
    return FALSE;
  }
  if (!compile (self, ports.model, &use, error))
    return FALSE;
  measure_latency (self);
  return TRUE;
}

static gboolean
gst_generator_set_caps (GstBaseTransform *base, GstCaps *sink, GstCaps *source)
{
  GstGenerator *self = GST_GENERATOR (base);
  g_autoptr (GError) error = NULL;
  Player *next = take_next (self);

  if (next != NULL) {
    GenModel *old;

    GST_OBJECT_LOCK (self);
    old = self->ports.model;
    self->ports.model = gen_model_ref (next->model);
    self->ports.input = next->use.input;
    GST_OBJECT_UNLOCK (self);
    gen_model_unref (old);
    player_free (next);
  }
  if (negotiate (self, sink, source, &error))
    return TRUE;
  if (error != NULL && error->domain == GST_CORE_ERROR)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("%s", error->message), (NULL));
  else if (error != NULL && error->domain == GST_LIBRARY_ERROR)
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("The caps: %s", error->message), (NULL));
  else if (error != NULL)
    gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* Frames are written in place, so memory of their own suits them: the next element's pool when
 * it offers one, and any stride when it reads GstVideoMeta. */
static gboolean
gst_generator_decide_allocation (GstBaseTransform *base, GstQuery *query)
{
  GstGenerator *self = GST_GENERATOR (base);
  gboolean planar = GST_VIDEO_INFO_N_PLANES (&self->out_info) > 1;

  return gst_generative_decide_pool (base, query, &self->out_info, planar) &&
         GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class)->decide_allocation (base, query);
}

static gboolean
gst_generator_propose_allocation (GstBaseTransform *base, GstQuery *decide, GstQuery *query)
{
  if (!GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class)
           ->propose_allocation (base, decide, query))
    return FALSE;
  if (GST_GENERATOR (base)->ports.input.kind == GEN_PORT_PICTURE)
    gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  return TRUE;
}

/* --- queries and events --- */

static gboolean
answer_latency (GstGenerator *self, GstQuery *query)
{
  GstClockTime min, max, own;
  gboolean live;

  if (!gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  GST_OBJECT_LOCK (self);
  own = self->latency;
  GST_OBJECT_UNLOCK (self);
  min += own;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += own;
  gst_query_set_latency (query, live, min, max);
  return TRUE;
}

/* Negotiation fails elsewhere and says little: tell what this model takes, once. */
static void
explain_caps (GstGenerator *self, GstQuery *query)
{
  g_autofree char *text = NULL;
  GstGeneratorPorts ports;
  GstCaps *filter, *result;
  gboolean explain;

  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &result);
  if (filter == NULL || gst_caps_is_empty (filter) || !gst_caps_is_empty (result) ||
      !get_ports (self, &ports))
    return;
  GST_OBJECT_LOCK (self);
  explain = !self->explained;
  self->explained = TRUE;
  GST_OBJECT_UNLOCK (self);
  text = gen_model_describe (ports.model);
  if (explain)
    GST_ELEMENT_WARNING (self, CORE, NEGOTIATION,
        ("The elements before and behind do not fit the model, which %s: videoconvert and "
         "videoscale may help",
            text),
        ("offered %" GST_PTR_FORMAT, (void *)filter));
  gen_model_unref (ports.model);
}

static gboolean
gst_generator_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstGenerator *self = GST_GENERATOR (base);

  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    return answer_latency (self, query);
  if (!GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class)->query (base, direction, query))
    return FALSE;
  if (direction == GST_PAD_SINK && GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    explain_caps (self, query);
  return TRUE;
}

static GstFlowReturn gst_generator_drain (GstGenerator *self);

static gboolean
gst_generator_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstGenerator *self = GST_GENERATOR (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    forget_batch (self);
  else if (GST_EVENT_IS_SERIALIZED (event) && self->n_gathered > 0)
    gst_generator_drain (self);
  return GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class)->sink_event (base, event);
}

/* --- frames --- */

/* Take over what the watch has made ready, if it still suits. */
static void
change_player (GstGenerator *self)
{
  Player *next = take_next (self);
  GenModel *old;

  if (next == NULL)
    return;
  GST_OBJECT_LOCK (self);
  old = self->ports.model;
  self->ports.model = gen_model_ref (next->model);
  self->ports.input = next->use.input;
  self->ports.output = next->use.output;
  GST_OBJECT_UNLOCK (self);
  gen_model_unref (old);
  player_free (self->player);
  self->player = next;
}

static gboolean
map_input (GstGenerator *self, Slot *slot)
{
  if (self->player->use.from_frames)
    return gst_video_frame_map (&slot->in_frame, &self->in_info, slot->input, GST_MAP_READ);
  if (!gst_buffer_map (slot->input, &slot->map, GST_MAP_READ))
    return FALSE;
  if (slot->map.size == self->input_size)
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, WRONG_TYPE,
      ("A buffer has %" G_GSIZE_FORMAT " bytes, but its caps say %" G_GSIZE_FORMAT, slot->map.size,
          self->input_size),
      (NULL));
  gst_buffer_unmap (slot->input, &slot->map);
  return FALSE;
}

static void
unmap_input (GstGenerator *self, Slot *slot)
{
  if (self->player->use.from_frames)
    gst_video_frame_unmap (&slot->in_frame);
  else
    gst_buffer_unmap (slot->input, &slot->map);
}

/* Compile anew when frames do not lie as caps said: pools may pad them. */
static gboolean
follow_layouts (GstGenerator *self, const Slot *slot)
{
  GenModelUse use = self->player->use;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;

  if (!gst_generative_layout_of_frame (
          &slot->out_frame, use.output.channels, use.to.columns, FALSE, &use.to) ||
      (use.from_frames && !gst_generative_layout_of_frame (
                              &slot->in_frame, use.input.channels, 1, TRUE, &use.from))) {
    GST_ELEMENT_ERROR (
        self, STREAM, FORMAT, ("The planes of a frame are not evenly spaced"), (NULL));
    return FALSE;
  }
  if (gst_generative_layout_equal (&use.to, &self->player->use.to) &&
      gst_generative_layout_equal (&use.from, &self->player->use.from))
    return TRUE;
  GST_DEBUG_OBJECT (
      self, "frames have a stride of %" G_GSIZE_FORMAT " bytes: compiling anew", use.to.stride);
  model = gen_model_ref (self->player->model);
  if (compile (self, model, &use, &error))
    return TRUE;
  gst_generative_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

/* Latents of all slots to one input: bound when there is one buffer, else side by side. */
static void
bind_latents (GstGenerator *self, guint n)
{
  GenPlan *plan = self->player->plan;

  if (self->batch == 1 && GPOINTER_TO_SIZE (self->slots[0].map.data) % sizeof (float) == 0) {
    gen_plan_bind_input (plan, 0, self->slots[0].map.data);
    return;
  }
  gen_plan_bind_input (plan, 0, NULL);
  for (guint i = 0; i < n; i++)
    memcpy ((guint8 *)gen_plan_input (plan, 0)->data + i * self->input_size,
        self->slots[i].map.data, self->input_size);
}

static void
run_batch (GstGenerator *self, guint n)
{
  GenPlan *plan = self->player->plan;

  if (!self->player->use.from_frames)
    bind_latents (self, n);
  for (guint i = 0; i < self->batch; i++) {
    if (self->player->use.from_frames)
      gen_plan_bind_input (plan, i, i < n ? self->slots[i].in_frame.data[0] : NULL);
    gen_plan_bind_output (plan, i, i < n ? self->slots[i].out_frame.data[0] : NULL);
  }
  gen_plan_run (plan);
}

/* A model that takes one picture at a time: each tile is a run. */
static void
run_single (GstGenerator *self, guint n)
{
  const GenModelUse *use = &self->player->use;
  GenPlan *plan = self->player->plan;
  gsize latent = self->input_size / (gsize)MAX (self->input.pictures, 1);

  for (guint i = 0; i < n; i++) {
    Slot *slot = &self->slots[i];
    int places = self->input.columns * self->input.rows;

    for (int p = 0; p < places; p++) {
      guint8 *tile =
          (guint8 *)slot->out_frame.data[0] +
          (gsize)(p / self->input.columns) * (gsize)use->output.height * use->to.stride +
          (gsize)(p % self->input.columns) * (gsize)use->output.width * (gsize)use->to.bytes;

      if (p < self->input.pictures) {
        if (use->from_frames)
          gen_plan_bind_input (plan, 0, slot->in_frame.data[0]);
        else
          memcpy (gen_plan_input (plan, 0)->data, slot->map.data + (gsize)p * latent, latent);
        gen_plan_bind_output (plan, 0, tile);
        gen_plan_run (plan);
        continue;
      }
      for (int y = 0; y < use->output.height; y++)
        for (int plane = 0; plane < (use->to.planar ? use->to.n_order : 1); plane++)
          memset (tile + (gsize)y * use->to.stride + (gsize)plane * use->to.plane_size, 0,
              (gsize)use->output.width * (gsize)use->to.bytes);
    }
  }
}

static GstFlowReturn
map_slot (GstGenerator *self, Slot *slot)
{
  if (!map_input (self, slot))
    return GST_FLOW_ERROR;
  if (gst_video_frame_map (&slot->out_frame, &self->out_info, slot->output, GST_MAP_WRITE))
    return GST_FLOW_OK;
  unmap_input (self, slot);
  GST_ELEMENT_ERROR (
      self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
  return GST_FLOW_ERROR;
}

/* Make the pictures of the first `n` slots, whose buffers are there. */
static GstFlowReturn
run_slots (GstGenerator *self, guint n)
{
  GstFlowReturn result = GST_FLOW_OK;
  guint mapped = 0;

  change_player (self);
  while (mapped < n && result == GST_FLOW_OK) {
    result = map_slot (self, &self->slots[mapped]);
    if (result == GST_FLOW_OK && !follow_layouts (self, &self->slots[mapped++]))
      result = GST_FLOW_ERROR;
  }
  if (result == GST_FLOW_OK && self->single)
    run_single (self, n);
  else if (result == GST_FLOW_OK)
    run_batch (self, n);
  for (guint i = 0; i < mapped; i++) {
    gst_video_frame_unmap (&self->slots[i].out_frame);
    unmap_input (self, &self->slots[i]);
  }
  return result;
}

/* A frame at a time. */
static GstFlowReturn
gst_generator_transform (GstBaseTransform *base, GstBuffer *input, GstBuffer *output)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstFlowReturn result;

  self->slots[0].input = input;
  self->slots[0].output = output;
  result = run_slots (self, 1);
  self->slots[0].input = self->slots[0].output = NULL;
  return result;
}

/* Pictures for all that is gathered. */
static GstFlowReturn
gst_generator_run (GstGenerator *self)
{
  GstBaseTransformClass *parent = GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class);
  GstFlowReturn result = GST_FLOW_OK;
  guint n = self->n_gathered;

  for (guint i = 0; i < n && result == GST_FLOW_OK; i++)
    result = parent->prepare_output_buffer (
        GST_BASE_TRANSFORM (self), self->slots[i].input, &self->slots[i].output);
  if (result == GST_FLOW_OK)
    result = run_slots (self, n);
  if (result != GST_FLOW_OK) {
    forget_batch (self);
    return result;
  }
  for (guint i = 0; i < n; i++)
    gst_clear_buffer (&self->slots[i].input);
  self->n_gathered = self->n_given = 0;
  self->n_made = n;
  return GST_FLOW_OK;
}

/* Gather a batch, then hand out what was made of it. */
static GstFlowReturn
gst_generator_generate_output (GstBaseTransform *base, GstBuffer **output)
{
  GstGenerator *self = GST_GENERATOR (base);

  if (self->batch == 1)
    return GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class)->generate_output (base, output);
  *output = NULL;
  if (base->queued_buf != NULL)
    self->slots[self->n_gathered++].input = g_steal_pointer (&base->queued_buf);
  if (self->n_given == self->n_made && self->n_gathered == self->batch) {
    GstFlowReturn result = gst_generator_run (self);

    if (result != GST_FLOW_OK)
      return result;
  }
  if (self->n_given < self->n_made)
    *output = g_steal_pointer (&self->slots[self->n_given++].output);
  return GST_FLOW_OK;
}

/* The rest of a batch that will not be filled. */
static GstFlowReturn
gst_generator_drain (GstGenerator *self)
{
  GstFlowReturn result = self->player != NULL ? gst_generator_run (self) : GST_FLOW_NOT_NEGOTIATED;

  while (result == GST_FLOW_OK && self->n_given < self->n_made)
    result = gst_pad_push (
        GST_BASE_TRANSFORM_SRC_PAD (self), g_steal_pointer (&self->slots[self->n_given++].output));
  forget_batch (self);
  return result;
}

static void
gst_generator_class_init (GstGeneratorClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  GST_DEBUG_CATEGORY_INIT (generator_debug, "generator", 0, "player of generative models");

  gobject_class->set_property = gst_generator_set_property;
  gobject_class->get_property = gst_generator_get_property;
  gobject_class->finalize = gst_generator_finalize;

  g_object_class_install_property (gobject_class, PROP_MODEL,
      g_param_spec_string ("model", "Model", "The ONNX file to play", NULL, flags));
  g_object_class_install_property (gobject_class, PROP_DEVICE,
      g_param_spec_enum ("device", "Device", "Where the model runs", GST_TYPE_GENERATIVE_DEVICE,
          DEFAULT_DEVICE, flags));
  g_object_class_install_property (gobject_class, PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision", "What the model computes with",
          GST_TYPE_GENERATIVE_PRECISION, DEFAULT_PRECISION, flags));
  g_object_class_install_property (gobject_class, PROP_BATCH_SIZE,
      g_param_spec_uint ("batch-size", "Batch size",
          "How many buffers to gather for a run: more are faster, and come later", 1,
          MAX_BATCH_SIZE, DEFAULT_BATCH_SIZE, flags));
  g_object_class_install_property (gobject_class, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads", "How many threads to use (0: one for each core)", 0,
          1024, DEFAULT_THREADS, flags));
  g_object_class_install_property (gobject_class, PROP_COLUMNS,
      g_param_spec_uint ("columns", "Columns",
          "Pictures side by side in the wall that a buffer of several latents makes (0: nearly "
          "square)",
          0, G_MAXINT16, DEFAULT_COLUMNS, flags));
  g_object_class_install_property (gobject_class, PROP_WIDTH,
      g_param_spec_int ("width", "Width",
          "Width of the pictures of a model that makes them as vectors (0: square)", 0, G_MAXINT16,
          DEFAULT_SIZE, flags));
  g_object_class_install_property (gobject_class, PROP_HEIGHT,
      g_param_spec_int ("height", "Height",
          "Height of the pictures of a model that makes them as vectors (0: square)", 0, G_MAXINT16,
          DEFAULT_SIZE, flags));
  g_object_class_install_property (gobject_class, PROP_INPUT_RANGE,
      g_param_spec_string ("input-range", "Input range",
          "The numbers that the model takes for black and white, such as -1,1 (unset: what the "
          "model says)",
          NULL, flags));
  g_object_class_install_property (gobject_class, PROP_OUTPUT_RANGE,
      g_param_spec_string ("output-range", "Output range",
          "The numbers that the model makes for black and white, such as -1,1 (unset: what the "
          "model says)",
          NULL, flags));
  g_object_class_install_property (gobject_class, PROP_RELOAD,
      g_param_spec_boolean ("reload", "Reload",
          "Play the new model when the file changes, from the next frame on", DEFAULT_RELOAD,
          flags));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Generator", "Filter/Converter/Video",
      "Plays a generative model: latents or pictures in, pictures out", "gst-generative");

  base_class->start = gst_generator_start;
  base_class->stop = gst_generator_stop;
  base_class->transform_caps = gst_generator_transform_caps;
  base_class->set_caps = gst_generator_set_caps;
  base_class->decide_allocation = gst_generator_decide_allocation;
  base_class->propose_allocation = gst_generator_propose_allocation;
  base_class->query = gst_generator_query;
  base_class->sink_event = gst_generator_sink_event;
  base_class->transform = gst_generator_transform;
  base_class->generate_output = gst_generator_generate_output;
  base_class->passthrough_on_same_caps = FALSE;
}

static void
gst_generator_init (GstGenerator *self)
{
  Settings *settings = &self->settings;

  settings->device = DEFAULT_DEVICE;
  settings->precision = DEFAULT_PRECISION;
  settings->batch_size = DEFAULT_BATCH_SIZE;
  settings->threads = DEFAULT_THREADS;
  settings->columns = DEFAULT_COLUMNS;
  settings->reload = DEFAULT_RELOAD;
  self->slots = g_new0 (Slot, MAX_BATCH_SIZE);
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
}
