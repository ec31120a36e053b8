/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-generator
 * @title: generator
 * @short_description: plays a generative model
 *
 * Turns latents into pictures or sound, pictures into pictures, and sound into sound, with an ONNX
 * model. What the model takes and makes is read from its shapes, so that caps need not be given.
 * The last kernel writes straight into the next element's buffers.
 *
 * A buffer of several latents (dimensions=100:48) becomes one picture, a wall of theirs.
 * `batch-size` gathers several buffers for a run instead, which is faster and later. When the
 * model's file is replaced, the new one plays from the next frame on; a broken one is reported
 * as a warning while the old one plays on. So it is when `model` is set to another file while a
 * pipeline plays, and when `batch-size` is: it is made ready beside what plays. A model of another
 * size has caps negotiated anew; one that the neighbours do not suit is told of in a warning.
 *
 * In live pipelines its latency is that of the longest run so far and a frame interval more, and
 * the pipeline is told when that grows (GST_MESSAGE_LATENCY). Where a model is slower than the
 * frame rate, frames that a sink would get too late are not made, and QoS messages tell of them; a
 * queue behind it lets it work while the sink waits.
 *
 * The size of pictures may be left free: then any is taken, and when it changes the model is
 * compiled anew; what was compiled last is kept, so that a size that comes back plays at once.
 * Where the size of what a model makes hangs on what it sees, the caps change with it, and frames
 * of which it makes nothing are dropped; such a model takes a buffer at a time, whatever
 * `batch-size` is.
 *
 * Which numbers are black and white is read from the model: from its metadata, a `.modelinfo` file
 * beside it, or from what its operators bound, such as Tanh, Clip or a product behind them. Where
 * nothing tells, a warning says which range is assumed, and `input-range` and `output-range` put it
 * right. Models of float16, bfloat16, float64 and uint8 play as those of float32 do. A model that
 * makes NaN or infinity is told of by a warning with the first such frame.
 *
 * What encoders want and decoders give, NV12 and I420, is made and taken as well, in the one pass
 * that makes bytes of numbers: with the matrix, range and chroma siting of the caps, which are
 * BT.601 up to 576 rows and BT.709 above where nobody says otherwise. Frames whose pixels have
 * chroma of their own are preferred, so that an element that takes both, as videoconvert does, gets
 * RGB. Pictures of odd size that a model makes one at a time cannot be put into such a wall.
 *
 * What is made of a picture is meant as the picture was. Its time, the shape of its pixels, how its
 * views are arranged, transfer and primaries of its colours, and metas pass (time codes, captions,
 * others' own). Where the model scales both axes by one factor, pixels keep their shape; where it
 * does not, they get the one in which the picture is displayed as before; regions of interest are
 * scaled. Models work on the numbers of R'G'B', whatever light these stand for: pictures of HDR (PQ
 * and HLG) come out as HDR, and a model that was made for others sees them pale. Who wants it
 * otherwise converts in front, as videoconvert does with `gamma-mode=remap` and
 * `primaries-mode=merge-only`; a next element that wants another light than is made is refused.
 * Grey that is made of colours is a mask or a map and has no light. Pictures that are made of
 * latents are sRGB. Interlaced frames are refused, since the rows of two moments would be taken for
 * one: put deinterlace in front.
 *
 * With `device=cuda` frames stay on the GPU where the neighbours take them there: caps become
 * `video/x-raw(memory:CUDAMemory)` when the next element names that memory, and the system's
 * otherwise, and pictures are taken from either. With `device=auto` a GPU that fails, at the start
 * or while it plays, gives way to the CPU, and a warning says why.
 *
 * A model whose output is [N, C, T], of up to 8 channels, makes sound of each latent, as float32 or
 * int16, at the rate that its metadata or `.modelinfo` file says (`generative.sample-rate`), or
 * `sample-rate`; with that set, a vector is a sound as well. T of less than 1024 is taken for sound
 * where the model says its rate, from 64 on. Sounds follow each other to the sample, whatever the
 * times of the latents are. `latentsrc` is asked for latents as fast as sounds are long. With
 * `crossfade` each begins while the one before it fades out, and that much less of it lies between
 * two latents; the first one after a seek has none before it to fade out.
 *
 * A model of sound whose input and output are such is played on sound: piece by piece, each with
 * the samples around it that its results hang on, which is found from the model's kernels,
 * dilations and strides, so that pieces come out as they do of the whole, and so that there is no
 * click between them. `chunk-size` says how long pieces are, and with it the latency. Where results
 * hang on the whole sound, as those of attention and of normalisation along time do, no piece comes
 * out as it would of the whole: pieces of a second then overlap by half and fade into each other,
 * so that there is no click, and a warning tells of it. How near that comes hangs on the model: of
 * one that adds the mean over all time, white noise in pieces of 500 samples is 35 dB off.
 * `overlap` sets it otherwise, and is taken for other models as well; `context` says instead how
 * much is to be enough.
 *
 * Where nothing says the rate of a model that takes sound, it plays at whatever rate comes: for one
 * that was trained at 16 kHz, set `sample-rate`, and audioresample in front makes it of others.
 * Where its sound is [1, T], it is taken for such only if its metadata or `.modelinfo` says the
 * rate.
 *
 * Sound may be at one end alone. Vectors that follow each other, as the frames of a mel spectrogram
 * do, become sound by a model that takes them as [1, D, T] or [1, T, D] (a vocoder): buffers may
 * hold any number of them, `dimensions=80:20` one after another or `dimensions=20:80` as the model
 * has them, and are made into sound piece by piece as above. Each picture becomes a sound where the
 * model makes one and says its rate. And of each window of a sound, as long as the model takes or
 * `chunk-size` says, comes a picture, or a tensor of whatever the model makes; `context` lets
 * windows overlap by as many samples at both sides, and the last one is filled up with silence.
 *
 * A model of two inputs takes buffers of two tensors: latents, and the class or the second latent
 * that goes with each. `latentsrc` makes both; the class is a vector or an index, int64 or int32,
 * as the model has it.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc walk=slerp num-buffers=90 ! \
 *   generator model=ball/generator.onnx ! y4menc ! filesink location=walk.y4m
 * ]|
 * Three seconds of a walk, with the model that gantrainer's example trains.
 *
 * |[
 * gst-launch-1.0 filesrc location=talk.wav ! decodebin ! audioconvert ! audioresample ! \
 *   generator model=restore.onnx ! audioconvert ! wavenc ! filesink location=clear.wav
 * ]|
 * A file of sound through a model of sound, sample by sample as long as before.
 *
 * |[
 * gst-launch-1.0 latentsrc num-buffers=16 ! generator model=kit/generator.onnx ! \
 *   audioconvert ! audioresample ! autoaudiosink
 * for seed in 1 2 3; do
 *   gst-launch-1.0 latentsrc seed=$seed num-buffers=1 ! generator model=kit/generator.onnx ! \
 *     wavenc ! filesink location=hit-$seed.wav
 * done
 * ]|
 * Sixteen sounds of latents, one after another, by a model such as `gantrainer preset=wavegan`
 * trains; and three, each in a file of its own.
 */
#include "generator.h"

#include "../elements.h"
#include "../shared/tensors.h"
#include "../shared/settings.h"

GST_DEBUG_CATEGORY (generator_debug);
#define GST_CAT_DEFAULT generator_debug

enum {
  PROP_0,
  PROP_MODEL,
  PROP_BATCH_SIZE,
  PROP_COLUMNS,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_SAMPLE_RATE,
  PROP_CONTEXT,
  PROP_CHUNK_SIZE,
  PROP_OVERLAP,
  PROP_CROSSFADE,
  PROP_INPUT_RANGE,
  PROP_OUTPUT_RANGE,
  PROP_RELOAD,
  PROP_PLAYING, /* device, precision, kernels, threads */
};

#define DEFAULT_PRECISION GST_GENERATIVE_PRECISION_AUTO
#define DEFAULT_BATCH_SIZE 1
#define DEFAULT_COLUMNS 0
#define DEFAULT_SIZE 0
#define DEFAULT_SAMPLE_RATE 0
#define DEFAULT_CONTEXT -1
#define DEFAULT_CHUNK_SIZE 0
#define DEFAULT_OVERLAP -1
#define DEFAULT_CROSSFADE 0
#define DEFAULT_RELOAD TRUE

#define SOUND_CAPS                                                                                 \
  GST_AUDIO_CAPS_MAKE ("{ " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (S16) " }")                       \
  ", layout=(string)interleaved"

#define ONE_TENSOR_CAPS                                                                            \
  "other/tensors, format=(string)static, num_tensors=(int)1, "                                     \
  "types=(string)float32, " GST_GENERATIVE_TENSORS_RATE

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_GENERATIVE_TENSORS_CAPS "; " GST_VIDEO_CAPS_MAKE (
            GST_GENERATIVE_INPUT_FORMATS) GST_GENERATIVE_DEVICE_CAPS "; " SOUND_CAPS));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_OUTPUT_FORMATS)
                GST_GENERATIVE_DEVICE_CAPS "; " SOUND_CAPS "; " ONE_TENSOR_CAPS));

G_DEFINE_FINAL_TYPE (GstGenerator, gst_generator, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (generator, "generator", GST_RANK_NONE, GST_TYPE_GENERATOR)

GstBaseTransformClass *
gst_generator_get_parent_class (void)
{
  return GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class);
}

static void
gst_generator_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstGenerator *self = GST_GENERATOR (object);
  Settings *settings = &self->settings;

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  switch (property_id) {
  case PROP_MODEL:
    g_free (settings->model);
    settings->model = g_value_dup_string (value);
    if (self->watch != NULL)
      gst_file_watch_turn_to (self->watch, settings->model);
    break;
  case PROP_BATCH_SIZE:
    settings->batch_size = g_value_get_uint (value);
    if (self->watch != NULL)
      gst_file_watch_call (self->watch, FALSE);
    break;
  case PROP_COLUMNS:
    settings->columns = g_value_get_uint (value);
    break;
  case PROP_WIDTH:
    settings->hints.width = g_value_get_int (value);
    break;
  case PROP_HEIGHT:
    settings->hints.height = g_value_get_int (value);
    break;
  case PROP_SAMPLE_RATE:
    settings->hints.sample_rate = g_value_get_int (value);
    break;
  case PROP_CONTEXT:
    settings->hints.context = g_value_get_int (value);
    break;
  case PROP_CHUNK_SIZE:
    settings->hints.chunk_size = (int)g_value_get_uint (value);
    break;
  case PROP_OVERLAP:
    settings->hints.overlap = g_value_get_int (value);
    break;
  case PROP_CROSSFADE:
    settings->hints.crossfade = g_value_get_uint64 (value);
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
    if (!gst_generative_playing_set (&self->playing, property_id - PROP_PLAYING, value))
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
  case PROP_BATCH_SIZE:
    g_value_set_uint (value, settings->batch_size);
    break;
  case PROP_COLUMNS:
    g_value_set_uint (value, settings->columns);
    break;
  case PROP_WIDTH:
    g_value_set_int (value, settings->hints.width);
    break;
  case PROP_HEIGHT:
    g_value_set_int (value, settings->hints.height);
    break;
  case PROP_SAMPLE_RATE:
    g_value_set_int (value, settings->hints.sample_rate);
    break;
  case PROP_CONTEXT:
    g_value_set_int (value, settings->hints.context);
    break;
  case PROP_CHUNK_SIZE:
    g_value_set_uint (value, (guint)settings->hints.chunk_size);
    break;
  case PROP_OVERLAP:
    g_value_set_int (value, settings->hints.overlap);
    break;
  case PROP_CROSSFADE:
    g_value_set_uint64 (value, settings->hints.crossfade);
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
    if (!gst_generative_playing_get (&self->playing, property_id - PROP_PLAYING, value))
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
  gst_generator_queue_free (&self->queue);
  gst_generator_join_clear (&self->join);
  gst_generative_playing_clear (&self->playing);
  G_OBJECT_CLASS (gst_generator_parent_class)->finalize (object);
}

/* --- starting and stopping --- */

static gboolean
gst_generator_start (GstBaseTransform *base)
{
  GstGenerator *self = GST_GENERATOR (base);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL, *text = NULL;
  GstGeneratorPorts ports = { 0 };
  GstFileWatch *watch;
  gboolean reload;
  GenModel *model;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->settings.model);
  reload = self->settings.reload;
  self->batch = self->settings.batch_size;
  GST_OBJECT_UNLOCK (self);

  if (!gst_generative_playing_open (&self->playing, GST_ELEMENT (self)))
    return FALSE;
  model = gst_generative_load_model (GST_ELEMENT (self), path);
  if (model == NULL)
    return FALSE;
  if (!gst_generator_find_ports (self, model, &ports, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    gen_model_unref (model);
    return FALSE;
  }
  gst_generator_warn_of_ranges (self, &ports);
  if (!model->staged && ports.output.kind == GEN_PORT_PICTURE && !gst_generator_streams (&ports))
    ports.shares_device = ports.prefers_device =
        gst_generative_playing_share_memory (&self->playing, GST_ELEMENT (self));
  text = gen_model_describe (model);
  GST_INFO_OBJECT (self, "%s %s%s; device %s, batch-size %u", path, text,
      model->staged ? "; its shapes hang on what it computes" : "", self->playing.found->name,
      self->batch);
  GST_OBJECT_LOCK (self);
  self->ports = ports;
  self->use = (GenModelUse){ 0 };
  self->explained = self->refused = FALSE;
  self->latency = (GstGenerativeLatency){ 0 };
  GST_OBJECT_UNLOCK (self);
  self->player = gst_generator_player_new (self, model);
  self->run_time = 0;
  gst_generator_forget_lateness (self);
  self->made_of = (GstGeneratorInput){ 0 };
  self->made_width = self->made_height = 0;
  self->frame = 0;
  gst_generator_forget_sound (self);
  gst_generator_stream_forget (self);
  self->told_not_finite = FALSE;
  if (model->staged)
    self->batch = 1;
  self->waiting = FALSE;
  watch = gst_file_watch_new (reload ? path : NULL, gst_generator_prepare_next, self);
  GST_OBJECT_LOCK (self);
  self->watch = watch;
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static gboolean
gst_generator_stop (GstBaseTransform *base)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstFileWatch *watch;
  GenModel *model, *newest;

  GST_OBJECT_LOCK (self);
  watch = g_steal_pointer (&self->watch);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&watch, gst_file_watch_free);
  gst_generator_successor_free (gst_generator_take_next (self));
  g_clear_pointer (&self->player, gen_player_free);
  gst_generator_forget_batch (self);
  GST_OBJECT_LOCK (self);
  model = g_steal_pointer (&self->ports.model);
  newest = g_steal_pointer (&self->newest);
  self->use.frames = 0;
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&model, gen_model_unref);
  g_clear_pointer (&newest, gen_model_unref);
  gst_generative_playing_close (&self->playing, GST_ELEMENT (self));
  return TRUE;
}

static void
gst_generator_set_context (GstElement *element, GstContext *context)
{
  gst_generative_playing_set_context (&GST_GENERATOR (element)->playing, element, context);
  GST_ELEMENT_CLASS (gst_generator_parent_class)->set_context (element, context);
}

/* Whether what comes behind does not follow what came before. */
static gboolean
ends_stream (const GstEvent *event)
{
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_STREAM_START:
  case GST_EVENT_CAPS:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_GAP:
  case GST_EVENT_EOS:
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
gst_generator_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstGenerator *self = GST_GENERATOR (base);
  g_autoptr (GstCaps) caps = NULL;

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    if (self->n_gathered > 0 || self->n_given < self->n_made)
      GST_DEBUG_OBJECT (self, "a flush: %u gathered and %u made frames are dropped",
          self->n_gathered, self->n_made - self->n_given);
    gst_generator_forget_batch (self);
    gst_generator_forget_lateness (self);
    gst_generator_forget_sound (self);
    gst_generator_stream_forget (self);
  } else if (GST_EVENT_IS_SERIALIZED (event) && self->n_gathered > 0) {
    gst_generator_drain (self);
  }
  if (ends_stream (event) && gst_generator_stream_pending (self))
    gst_generator_stream_drain (self);
  if (ends_stream (event))
    gst_generator_sound_drain (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    gst_generator_forget_sound (self);
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return gst_generator_get_parent_class ()->sink_event (base, event);
  gst_event_parse_caps (event, &caps);
  gst_caps_ref (caps);
  if (gst_generator_get_parent_class ()->sink_event (base, event))
    return TRUE;
  gst_generator_explain_refusal (self, caps);
  return FALSE;
}

static void
gst_generator_class_init (GstGeneratorClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GParamFlags live = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING;

  GST_DEBUG_CATEGORY_INIT (generator_debug, "generator", 0,
      "the model, its plans, caps, latency, reloading, and each frame");

  gobject_class->set_property = gst_generator_set_property;
  gobject_class->get_property = gst_generator_get_property;
  gobject_class->finalize = gst_generator_finalize;

  g_object_class_install_property (gobject_class, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "The ONNX file to play (unset: an error); set while another one plays, it follows as "
          "soon as it is ready",
          NULL, live));
  g_object_class_install_property (gobject_class, PROP_BATCH_SIZE,
      g_param_spec_uint ("batch-size", "Batch size",
          "How many buffers to gather for a run: more are faster, and come later", 1,
          MAX_BATCH_SIZE, DEFAULT_BATCH_SIZE, live));
  g_object_class_install_property (gobject_class, PROP_COLUMNS,
      g_param_spec_uint ("columns", "Columns",
          "Pictures side by side in the wall that a buffer of several latents makes (0: nearly "
          "square)",
          0, G_MAXINT16, DEFAULT_COLUMNS, flags));
  g_object_class_install_property (gobject_class, PROP_WIDTH,
      g_param_spec_int ("width", "Width",
          "Width in pixels of the pictures of a model that makes them as vectors (0: square)", 0,
          G_MAXINT16, DEFAULT_SIZE, flags));
  g_object_class_install_property (gobject_class, PROP_HEIGHT,
      g_param_spec_int ("height", "Height",
          "Height in pixels of the pictures of a model that makes them as vectors (0: square)", 0,
          G_MAXINT16, DEFAULT_SIZE, flags));
  g_object_class_install_property (gobject_class, PROP_SAMPLE_RATE,
      g_param_spec_int ("sample-rate", "Sample rate",
          "Samples a second of the sounds of a model that does not say it, or that makes them as "
          "vectors (0: what the model says)",
          0, G_MAXINT, DEFAULT_SAMPLE_RATE, flags));
  g_object_class_install_property (gobject_class, PROP_CONTEXT,
      g_param_spec_int ("context", "Context",
          "Samples before and behind a piece of sound that it is made with (-1: as many as results "
          "hang on, by the model's graph)",
          -1, G_MAXINT, DEFAULT_CONTEXT, flags));
  g_object_class_install_property (gobject_class, PROP_CHUNK_SIZE,
      g_param_spec_uint ("chunk-size", "Chunk size",
          "Samples of each channel that a piece of sound is made of at least, where the model "
          "takes any number: more are faster, and come later (0: a 50th of a second, or the "
          "context where that is longer; a second where results hang on all of it)",
          0, G_MAXINT, DEFAULT_CHUNK_SIZE, flags));
  g_object_class_install_property (gobject_class, PROP_OVERLAP,
      g_param_spec_int ("overlap", "Overlap",
          "Samples that a piece of sound shares with the next one, where one fades into the other "
          "as the halves of a Hann window (-1: none where the context is known or given, else half "
          "of a piece)",
          -1, G_MAXINT, DEFAULT_OVERLAP, flags));
  g_object_class_install_property (gobject_class, PROP_CROSSFADE,
      g_param_spec_uint64 ("crossfade", "Crossfade",
          "For how many nanoseconds the sound of a latent fades into the next one, with equal "
          "power; at most half of it (0: each follows the other as it is)",
          0, G_MAXINT64, DEFAULT_CROSSFADE, flags));
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
  gst_generative_playing_install (gobject_class, PROP_PLAYING, DEFAULT_PRECISION);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Generator", "Filter/Converter/Video/Audio",
      "Plays a generative model: latents, tensors, pictures or sound in and out", "gst-generative");

  element_class->set_context = gst_generator_set_context;
  base_class->start = gst_generator_start;
  base_class->stop = gst_generator_stop;
  base_class->transform_caps = gst_generator_transform_caps;
  base_class->fixate_caps = gst_generator_fixate_caps;
  base_class->set_caps = gst_generator_set_caps;
  base_class->decide_allocation = gst_generator_decide_allocation;
  base_class->propose_allocation = gst_generator_propose_allocation;
  base_class->filter_meta = gst_generator_filter_meta;
  base_class->transform_meta = gst_generator_transform_meta;
  base_class->query = gst_generator_query;
  base_class->sink_event = gst_generator_sink_event;
  base_class->src_event = gst_generator_src_event;
  base_class->submit_input_buffer = gst_generator_submit_input_buffer;
  base_class->prepare_output_buffer = gst_generator_prepare_output_buffer;
  base_class->transform = gst_generator_transform;
  base_class->generate_output = gst_generator_generate_output;
  base_class->passthrough_on_same_caps = FALSE;
}

static void
gst_generator_init (GstGenerator *self)
{
  Settings *settings = &self->settings;

  gst_generative_playing_init (&self->playing, DEFAULT_PRECISION);
  settings->batch_size = DEFAULT_BATCH_SIZE;
  settings->columns = DEFAULT_COLUMNS;
  settings->hints.context = DEFAULT_CONTEXT;
  settings->hints.chunk_size = DEFAULT_CHUNK_SIZE;
  settings->hints.overlap = DEFAULT_OVERLAP;
  settings->hints.crossfade = DEFAULT_CROSSFADE;
  settings->reload = DEFAULT_RELOAD;
  self->slots = g_new0 (Slot, MAX_BATCH_SIZE);
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
}
