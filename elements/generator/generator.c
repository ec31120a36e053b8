/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-generator
 * @title: generator
 * @short_description: plays a generative model
 *
 * Turns latents into pictures or sound, pictures into pictures, sound into sound, and text into
 * speech, with an ONNX model. What the model takes and makes is read from its shapes, so that caps
 * need not be given: `generative-model inspect` says what was found. Models that remember, take
 * parameters, see several frames, have several inputs or outputs, take spectra or text, or take
 * noise out step by step are explained in docs/streaming-models.md.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc walk=slerp num-buffers=90 ! \
 *   generator model=ball/generator.onnx ! y4menc ! filesink location=walk.y4m
 * ]|
 * Three seconds of a walk, with the model that gantrainer's example trains.
 *
 * |[
 * gst-launch-1.0 filesrc location=old.mp4 ! decodebin ! videoconvert ! \
 *   generator model=upscaler.onnx tile=auto ! videoconvert ! video/x-raw,format=I420 ! \
 *   x264enc ! mp4mux ! filesink location=large.mp4
 * ]|
 * A film, each frame made larger tile by tile.
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
 *
 * |[
 * gst-launch-1.0 filesrc location=lines.txt ! text/x-raw,format=utf8 ! \
 *   generator model=voice.onnx ! audioconvert ! audioresample ! autoaudiosink
 * ]|
 * Lines of phonemes, spoken one after another.
 *
 * |[
 * gst-launch-1.0 latentsrc num-buffers=30 ! \
 *   generator model=denoiser.onnx sampler=ddim steps=10 ! videoconvert ! autovideosink
 * gst-launch-1.0 latentsrc seed=7 num-buffers=1 ! \
 *   generator model=denoiser.onnx sampler=euler schedule=linear steps=20 ! \
 *   videoconvert ! pngenc ! filesink location=sample.png
 * ]|
 * Thirty pictures of noise by a denoiser that was trained to tell it, in ten runs each; and one in
 * twenty, along the deviation of the noise.
 *
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=90 ! videoconvert ! \
 *   generator model=matting.onnx ! compositor background=white ! videoconvert ! autovideosink
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=90 ! videoconvert ! \
 *   generator name=g model=matting.onnx outputs=fgr ! queue ! videoconvert ! autovideosink \
 *   g.src_pha ! queue ! videoconvert ! autovideosink
 * ]|
 * Whom a model of matting cuts out, before white; and the picture and its mask, each by itself.
 *
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=90 ! videoconvert ! \
 *   generator model=style.onnx inputs=style=pictures/000.png ! videoconvert ! autovideosink
 * gst-launch-1.0 videotestsrc num-buffers=90 ! videoconvert ! \
 *   generator name=g model=style.onnx ! videoconvert ! autovideosink \
 *   videotestsrc pattern=ball num-buffers=90 ! videoconvert ! videoscale ! queue ! g.sink_style
 * ]|
 * A picture in the style of another one, and of one that moves.
 *
 * ## Pictures
 *
 * A buffer of several latents (dimensions=100:48) becomes one picture, a wall of theirs. A model of
 * two inputs takes buffers of two tensors: latents, and the class or second latent that goes with
 * each, which `latentsrc` makes.
 *
 * The size of pictures may be left free: then any is taken, and what has been compiled for one is
 * kept for when it comes back. Where the size of what is made hangs on what is seen, caps change
 * with it, and frames of which nothing is made are dropped. Frames larger than a model takes, or
 * than is worth playing at once, are played tile by tile with `tile=auto` or `tile=256x256`.
 *
 * Which numbers are black and white is read from metadata, from a `.modelinfo` file beside the
 * model, or from what its operators bound. Where nothing tells, a warning says what is assumed, and
 * `input-range`, `output-range`, `input-mean`, `input-std` and `channel-order` put it right. NaN
 * and infinity are told of by a warning with the first such frame.
 *
 * Frames may be of RGB in any order, grey, NV12 or I420, with the matrix, range and chroma siting
 * of the caps (BT.601 up to 576 rows and BT.709 above where nobody says otherwise); those whose
 * pixels have chroma of their own are preferred. Pictures of odd size that a model makes one at a
 * time cannot be put into a wall of the others. A model of one channel plays on the luma of NV12
 * and I420, and chroma goes beside it, unless `luma=false`.
 *
 * What is made of a picture is meant as the picture was: its time, the shape of its pixels, views,
 * transfer and primaries of its colours, and metas pass, and regions of interest are scaled. Models
 * work on the numbers of R'G'B', whatever light these stand for, so that one made for others sees
 * HDR pale; videoconvert with `gamma-mode=remap` and `primaries-mode=merge-only` in front converts
 * it. Grey that is made of colours has no light, pictures of latents are sRGB. Interlaced frames
 * are refused: put deinterlace in front.
 *
 * What is no picture and no sound (an embedding, boxes, scores) becomes a tensor where `outputs`
 * names it, and a picture (depth) does where the next element takes `other/tensors` alone: one a
 * buffer, with its time and metas. Further outputs and inputs have pads of their own that are asked
 * for before the element starts, `src_pha` and `sink_trimap`, each with a queue; `inputs` gives an
 * input one picture of a file.
 *
 * ## Sound
 *
 * A model whose output is [N, C, T], of up to 8 channels, makes sound of each latent, as float32 or
 * int16, at the rate that its metadata or `.modelinfo` file says, or `sample-rate`. Sounds follow
 * each other to the sample, whatever the times of the latents are, and with `crossfade` each begins
 * while the one before it fades out. A model of sound at both ends is played piece by piece, each
 * with the samples around it that its results hang on, so that pieces come out as they do of the
 * whole; `chunk-size`, `context` and `overlap` say otherwise. `spectrum` and `chain` are for those
 * that take spectra or frames of a sound, or that are several files. Vectors that follow each
 * other, as those of a mel spectrogram, become sound by a vocoder, and of each window of a sound
 * comes a picture or a tensor. Sound, and what is made of it, is not played backwards.
 *
 * A model that takes ids of symbols and makes a sound as long as it finds right speaks: of
 * `text/x-raw,format=utf8`, where `MODEL.onnx.json` beside it says which ids symbols have, or of
 * ids, `other/tensors`.
 *
 * ## Noise
 *
 * A denoiser makes pictures, or sounds, of noise with a `sampler` (`euler`, `ddim`, or
 * `consistency` for those that have learned to need few steps), which runs it `steps` times for
 * each. The noise comes as latents of as many numbers as a picture has, which `latentsrc` makes:
 * frame N is the same whenever it is made. `prediction`, `schedule` and `sigma-range` say what it
 * was trained by where that is not the usual.
 *
 * ## What it says of it
 *
 * The stream's tags say that what is made is synthetic: `digital-source-type`, a comment and
 * extended comments, which muxers write (docs/signing.md says where each of them ends up). So it is
 * `trainedAlgorithmicMedia`, and `compositeWithTrainedAlgorithmicMedia` of what was a picture or
 * sound before. `synthetic-tag=false`, or the environment variable `GENERATIVE_MARK=off`, leave
 * that out, and a line of the log says so.
 *
 * ## While it plays
 *
 * `batch-size` gathers several buffers for a run, which is faster and later. When the model's file
 * is replaced, or `model` or `batch-size` are set, the new one is made ready beside what plays and
 * follows from the next frame on; a broken one, or one that the neighbours do not suit, is told of
 * in a warning.
 *
 * With `shared=true` several generators of a process that play the same model make their frames in
 * common runs, each frame as it would be alone (docs/serving.md).
 *
 * |[
 * gst-launch-1.0 \
 *   latentsrc seed=1 is-live=true num-buffers=90 ! \
 *     generator model=ball/generator.onnx shared=true ! videoconvert ! autovideosink \
 *   latentsrc seed=2 is-live=true num-buffers=90 ! \
 *     generator model=ball/generator.onnx shared=true ! videoconvert ! autovideosink
 * ]|
 *
 * `adapter` names small files of what a training has learned beside the model's weights, which are
 * summed, each `adapter-scale` times. Both may be set while it plays: scales hold from the next
 * frame on, and other adapters follow as another model does (docs/training/adapters.md).
 *
 * In live pipelines its latency is that of the longest run so far and a frame interval more, and
 * the pipeline is told when that grows (GST_MESSAGE_LATENCY). Where a model is slower than the
 * frame rate, frames that a sink would get too late are not made, and QoS messages tell of them; a
 * queue behind it lets it work while the sink waits. A buffer that is not what its caps say is an
 * error; what came before it goes on.
 *
 * With `device=cuda` frames stay on the GPU where the neighbours take them there: caps become
 * `video/x-raw(memory:CUDAMemory)` when the next element names that memory, and the system's
 * otherwise, and pictures are taken from either. With `device=auto` a GPU that fails, at the start
 * or while it plays, gives way to the CPU, and a warning says why.
 */
#include "generator.h"

#include <gst/audio/audio.h>

#include <string.h>

#include "../elements.h"
#include "../shared/marking.h"
#include "../shared/origin-meta.h"
#include "../shared/settings.h"
#include "../shared/stream-time.h"
#include "../shared/synthetic-tags.h"

GST_DEBUG_CATEGORY (generator_debug);
#define GST_CAT_DEFAULT generator_debug

enum {
  PROP_0,
  PROP_OWN,                                             /* settings.h */
  PROP_PLAYING = PROP_OWN + GST_GENERATOR_N_PROPERTIES, /* device, precision, kernels, threads */
  PROP_SHARED_FIGURES = PROP_PLAYING + GST_GENERATIVE_PLAYING_N_PROPERTIES,
};

#define DEFAULT_PRECISION GST_GENERATIVE_PRECISION_AUTO

#define SOUND_CAPS                                                                                 \
  GST_AUDIO_CAPS_MAKE ("{ " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (S16) " }")                       \
  ", layout=(string)interleaved"

#define ONE_TENSOR_CAPS                                                                            \
  "other/tensors, format=(string)static, num_tensors=(int)1, "                                     \
  "types=(string){ float32, int32, int64, uint8 }, " GST_GENERATIVE_TENSORS_RATE

#define TEXT_CAPS                                                                                  \
  "text/x-raw, format=(string)utf8; other/tensors, format=(string)static, num_tensors=(int)1, "    \
  "types=(string){ int64, int32 }, " GST_GENERATIVE_TENSORS_RATE

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK,
    GST_PAD_ALWAYS,
    GST_STATIC_CAPS (GST_GENERATIVE_TENSORS_CAPS "; " GST_VIDEO_CAPS_MAKE (
        GST_GENERATIVE_INPUT_FORMATS) GST_GENERATIVE_DEVICE_CAPS "; " SOUND_CAPS "; " TEXT_CAPS));

static GstStaticPadTemplate side_template =
    GST_STATIC_PAD_TEMPLATE (GST_GENERATOR_SINK_PREFIX "%s", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_INPUT_FORMATS)));

static GstStaticPadTemplate branch_template =
    GST_STATIC_PAD_TEMPLATE (GST_GENERATOR_SRC_PREFIX "%s", GST_PAD_SRC, GST_PAD_REQUEST,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_OUTPUT_FORMATS) "; " ONE_TENSOR_CAPS));

static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
        GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_OUTPUT_FORMATS)
                GST_GENERATIVE_DEVICE_CAPS "; " SOUND_CAPS "; " ONE_TENSOR_CAPS));

static void gst_generator_child_proxy_init (gpointer interface, gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (GstGenerator, gst_generator, GST_TYPE_BASE_TRANSFORM,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY, gst_generator_child_proxy_init))
GST_ELEMENT_REGISTER_DEFINE (generator, "generator", GST_RANK_NONE, GST_TYPE_GENERATOR)

/* --- parameters of the model --- */

static GObject *
get_child_by_index (GstChildProxy *proxy, guint i)
{
  return gst_generative_parameters_get (&GST_GENERATOR (proxy)->parameters, i);
}

static guint
get_children_count (GstChildProxy *proxy)
{
  return gst_generative_parameters_count (&GST_GENERATOR (proxy)->parameters);
}

static void
gst_generator_child_proxy_init (gpointer interface, gpointer data)
{
  GstChildProxyInterface *proxy = interface;

  proxy->get_child_by_index = get_child_by_index;
  proxy->get_children_count = get_children_count;
}

/* --- properties --- */

static void
gst_generator_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstGenerator *self = GST_GENERATOR (object);
  const guint number = property_id - PROP_OWN;

  if (!gst_generative_can_set (object, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (gst_generator_settings_set (&self->settings, number, value))
    gst_generator_change_follow (&self->change, number);
  else if (!gst_generative_playing_set (&self->play.playing, property_id - PROP_PLAYING, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_generator_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstGenerator *self = GST_GENERATOR (object);

  GST_OBJECT_LOCK (self);
  if (property_id == PROP_SHARED_FIGURES)
    g_value_take_boxed (value, gst_generative_sharing_describe (&self->play.sharing));
  else if (!gst_generator_settings_get (&self->settings, property_id - PROP_OWN, value) &&
           !gst_generative_playing_get (&self->play.playing, property_id - PROP_PLAYING, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_generator_finalize (GObject *object)
{
  GstGenerator *self = GST_GENERATOR (object);

  gst_generator_settings_clear (&self->settings);
  gst_generative_parameters_clear (&self->parameters);
  gst_generative_playing_clear (&self->play.playing);
  gst_generator_sides_clear (&self->play.sides);
  G_OBJECT_CLASS (gst_generator_parent_class)->finalize (object);
}

/* --- the mode --- */

static void
leave_mode (GstGenerator *self)
{
  if (self->mode != NULL)
    self->mode->free (g_steal_pointer (&self->state));
  self->mode = NULL;
}

/* Play as the ports want it, from now on. */
static void
choose_mode (GstGenerator *self)
{
  const GstGeneratorContext context = { &self->play, &self->format, &self->lateness };
  const GstGeneratorMode *mode = gst_generator_mode_find (&self->play.ports);

  if (mode == self->mode) {
    if (mode->change != NULL)
      mode->change (self->state);
    return;
  }
  leave_mode (self);
  GST_DEBUG_OBJECT (self, "plays in mode %s", mode->name);
  self->mode = mode;
  self->play.sharing.possible = mode->shares;
  self->state = mode->new (&context);
}

static gboolean
is_pending (const GstGenerator *self)
{
  return self->mode != NULL && self->mode->pending (self->state);
}

/* Make what can be made of what has come, and push it; */
GstFlowReturn
gst_generator_drain (GstGenerator *self)
{
  if (self->mode == NULL || self->mode->drain == NULL)
    return GST_FLOW_OK;
  return self->mode->drain (self->state);
}

/* and all of it, up to the end. */
GstFlowReturn
gst_generator_finish (GstGenerator *self)
{
  if (self->mode == NULL || self->mode->finish == NULL)
    return gst_generator_drain (self);
  return self->mode->finish (self->state);
}

/* --- starting and stopping --- */

/* The ports of the model at `path`, which they hold. FALSE when an error was posted. */
static gboolean
open_model (GstGenerator *self, const char *path, GstGeneratorPorts *ports)
{
  GstElement *element = GST_ELEMENT (self);
  g_auto (GstGeneratorSaid) said = { 0 };
  const GenModelHints hints = gst_generator_settings_hint (&self->settings, element, &said);
  g_autoptr (GenModel) model = gst_generative_load_model (element, path, &hints);
  g_autoptr (GError) error = NULL;

  if (model == NULL)
    return FALSE;
  gst_generative_parameters_follow (&self->parameters, model);
  gst_generative_parameters_set (&self->parameters, model);
  if (gst_generator_settings_find_ports (&self->settings, element, model, ports, &error)) {
    gst_generator_settings_warn (&self->settings, element, ports);
    ports->model = g_steal_pointer (&model);
    return TRUE;
  }
  gst_generative_post_error (element, error);
  return FALSE;
}

/* Of a pad that nobody feeds nothing would ever come. FALSE when an error was posted. */
static gboolean
check_pads (GstGenerator *self)
{
  g_autofree char *name = NULL;

  GST_OBJECT_LOCK (self);
  for (GList *pad = GST_ELEMENT (self)->sinkpads; pad != NULL && name == NULL; pad = pad->next)
    if (pad->data != GST_BASE_TRANSFORM_SINK_PAD (self) && !gst_pad_is_linked (pad->data))
      name = g_strdup (GST_PAD_NAME (pad->data));
  GST_OBJECT_UNLOCK (self);
  if (name == NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, CORE, PAD,
      ("Pad %s is linked to nothing, and the model would wait for what comes from it", name),
      (NULL));
  return FALSE;
}

/* What is made is said to be synthetic, unless somebody does not want that. */
static void
begin_tags (GstGenerator *self, gboolean wanted)
{
  const gboolean off = gst_generative_marking_is_off ();

  if (!wanted || off)
    GST_INFO_OBJECT (self, "the stream's tags do not say that it is synthetic: %s",
        off ? GST_GENERATIVE_MARKING_SWITCH " is off" : "property synthetic-tag is false");
  gst_generator_tags_begin (&self->tags, wanted && !off);
}

static gboolean
gst_generator_start (GstBaseTransform *base)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstGenerativePlaying *playing = &self->play.playing;
  g_autofree char *path = NULL, *text = NULL, *files = NULL;
  GstGeneratorPorts ports = { 0 };
  gboolean reload, tagged;
  guint batch;

  GST_OBJECT_LOCK (self);
  path = g_strdup (self->settings.model);
  reload = self->settings.reload;
  tagged = self->settings.synthetic_tag;
  batch = self->settings.batch_size;
  GST_OBJECT_UNLOCK (self);

  if (!check_pads (self) || !gst_generative_playing_open (playing, GST_ELEMENT (self)) ||
      !open_model (self, path, &ports))
    return FALSE;
  if (!ports.staged && ports.output.kind == GEN_PORT_PICTURE && !gst_generator_streams (&ports) &&
      !gst_generator_tiling_may_fade (&ports.tiling))
    ports.shares_device = ports.prefers_device =
        gst_generative_playing_share_memory (playing, GST_ELEMENT (self));
  files = gst_generator_settings_get_inputs (&self->settings, GST_ELEMENT (self), ports.model);
  text = gen_model_describe (ports.model);
  GST_INFO_OBJECT (self, "%s %s%s; device %s, batch-size %u", path, text,
      ports.staged ? "; its shapes hang on what it computes" : "", playing->found->name, batch);
  GST_OBJECT_LOCK (self);
  self->explained = self->refused = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_generator_lateness_reset (&self->lateness);
  gst_generator_play_begin (&self->play, &ports, gst_generator_batch_of (&ports, batch));
  gst_generator_branches_begin (&self->play.branches, GST_ELEMENT (self), &ports);
  gst_generator_sides_begin (&self->play.sides, GST_ELEMENT (self), files, &ports);
  begin_tags (self, tagged);
  choose_mode (self);
  self->waiting = FALSE;
  self->fresh = TRUE;
  gst_generator_change_begin (&self->change, reload ? path : NULL);
  return TRUE;
}

static gboolean
gst_generator_stop (GstBaseTransform *base)
{
  GstGenerator *self = GST_GENERATOR (base);

  gst_generator_change_end (&self->change);
  gst_generator_tags_end (&self->tags);
  leave_mode (self);
  gst_generator_branches_end (&self->play.branches);
  gst_generator_sides_end (&self->play.sides);
  gst_generator_play_end (&self->play);
  gst_generative_playing_close (&self->play.playing, GST_ELEMENT (self));
  return TRUE;
}

static void
gst_generator_set_context (GstElement *element, GstContext *context)
{
  gst_generative_playing_set_context (&GST_GENERATOR (element)->play.playing, element, context);
  GST_ELEMENT_CLASS (gst_generator_parent_class)->set_context (element, context);
}

/* --- another model --- */

static void
adopt (GstGenerator *self, GstGeneratorSuccessor *next)
{
  gst_generator_play_adopt (&self->play, next);
  self->tags.due = self->tags.wanted;
  GST_OBJECT_LOCK (self);
  self->explained = FALSE;
  GST_OBJECT_UNLOCK (self);
  choose_mode (self);
  gst_generative_parameters_follow (&self->parameters, self->play.ports.model);
  gst_generator_change_follow_adapters (&self->change);
  gst_generator_format_describe_tensors (&self->format, &self->play.ports);
}

void
gst_generator_adopt (GstGenerator *self)
{
  GstGeneratorSuccessor *next =
      is_pending (self) ? NULL : gst_succession_take (&self->change.succession);

  if (next != NULL)
    adopt (self, next);
}

/* Caps are to be found for another model: those behind it, and those before it where the frames
 * that come do not suit it. */
static void
negotiate_anew (GstGenerator *self)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (base));
  GstGeneratorInput input;

  gen_player_forget (self->play.player);
  self->waiting = caps != NULL && !gst_generator_suits (base, &self->play.ports, caps, &input);
  if (self->waiting)
    gst_base_transform_reconfigure_sink (base);
  else
    gst_base_transform_reconfigure_src (base);
}

/* Before a frame: take over what has been made ready. */
static GstFlowReturn
follow_change (GstGenerator *self)
{
  GstGeneratorPlay *play = &self->play;
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = GST_FLOW_OK;
  gboolean agree, other_batch;
  GstGeneratorSuccessor *next;
  GenModelUse use;

  if (!gst_succession_is_ready (&self->change.succession))
    return GST_FLOW_OK;
  if (is_pending (self))
    flow = gst_generator_drain (self);
  if (flow != GST_FLOW_OK || (next = gst_succession_take (&self->change.succession)) == NULL)
    return flow;
  agree = gen_player_use (play->player) != NULL && gen_player_use (next->player) != NULL &&
          gst_generator_ports_agree (&next->ports, &play->ports);
  if (agree)
    use = gst_generator_use_of (gen_player_use (play->player), &next->ports, next->batch);
  else
    flow = gst_generator_finish (self);
  other_batch = next->batch != play->batch;
  GST_INFO_OBJECT (self, "%s plays from this frame on", gen_player_model (next->player)->path);
  adopt (self, next);
  if (!agree) {
    negotiate_anew (self);
    return flow;
  }
  if (!gst_generator_play_compile (play, &use, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  if (other_batch)
    gst_generator_measure_latency (self);
  return GST_FLOW_OK;
}

/* --- buffers --- */

/* A base transform does not set caps again that stay as they were, though another model plays. */
static gboolean
keep_caps (GstGenerator *self)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) sink = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (base));
  g_autoptr (GstCaps) source = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SRC_PAD (base));

  return sink != NULL && source != NULL && gst_generator_set_caps (base, sink, source);
}

/* Compiling takes long enough for a pipeline to be stopped or flushed meanwhile, from its end on:
 * then negotiation has not failed. */
static gboolean
is_interrupted (GstGenerator *self)
{
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (GST_BASE_TRANSFORM (self));
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);

  return GST_PAD_IS_FLUSHING (pad) || (peer != NULL && GST_PAD_IS_FLUSHING (peer));
}

static GstFlowReturn
gst_generator_submit_input_buffer (GstBaseTransform *base, gboolean discont, GstBuffer *buffer)
{
  GstBaseTransformClass *parent = GST_BASE_TRANSFORM_CLASS (gst_generator_parent_class);
  GstGenerator *self = GST_GENERATOR (base);
  GstFlowReturn flow = follow_change (self);

  if (flow != GST_FLOW_OK || self->waiting) {
    gst_buffer_unref (buffer);
    return flow;
  }
  if (!gst_generator_needs_all (&self->play.ports))
    gst_generator_lateness_judge (&self->lateness, buffer);
  self->play.sharing.due = gst_generator_lateness_due (&self->lateness, buffer);
  flow = parent->submit_input_buffer (base, discont, buffer);
  if (flow == GST_FLOW_OK && gen_player_use (self->play.player) == NULL && !keep_caps (self)) {
    gst_clear_buffer (&base->queued_buf);
    flow = GST_FLOW_NOT_NEGOTIATED;
  }
  if (flow != GST_FLOW_NOT_NEGOTIATED)
    return flow;
  if (is_interrupted (self))
    return GST_FLOW_FLUSHING;
  gst_generator_explain_bytes (self);
  return flow;
}

/* What comes of `input` goes on here, as other pads have to fare as well. */
static GstFlowReturn
push_all (GstGenerator *self, GstBuffer *input)
{
  GstBuffer *output = NULL;
  GstFlowReturn flow = self->mode->output (self->state, input, &output);

  while (flow == GST_FLOW_OK && output != NULL) {
    flow = gst_generator_play_push (&self->play, output);
    if (flow == GST_FLOW_OK)
      flow = self->mode->output (self->state, NULL, &output);
  }
  return flow;
}

/* As the properties, or what controls them, have them for what comes. */
static void
set_parameters (GstGenerator *self, GstBuffer *input)
{
  GstBaseTransform *base = GST_BASE_TRANSFORM (self);
  g_autofree char *text = gst_generator_change_take_parameters (&self->change);
  const GstClockTime pts = input != NULL ? GST_BUFFER_PTS (input) : GST_CLOCK_TIME_NONE;

  gst_generative_parameters_give (
      &self->parameters, self->play.player, text, gst_generative_stream_time (&base->segment, pts));
}

/* Let a model that remembers see the first picture several times. */
static GstFlowReturn
warm_up (GstGenerator *self, GstBuffer *first)
{
  const GstGeneratorPorts *ports = &self->play.ports;
  GstFlowReturn flow = GST_FLOW_OK;
  guint times;

  GST_OBJECT_LOCK (self);
  times = self->settings.warm_up;
  GST_OBJECT_UNLOCK (self);
  self->fresh = FALSE;
  if (!ports->remembers || ports->frames > 1 || gst_generator_streams (ports))
    return GST_FLOW_OK;
  for (guint i = 0; i < times && flow == GST_FLOW_OK; i++) {
    g_autoptr (GstBuffer) made = NULL;

    if (GST_PAD_IS_FLUSHING (GST_BASE_TRANSFORM_SRC_PAD (self)))
      return GST_FLOW_FLUSHING;
    flow = self->mode->output (self->state, gst_buffer_ref (first), &made);
  }
  gst_generator_branches_forget (&self->play.branches);
  return flow;
}

/* A buffer that is not what its caps say: what came before it goes on, and then it is told.
 * (transfer full) */
static GstFlowReturn
refuse_buffer (GstGenerator *self, GstBuffer *input, const GError *error)
{
  const GstFlowReturn flow = gst_generator_finish (self);

  gst_buffer_unref (input);
  if (flow != GST_FLOW_OK)
    return flow;
  gst_generative_post_error (GST_ELEMENT (self), error);
  return GST_FLOW_ERROR;
}

/* One that does not follow the last one says so from here on. (transfer full) */
static GstBuffer *
mark_jump (GstGenerator *self, GstBuffer *input)
{
  if (input == NULL || self->mode->follows == NULL || self->mode->follows (self->state, input))
    return input;
  input = gst_buffer_make_writable (input);
  GST_BUFFER_FLAG_SET (input, GST_BUFFER_FLAG_DISCONT);
  return input;
}

static GstFlowReturn
gst_generator_generate_output (GstBaseTransform *base, GstBuffer **output)
{
  GstGenerator *self = GST_GENERATOR (base);
  GstBuffer *input = g_steal_pointer (&base->queued_buf);
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow = GST_FLOW_OK;

  *output = NULL;
  if (input != NULL)
    gst_generator_tags_push (&self->tags, &self->play);
  if (gen_player_use (self->play.player) != NULL) {
    if (input != NULL &&
        !gst_generator_format_check_buffer (&self->format, &self->play, input, &error))
      return refuse_buffer (self, input, error);
    input = mark_jump (self, input);
    set_parameters (self, input);
    if (input != NULL && GST_BUFFER_IS_DISCONT (input) && self->play.ports.remembers)
      flow = gst_generator_begin_anew (self);
    if (flow == GST_FLOW_OK && input != NULL && self->fresh)
      flow = warm_up (self, input);
    if (flow == GST_FLOW_OK && self->play.branches.n > 0)
      return push_all (self, input);
    if (flow == GST_FLOW_OK) {
      flow = self->mode->output (self->state, input, output);
      if (*output != NULL)
        *output = gst_generator_play_mark (&self->play, *output);
      return flow;
    }
  } else if (input != NULL) {
    flow = GST_FLOW_NOT_NEGOTIATED;
  }
  g_clear_pointer (&input, gst_buffer_unref);
  return flow;
}

/* Only for the base class to know that frames are not changed in place: what is made comes by
 * generate_output. */
static GstFlowReturn
gst_generator_transform (GstBaseTransform *base, GstBuffer *input, GstBuffer *output)
{
  return GST_FLOW_NOT_SUPPORTED;
}

static GstStateChangeReturn
gst_generator_change_state (GstElement *element, GstStateChange transition)
{
  GstGenerator *self = GST_GENERATOR (element);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    gst_generator_sides_stop (&self->play.sides);
    gst_generative_sharing_interrupt (&self->play.sharing, element, TRUE);
  }
  return GST_ELEMENT_CLASS (gst_generator_parent_class)->change_state (element, transition);
}

/* --- the class --- */

static void
gst_generator_class_init (GstGeneratorClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *base_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (generator_debug, "generator", 0,
      "the model, its plans, caps, latency, reloading, and each frame");
  gst_generative_origin_register ();
  gst_generative_synthetic_tags_register ();

  gobject_class->set_property = gst_generator_set_property;
  gobject_class->get_property = gst_generator_get_property;
  gobject_class->finalize = gst_generator_finalize;

  gst_generator_settings_install (gobject_class, PROP_OWN);
  gst_generative_playing_install (gobject_class, PROP_PLAYING, DEFAULT_PRECISION);
  gst_generative_sharing_install_figures (gobject_class, PROP_SHARED_FIGURES);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &branch_template);
  gst_element_class_add_static_pad_template (element_class, &side_template);
  gst_element_class_set_static_metadata (element_class, "Generator", "Filter/Converter/Video/Audio",
      "Plays a generative model: latents, tensors, text, pictures or sound in and out",
      "gst-generative");

  element_class->set_context = gst_generator_set_context;
  element_class->request_new_pad = gst_generator_request_new_pad;
  element_class->release_pad = gst_generator_release_pad;
  element_class->change_state = gst_generator_change_state;
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
  base_class->transform = gst_generator_transform;
  base_class->generate_output = gst_generator_generate_output;
  base_class->passthrough_on_same_caps = FALSE;
}

static void
gst_generator_init (GstGenerator *self)
{
  gst_generator_settings_init (&self->settings);
  gst_generator_sides_init (&self->play.sides);
  gst_generative_parameters_init (&self->parameters, GST_ELEMENT (self));
  gst_generative_playing_init (&self->play.playing, DEFAULT_PRECISION);
  self->play.base = self->lateness.base = GST_BASE_TRANSFORM (self);
  self->play.sharing.settings = &self->settings.sharing;
  self->play.sharing.category = GST_CAT_DEFAULT;
  gst_generator_change_init (&self->change, &self->play, &self->settings, &self->parameters);
  gst_base_transform_set_qos_enabled (GST_BASE_TRANSFORM (self), TRUE);
}
