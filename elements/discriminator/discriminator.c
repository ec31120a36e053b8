/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-discriminator
 * @title: discriminator
 * @short_description: scores frames and sound with a model
 *
 * Gives each frame the score of an ONNX model that makes one number of a picture or a sound, as the
 * discriminator of a GAN does. The number is told as the model makes it. Frames pass unchanged,
 * with the score as a meta, on the bus and in a report; with `action=drop` those below
 * `threshold` do not pass, with `action=hold-last` the last one before them does in their place.
 * Where the model is calibrated (`generative-model calibrate`), the probability of being real is
 * told beside the score, and the threshold is for that.
 *
 * `select=best` takes the best of each `candidates` frames that follow each other, whatever makes
 * them, and `select=rejection` takes frames by chance, so that those that pass are spread as real
 * ones are. Frames that are decided on together wait for the last of them, and are passed on in
 * their order, with all events between them. What is dropped is a gap, of which an event tells;
 * `restamp` leaves it out of time as well. docs/selecting.md tells more.
 *
 * A frame that is a multiple of the model's picture size is a wall of pictures: its score is the
 * mean over them, and the least and greatest are told as well. Places at its end in which generator
 * has put no picture do not count. What each picture has by itself goes with the buffer, and
 * datasetsink tells it of each item.
 *
 * Where nothing tells which numbers the model takes for black and white, a warning says what is
 * assumed, and `input-range`, `input-mean`, `input-std` and `channel-order` put it right. A score
 * that is NaN or infinite is none: a warning names the first such frame, which counts as below the
 * threshold.
 *
 * A model that takes sound ([N, C, T], [N, T, C], or [N, T] where its rate is known) scores windows
 * of it. They are as long as the model takes, or `window` where it takes any length, and begin
 * every `hop`. Buffers pass as they come, and a score is on the buffer in which its window ends:
 * one that many windows end in has as many metas. With `action=drop` sound is held for the length
 * of a window and passes in pieces of `hop`, each of which goes by the window that begins with it.
 * What is dropped is a gap, of which an event tells; what follows keeps its time and is marked
 * DISCONT, so that players stay in time. (A file of wavenc's has no times: what passed follows each
 * other there.) At the end, before a jump and at the end of each item of `datasetsrc`, less than a
 * window is left: half of one and more, or all there was, is scored with silence behind it, less
 * goes with the window before. So no window has two items in it. Where nothing at all has passed, a
 * warning at the end tells the threshold and the best score.
 *
 * The model's rate is told by its metadata `generative.sample-rate`, its `.modelinfo`, or
 * `sample-rate`; audioresample and audioconvert in front bring sound to it.
 *
 * A model may remember: as many inputs as outputs besides are states, and further small inputs
 * parameters, which are found, said and set as those of `generator` are (`states`, `parameters`,
 * `shapes`; docs/streaming-models.md). What it remembers is of the frame or the window before, and
 * is forgotten at a flush, a seek, a gap and a jump, and with each item of `datasetsrc`. It takes
 * one picture at a time, no walls.
 *
 * Frames of cameras and decoders, NV12 and I420, are read as they are. Interlaced ones are refused:
 * put deinterlace in front.
 *
 * `model` may be set while a pipeline plays. The new one scores from the frame on for which it is
 * ready, which an element message `discriminator-reload` tells; one that cannot be loaded, or does
 * not take the frames that pass, is told of in a warning, and the old one goes on.
 *
 * With `device=cuda` frames in `memory:CUDAMemory` are scored on the GPU and pass without leaving
 * it; those of the system are taken as well. With `device=auto` a GPU that fails gives way to the
 * CPU, and a warning says why.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc num-buffers=90 ! generator model=ball/generator.onnx ! \
 *   discriminator model=ball/discriminator.onnx report=scores.jsonl ! fakesink
 * ]|
 * Both models are those that gantrainer's example trains.
 * |[
 * gst-launch-1.0 latentsrc num-buffers=400 ! generator model=ball/generator.onnx ! \
 *   discriminator model=ball/discriminator.onnx select=best candidates=4 action=drop \
 *   restamp=true ! videoconvert ! video/x-raw,format=I420 ! x264enc ! mp4mux ! \
 *   filesink location=best.mp4
 * ]|
 * The best of each four, as a film without gaps.
 * |[
 * gst-launch-1.0 filesrc location=talk.wav ! decodebin ! audioconvert ! audioresample ! \
 *   discriminator model=clean-speech.onnx action=drop threshold=0.5 ! wavenc ! \
 *   filesink location=clean.wav
 * ]|
 * What a model of sound finds good enough, without the rest.
 * |[
 * gst-launch-1.0 filesrc location=talk.wav ! decodebin ! audioconvert ! audioresample ! \
 *   discriminator model=voice-activity.onnx sample-rate=16000 window=0.036 hop=0.032 \
 *   action=drop threshold=0.5 ! wavenc ! filesink location=spoken.wav
 * ]|
 * What a detector of voice that remembers takes for speech: Silero's sees 512 samples and the 64
 * before them.
 */
#include "discriminator.h"

#include "../elements.h"
#include "../shared/frames.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (discriminator_debug);
#define GST_CAT_DEFAULT discriminator_debug

enum {
  PROP_0,
  PROP_MODEL,
  PROP_TILE_WIDTH,
  PROP_TILE_HEIGHT,
  PROP_SAMPLE_RATE,
  PROP_WINDOW,
  PROP_HOP,
  PROP_CALIBRATION,
  PROP_GATE,                                                      /* action and the like */
  PROP_NUMBERS = PROP_GATE + GST_DISCRIMINATOR_GATE_N_PROPERTIES, /* input-range and the like */
  PROP_SAID = PROP_NUMBERS + GST_GENERATIVE_NUMBERS_N_INPUT,      /* states and the like */
  PROP_ADAPTERS = PROP_SAID + GST_GENERATIVE_SAID_N_PROPERTIES,   /* adapter and adapter-scale */
  PROP_SHARING = PROP_ADAPTERS + GST_GENERATIVE_ADAPTERS_N_PROPERTIES, /* shared and the like */
  PROP_SHARED_FIGURES = PROP_SHARING + GST_GENERATIVE_N_SHARING,
  PROP_PLAYING, /* device, precision, kernels, threads */
};

#define DEFAULT_PRECISION GST_GENERATIVE_PRECISION_FP32
#define DEFAULT_CALIBRATION CALIBRATION_AUTO
#define DEFAULT_TILE 0
#define DEFAULT_SAMPLE_RATE 0
#define DEFAULT_WINDOW 0
#define DEFAULT_HOP 0
/* Longer sounds than a model is ever run on. */
#define MAX_SECONDS 3600

const GenField gst_discriminator_fields[GST_DISCRIMINATOR_N_FIELDS] = {
  [GST_DISCRIMINATOR_SCORE] = { "score", GEN_FIELD_NUMBER, NULL,
      "the model's score is no finite number" },
  [GST_DISCRIMINATOR_MINIMUM] = { "score-minimum", GEN_FIELD_NUMBER, NULL },
  [GST_DISCRIMINATOR_MAXIMUM] = { "score-maximum", GEN_FIELD_NUMBER, NULL },
  [GST_DISCRIMINATOR_TILES] = { "tiles", GEN_FIELD_COUNT, NULL },
  [GST_DISCRIMINATOR_PROBABILITY] = { "probability", GEN_FIELD_NUMBER, NULL,
      "the model's score is no finite number" },
  [GST_DISCRIMINATOR_PASSED] = { "passed", GEN_FIELD_COUNT, NULL },
  [GST_DISCRIMINATOR_ACCEPT_RATE] = { "accept-rate", GEN_FIELD_NUMBER, NULL },
};

#define CAPS                                                                                       \
  GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_INPUT_FORMATS)                                               \
  GST_GENERATIVE_DEVICE_CAPS "; " GST_SCORE_FILTER_SOUND_CAPS

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

static void gst_discriminator_child_proxy_init (gpointer interface, gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstDiscriminator, gst_discriminator, GST_TYPE_SCORE_FILTER,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY, gst_discriminator_child_proxy_init))
GST_ELEMENT_REGISTER_DEFINE (discriminator, "discriminator", GST_RANK_NONE, GST_TYPE_DISCRIMINATOR)

enum { CALIBRATION_AUTO, CALIBRATION_NONE };

#define GST_TYPE_DISCRIMINATOR_CALIBRATION (gst_discriminator_calibration_get_type ())
static GType
gst_discriminator_calibration_get_type (void)
{
  static const GEnumValue values[] = {
    { CALIBRATION_AUTO, "As the model says, where it says anything", "auto" },
    { CALIBRATION_NONE, "Not at all: scores are what the model makes", "none" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstDiscriminatorCalibration", values));
  return type;
}

/* --- parameters of the model --- */

static GObject *
get_child_by_index (GstChildProxy *proxy, guint i)
{
  return gst_generative_parameters_get (&GST_DISCRIMINATOR (proxy)->parameters, i);
}

static guint
get_children_count (GstChildProxy *proxy)
{
  return gst_generative_parameters_count (&GST_DISCRIMINATOR (proxy)->parameters);
}

static void
gst_discriminator_child_proxy_init (gpointer interface, gpointer data)
{
  GstChildProxyInterface *proxy = interface;

  proxy->get_child_by_index = get_child_by_index;
  proxy->get_children_count = get_children_count;
}

/* --- properties --- */

static void
gst_discriminator_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (object);

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_free (self->path);
    self->path = g_value_dup_string (value);
    gst_discriminator_follow_path (self);
    break;
  case PROP_TILE_WIDTH:
    self->hints.tile_width = g_value_get_int (value);
    break;
  case PROP_TILE_HEIGHT:
    self->hints.tile_height = g_value_get_int (value);
    break;
  case PROP_SAMPLE_RATE:
    self->hints.sample_rate = g_value_get_int (value);
    break;
  case PROP_WINDOW:
    self->hints.window = g_value_get_double (value);
    break;
  case PROP_HOP:
    self->hints.hop = g_value_get_double (value);
    break;
  case PROP_CALIBRATION:
    self->hints.uncalibrated = g_value_get_enum (value) == CALIBRATION_NONE;
    break;
  default:
    if (property_id == PROP_SAID + GST_GENERATIVE_SAID_PARAMETERS)
      g_atomic_int_set (&self->parameters_said, TRUE);
    if (gst_generative_adapters_set (&self->adapters, property_id - PROP_ADAPTERS, value))
      gst_discriminator_follow_adapters (self, property_id - PROP_ADAPTERS);
    else if (!gst_generative_playing_set (
                 &self->judge.playing, property_id - PROP_PLAYING, value) &&
             !gst_generative_sharing_set (&self->sharing, property_id - PROP_SHARING, value) &&
             !gst_discriminator_gate_set (&self->gate, property_id - PROP_GATE, value) &&
             !gst_generative_said_set (&self->said, property_id - PROP_SAID, value) &&
             !gst_generative_numbers_set (&self->hints.numbers, property_id - PROP_NUMBERS, value))
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
  case PROP_TILE_WIDTH:
    g_value_set_int (value, self->hints.tile_width);
    break;
  case PROP_TILE_HEIGHT:
    g_value_set_int (value, self->hints.tile_height);
    break;
  case PROP_SAMPLE_RATE:
    g_value_set_int (value, self->hints.sample_rate);
    break;
  case PROP_WINDOW:
    g_value_set_double (value, self->hints.window);
    break;
  case PROP_HOP:
    g_value_set_double (value, self->hints.hop);
    break;
  case PROP_CALIBRATION:
    g_value_set_enum (value, self->hints.uncalibrated ? CALIBRATION_NONE : CALIBRATION_AUTO);
    break;
  case PROP_SHARED_FIGURES:
    g_value_take_boxed (value, gst_generative_sharing_describe (&self->judge.sharing));
    break;
  default:
    if (!gst_generative_adapters_get (&self->adapters, property_id - PROP_ADAPTERS, value) &&
        !gst_generative_playing_get (&self->judge.playing, property_id - PROP_PLAYING, value) &&
        !gst_generative_sharing_get (&self->sharing, property_id - PROP_SHARING, value) &&
        !gst_discriminator_gate_get (&self->gate, property_id - PROP_GATE, value) &&
        !gst_generative_said_get (&self->said, property_id - PROP_SAID, value) &&
        !gst_generative_numbers_get (&self->hints.numbers, property_id - PROP_NUMBERS, value))
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_discriminator_finalize (GObject *object)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (object);

  g_free (self->path);
  gst_discriminator_gate_clear (&self->gate);
  gst_generative_numbers_clear (&self->hints.numbers);
  gst_generative_said_clear (&self->said);
  gst_generative_adapters_clear (&self->adapters);
  gst_generative_parameters_clear (&self->parameters);
  gst_generative_playing_clear (&self->judge.playing);
  G_OBJECT_CLASS (gst_discriminator_parent_class)->finalize (object);
}

/* --- starting and stopping --- */

void
gst_discriminator_tell_calibration (GstDiscriminator *self, const GstDiscriminatorPorts *ports)
{
  g_autofree char *text =
      ports->calibration != NULL ? gen_calibration_to_text (ports->calibration) : NULL;

  if (text != NULL)
    GST_INFO_OBJECT (self, "calibrated: the threshold is a probability of being real (%s)", text);
  else
    GST_INFO_OBJECT (self, "not calibrated: the threshold is a score%s",
        ports->probabilities ? ", which lies between 0 and 1" : "");
}

static gboolean
gst_discriminator_open (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  GstElement *element = GST_ELEMENT (self);
  GstDiscriminatorPorts ports = { 0 };
  g_autofree char *text = NULL;
  g_autoptr (GenModel) model = NULL;
  g_autoptr (GError) error = NULL;

  if (!gst_generative_playing_open (&self->judge.playing, element))
    return FALSE;
  model = gst_discriminator_read_model (self, FALSE, NULL);
  if (model == NULL)
    return FALSE;
  if (!gst_discriminator_choose_ports (&ports, model, &self->hints, &error)) {
    g_clear_pointer (&ports.calibration, gen_calibration_free);
    gst_generative_post_error (element, error);
    return FALSE;
  }
  gst_discriminator_warn (&ports, &self->hints, element);
  text = gen_model_describe (model);
  GST_INFO_OBJECT (self, "%s %s%s", model->path, text,
      model->staged ? "; its shapes hang on what it computes" : "");
  gst_discriminator_tell_calibration (self, &ports);
  self->tally = self->probabilities = (GenTally){ 0 };
  self->measured = 0;
  gst_discriminator_gate_open (&self->gate);
  self->told_not_finite = FALSE;
  /* What is said by now the model has been read with. */
  g_atomic_int_set (&self->parameters_said, FALSE);
  g_atomic_int_set (&self->scales_said, FALSE);
  GST_OBJECT_LOCK (self);
  self->refused = FALSE;
  GST_OBJECT_UNLOCK (self);
  self->shares_device = !model->staged && ports.input.kind == GEN_PORT_PICTURE &&
                        gst_generative_playing_share_memory (&self->judge.playing, element);
  ports.model = g_steal_pointer (&model);
  gst_discriminator_judge_set_ports (&self->judge, &ports);
  GST_OBJECT_LOCK (self);
  self->explained = FALSE;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static void
gst_discriminator_close (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);
  GstDiscriminatorPorts ports;

  gst_succession_end (&self->succession);
  gst_discriminator_judge_stop (&self->judge);
  gst_discriminator_windows_clear (&self->windows);
  gst_discriminator_walls_clear (&self->walls);
  GST_OBJECT_LOCK (self);
  ports = self->judge.ports;
  self->judge.ports.model = NULL;
  self->judge.ports.calibration = NULL;
  GST_OBJECT_UNLOCK (self);
  gst_discriminator_ports_clear (&ports);
  gst_generative_playing_close (&self->judge.playing, GST_ELEMENT (self));
}

static void
gst_discriminator_interrupt (GstScoreFilter *filter)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (filter);

  if (self->judge.player != NULL)
    gen_player_reset (self->judge.player);
}

/* --- sound --- */

static void
gst_discriminator_get_window (GstScoreFilter *filter, guint64 *window, guint64 *hop)
{
  const GstDiscriminator *self = GST_DISCRIMINATOR (filter);

  *window = (guint64)gst_discriminator_window (&self->judge.ports, &self->hints);
  *hop = (guint64)gst_discriminator_hop (&self->judge.ports, &self->hints);
}

/* --- the class --- */

static void
gst_discriminator_set_context (GstElement *element, GstContext *context)
{
  gst_generative_playing_set_context (
      &GST_DISCRIMINATOR (element)->judge.playing, element, context);
  GST_ELEMENT_CLASS (gst_discriminator_parent_class)->set_context (element, context);
}

/* A flush waits for nobody who waits for others, */
static gboolean
gst_discriminator_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstDiscriminator *self = GST_DISCRIMINATOR (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START ||
      GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    gst_generative_sharing_interrupt (
        &self->judge.sharing, GST_ELEMENT (self), GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START);
  return GST_BASE_TRANSFORM_CLASS (gst_discriminator_parent_class)->sink_event (base, event);
}

/* and neither does a stop. */
static GstStateChangeReturn
gst_discriminator_change_state (GstElement *element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_generative_sharing_interrupt (&GST_DISCRIMINATOR (element)->judge.sharing, element, TRUE);
  return GST_ELEMENT_CLASS (gst_discriminator_parent_class)->change_state (element, transition);
}

static const GenField *
gst_discriminator_get_fields (GstScoreFilter *filter, guint *n)
{
  *n = GST_DISCRIMINATOR_N_FIELDS;
  return gst_discriminator_fields;
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

  GST_DEBUG_CATEGORY_INIT (
      discriminator_debug, "discriminator", 0, "the model, its plans, and the score of each frame");

  gobject_class->set_property = gst_discriminator_set_property;
  gobject_class->get_property = gst_discriminator_get_property;
  gobject_class->finalize = gst_discriminator_finalize;

  g_object_class_install_property (gobject_class, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "The ONNX file to score with (unset: an error); set while another one does, it follows "
          "as soon as it is "
          "loaded, if it takes the frames that pass",
          NULL, flags | GST_PARAM_MUTABLE_PLAYING));
  g_object_class_install_property (gobject_class, PROP_TILE_WIDTH,
      g_param_spec_int ("tile-width", "Tile width",
          "Width in pixels of the pictures in a wall, for a model that takes any size (0: the "
          "model's, or "
          "the frame's)",
          0, G_MAXINT16, DEFAULT_TILE, ready));
  g_object_class_install_property (gobject_class, PROP_TILE_HEIGHT,
      g_param_spec_int ("tile-height", "Tile height",
          "Height in pixels of the pictures in a wall, for a model that takes any size (0: the "
          "model's, or "
          "the frame's)",
          0, G_MAXINT16, DEFAULT_TILE, ready));
  gst_generative_numbers_install (gobject_class, PROP_NUMBERS, GST_GENERATIVE_NUMBERS_N_INPUT);
  gst_generative_said_install (gobject_class, PROP_SAID);
  gst_generative_adapters_install (gobject_class, PROP_ADAPTERS, GST_PARAM_MUTABLE_PLAYING);
  g_object_class_install_property (gobject_class, PROP_SAMPLE_RATE,
      g_param_spec_int ("sample-rate", "Sample rate",
          "How many samples a second the model takes, for one that takes sound and does not say; a "
          "row of numbers is then a sound (0: what the model says)",
          0, G_MAXINT, DEFAULT_SAMPLE_RATE, ready));
  g_object_class_install_property (gobject_class, PROP_WINDOW,
      g_param_spec_double ("window", "Window",
          "Seconds (not frames) of sound that are scored at once, for a model that takes any "
          "length (0: the "
          "model's, or one second)",
          0, MAX_SECONDS, DEFAULT_WINDOW, ready));
  g_object_class_install_property (gobject_class, PROP_HOP,
      g_param_spec_double ("hop", "Hop",
          "Seconds (not frames) from the beginning of a window of sound to that of the next one, "
          "at most a "
          "window (0: a window)",
          0, MAX_SECONDS, DEFAULT_HOP, ready));
  g_object_class_install_property (gobject_class, PROP_CALIBRATION,
      g_param_spec_enum ("calibration", "Calibration",
          "Whether scores become the probability of being real, as the model's metadata "
          "generative.calibration says how (generative-model calibrate writes it)",
          GST_TYPE_DISCRIMINATOR_CALIBRATION, DEFAULT_CALIBRATION, ready));
  gst_discriminator_gate_install (gobject_class, PROP_GATE);
  gst_generative_sharing_install (gobject_class, PROP_SHARING);
  gst_generative_sharing_install_figures (gobject_class, PROP_SHARED_FIGURES);
  gst_generative_playing_install (gobject_class, PROP_PLAYING, DEFAULT_PRECISION);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Discriminator",
      "Filter/Analyzer/Video/Audio",
      "Scores frames or windows of sound with a model, and drops those that are not good enough",
      "gst-generative");

  element_class->set_context = gst_discriminator_set_context;
  element_class->change_state = gst_discriminator_change_state;
  base_class->transform_caps = gst_discriminator_transform_caps;
  base_class->propose_allocation = gst_discriminator_propose_allocation;
  base_class->query = gst_discriminator_query;
  base_class->sink_event = gst_discriminator_sink_event;
  base_class->before_transform = gst_discriminator_before_transform;
  filter_class->open = gst_discriminator_open;
  filter_class->close = gst_discriminator_close;
  filter_class->set_format = gst_discriminator_set_format;
  filter_class->get_fields = gst_discriminator_get_fields;
  filter_class->get_window = gst_discriminator_get_window;
  filter_class->get_gate = gst_discriminator_get_gate;
  filter_class->decide = gst_discriminator_decide;
  filter_class->interrupt = gst_discriminator_interrupt;
  filter_class->map = gst_discriminator_map;
  filter_class->measure = gst_discriminator_measure;
  filter_class->summarise = gst_discriminator_summarise;

  gst_type_mark_as_plugin_api (GST_TYPE_DISCRIMINATOR_CALIBRATION, 0);
}

static void
gst_discriminator_init (GstDiscriminator *self)
{
  gst_generative_playing_init (&self->judge.playing, DEFAULT_PRECISION);
  gst_generative_parameters_init (&self->parameters, GST_ELEMENT (self));
  gst_discriminator_gate_init (&self->gate, GST_ELEMENT (self));
  self->hints.uncalibrated = DEFAULT_CALIBRATION == CALIBRATION_NONE;
  self->hints.tile_width = self->hints.tile_height = DEFAULT_TILE;
  self->hints.sample_rate = DEFAULT_SAMPLE_RATE;
  self->hints.window = DEFAULT_WINDOW;
  self->hints.hop = DEFAULT_HOP;
  gst_generative_sharing_init (&self->sharing);
  self->judge.sharing.settings = &self->sharing;
  self->judge.sharing.category = GST_CAT_DEFAULT;
  self->judge.sharing.due = GEN_SHARED_NO_DEADLINE;
  self->judge.element = self->succession.element = GST_ELEMENT (self);
  self->walls.judge = self->windows.judge = &self->judge;
  self->succession.free = (GDestroyNotify)gen_model_unref;
}
