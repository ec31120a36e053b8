/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-latentsrc
 * @title: latentsrc
 * @short_description: noise for generators
 *
 * Sources latents: vectors of random numbers, or walks between such vectors, that a generator
 * turns into pictures or sound. Frame N is always the same for the same seed, whatever was
 * played before, so that seeking is exact.
 *
 * `dimensions` are innermost first, as NNStreamer writes them: `100` is one vector of 100
 * numbers in each buffer, `100:48` are 48 vectors, each walking by itself. (The first extent
 * above one is the vector's length, so that `1:1:100:48` are 48 vectors as well.) When it is
 * not set, the next element's caps decide.
 *
 * A model that is told what to make takes a second tensor in each buffer. `classes=10` makes it
 * one of ten classes, drawn for each frame (on a walk: for each keyframe), or the one that `class`
 * says; whether it goes as a vector in which that class is 1, or as its number, is what the next
 * element asks for. `dimensions=100,50` makes it a second latent of 50 numbers.
 *
 * Frames come at the rate that the next elements ask for, such as `video/x-raw,framerate=60/1`
 * behind a generator, else 30 a second. Where latents are wanted on demand (framerate=0/1), they
 * come without times and cannot walk. What the numbers are drawn from may change while a pipeline
 * plays: the next frame is what it would have been with these settings from the start.
 *
 * ## Following a sound
 * Sound that is linked to the pad `sound` (F32LE or S16LE, of any channels and of rates up to
 * 3072000 Hz) makes latents dance. A hundred times a second its level and its bass (up to 250 Hz),
 * middle (to 4 kHz) and treble are measured; full volume, a sine of full scale, counts as 1. They
 * do three things, each as much as a property says:
 *
 * - the walk goes faster: `sound-speed` keyframes a second more, by what `speed-follows`;
 * - each band pushes along a direction of its own, `bass`, `middle` and `treble` times: directions
 *   that are drawn by the seed, or those of `band-directions`. Normal and spherical vectors are
 *   turned, not made longer, and numbers that have bounds stay within them;
 * - with distribution=truncated, `sound-truncation` is added to the bound, by what
 *   `truncation-follows`.
 *
 * How fast they follow, `attack` and `release` say. All this hangs on nothing but the samples: the
 * same sound makes the same latents, however it is cut into buffers.
 *
 * A frame is made when all of its sound has come, up to its own end, which is a frame's time of
 * latency; a click shows 20 ms after it most. The stream ends with the sound; a gap in it is
 * silence. Times and segments are the sound's, and seeks go to where it comes from. A seek to its
 * beginning makes the same latents again; one into its middle makes those of a sound that begins
 * there: what was heard before, which has carried the walk further, is not known. Playing backwards
 * is refused, and so is `is-live`, since a live sound makes a live stream by itself.
 *
 * The sound has to be linked before the element starts. Where it comes later, as from decodebin, an
 * element such as audioconvert goes between them. Where the sound also goes elsewhere, put a queue
 * behind each branch of the tee.
 *
 * ## Keyframes, directions, mixing
 * `keyframe-location` names a file of keyframes to walk along. Each line is a time in seconds (of
 * speed=1) with a seed, a frame of a seed, or the numbers themselves:
 * |[
 * {"time": 0, "seed": 7}
 * {"time": 2.5, "seed": 7, "frame": 31}
 * {"time": 4, "latent": [0.25, -1.5, 0.75]}
 * ]|
 * so that frames that one liked in a stream of walk=none become a film. A file of numpy's (.npy)
 * holds an array [keyframes, numbers], one a second. walk=slerp and walk=linear go from one to the
 * next and stay at the last; walk=loop goes round; walk=none cuts.
 *
 * `direction-location` names a file of numpy's with directions that somebody found in the latents
 * of a model (more of a smile, older, brighter): `direction-amount` times the first one is added,
 * or the sum that `direction-weights` makes of them. In an archive (.npz), which
 * `generative-model directions` writes, each has a name, and `direction=smile,age` are those that
 * count. The amount can be controlled, which makes edits in time.
 *
 * Models that take a vector for each of their layers ([layers, numbers]) get the same one in all by
 * `repeat-vector`, and the style of `mixing-seed` from layer `mixing-first` on by
 * `mixing-amount`=1. Where a model takes a single vector, the same properties mix a range of its
 * numbers, which comes to as much only where the model splits its vector among its layers, as
 * BigGAN does. With `mixing-location`, a file as that of keyframes, what stands there at
 * `mixing-time` is mixed with instead of another seed's.
 *
 * All of these are for the first tensor of a buffer, but for `repeat-vector` and the speed of the
 * walk, which are for both. They are done in this order: keyframes, mixing, what the sound pushes,
 * its truncation, directions.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 latentsrc walk=slerp speed=0.5 seed=7 num-buffers=90 ! fakesink
 * ]|
 * Three seconds of a walk that reaches a new vector every two seconds.
 * |[
 * gst-launch-1.0 latentsrc classes=10 class=7 num-buffers=90 ! fakesink
 * ]|
 * Latents for a model of ten classes, to make the eighth one.
 * |[
 * gst-launch-1.0 audiotestsrc wave=ticks tick-interval=500000000 num-buffers=215 ! tee name=sound \
 *   sound. ! queue ! latentsrc.sound  sound. ! queue ! audioconvert ! autoaudiosink \
 *   latentsrc name=latentsrc walk=slerp speed=0.2 ! generator model=ball/generator.onnx ! \
 *   videoconvert ! autovideosink
 * ]|
 * Pictures that jump twice a second, with what they jump to. Instead of audiotestsrc, music:
 * `filesrc location=song.ogg ! decodebin ! audioconvert`. latentsrc needs the name, for
 * `latentsrc.sound` to find it.
 * |[
 * gst-launch-1.0 filesrc location=talk.wav ! decodebin ! audioconvert ! tee name=sound \
 *   sound. ! queue ! dance.sound \
 *   sound. ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! audioconvert ! \
 *   audioresample ! opusenc ! mux. \
 *   latentsrc name=dance walk=slerp speed=0.2 ! generator model=ball/generator.onnx ! \
 *   videoscale ! video/x-raw,width=256,height=256 ! videoconvert ! video/x-raw,format=I420 ! \
 *   x264enc ! mux.  matroskamux name=mux ! filesink location=dance.mkv
 * ]|
 * The same as a film. The queue of the sound that goes along has no bounds, since x264enc holds
 * pictures of some seconds back: with a second of room, as it is by default, the pipeline waits for
 * ever.
 */
#include "latentsrc.h"

#include "../elements.h"
#include "../shared/origin-meta.h"

GST_DEBUG_CATEGORY (latent_src_debug);
#define GST_CAT_DEFAULT latent_src_debug

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GENERATIVE_TENSORS_CAPS));

static GstStaticPadTemplate sound_template =
    GST_STATIC_PAD_TEMPLATE ("sound", GST_PAD_SINK, GST_PAD_REQUEST,
        GST_STATIC_CAPS ("audio/x-raw, format=(string){ " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (
            S16) " }, layout=(string)interleaved, rate=(int)[ 1, max ], channels=(int)[ 1, 64 ]"));

G_DEFINE_FINAL_TYPE (GstLatentSrc, gst_latent_src, GST_TYPE_PUSH_SRC)
GST_ELEMENT_REGISTER_DEFINE (latentsrc, "latentsrc", GST_RANK_NONE, GST_TYPE_LATENT_SRC)

GstBaseSrcClass *
gst_latent_src_get_parent_class (void)
{
  return GST_BASE_SRC_CLASS (gst_latent_src_parent_class);
}

static void
gst_latent_src_finalize (GObject *object)
{
  GstLatentSrc *self = GST_LATENT_SRC (object);

  g_free (self->dimensions);
  g_free (self->keyframe_location);
  g_free (self->direction_location);
  g_free (self->band_directions);
  g_free (self->mixing_location);
  g_clear_pointer (&self->changes.direction, g_ref_string_release);
  g_clear_pointer (&self->changes.direction_weights, g_array_unref);
  gst_latent_sound_clear (&self->sound);
  G_OBJECT_CLASS (gst_latent_src_parent_class)->finalize (object);
}

static gboolean
gst_latent_src_start (GstBaseSrc *base)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  g_autoptr (GError) error = NULL;
  double attack, release;

  if (!gst_latent_src_check_settings (self, &error) ||
      !gst_latent_src_load_changes (self, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  attack = self->attack;
  release = self->release;
  GST_OBJECT_UNLOCK (self);
  gst_latent_sound_open (&self->sound, attack, release);
  self->follows = gst_latent_sound_is_followed (&self->sound);
  self->frame = 0;
  self->rate_numerator = self->rate_denominator = 0;
  self->reverse = self->ended = self->moved = FALSE;
  self->live_offset = GST_CLOCK_TIME_NONE;
  self->latent.advance = 0;
  self->offset = 0;
  if (!self->follows || !gst_base_src_is_live (base))
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
      ("Property is-live is true, but frames that follow a sound come with it: leave it out"),
      (NULL));
  gst_latent_src_unload_changes (self);
  return FALSE;
}

static gboolean
gst_latent_src_stop (GstBaseSrc *base)
{
  gst_latent_src_unload_changes (GST_LATENT_SRC (base));
  return TRUE;
}

static gboolean
gst_latent_src_unlock (GstBaseSrc *base)
{
  gst_latent_sound_set_unlocked (&GST_LATENT_SRC (base)->sound, TRUE);
  return TRUE;
}

static gboolean
gst_latent_src_unlock_stop (GstBaseSrc *base)
{
  gst_latent_sound_set_unlocked (&GST_LATENT_SRC (base)->sound, FALSE);
  return TRUE;
}

static GstStateChangeReturn
gst_latent_src_change_state (GstElement *element, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    gst_latent_sound_close (&GST_LATENT_SRC (element)->sound);
  return GST_ELEMENT_CLASS (gst_latent_src_parent_class)->change_state (element, transition);
}

static GstPad *
gst_latent_src_request_new_pad (
    GstElement *element, GstPadTemplate *template, const char *name, const GstCaps *caps)
{
  return gst_latent_sound_request (&GST_LATENT_SRC (element)->sound, template);
}

static void
gst_latent_src_release_pad (GstElement *element, GstPad *pad)
{
  gst_latent_sound_release (&GST_LATENT_SRC (element)->sound, pad);
}

static void
gst_latent_src_class_init (GstLatentSrcClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  GstPushSrcClass *push_class = GST_PUSH_SRC_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      latent_src_debug, "latentsrc", 0, "what latents are made, and each of them");

  gst_generative_origin_register ();

  gobject_class->finalize = gst_latent_src_finalize;
  gst_latent_src_install_properties (gobject_class);

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &sound_template);
  gst_element_class_set_static_metadata (element_class, "Latent source", "Source",
      "Sources noise for generators: independent vectors, or walks between them, that may follow a "
      "sound",
      "gst-generative");

  element_class->change_state = gst_latent_src_change_state;
  element_class->request_new_pad = gst_latent_src_request_new_pad;
  element_class->release_pad = gst_latent_src_release_pad;
  element_class->send_event = gst_latent_src_send_event;

  base_class->start = gst_latent_src_start;
  base_class->stop = gst_latent_src_stop;
  base_class->unlock = gst_latent_src_unlock;
  base_class->unlock_stop = gst_latent_src_unlock_stop;
  base_class->get_caps = gst_latent_src_get_caps;
  base_class->fixate = gst_latent_src_fixate;
  base_class->negotiate = gst_latent_src_negotiate;
  base_class->set_caps = gst_latent_src_set_caps;
  base_class->decide_allocation = gst_latent_src_decide_allocation;
  base_class->query = gst_latent_src_query;
  base_class->event = gst_latent_src_event;
  base_class->is_seekable = gst_latent_src_is_seekable;
  base_class->do_seek = gst_latent_src_do_seek;
  base_class->get_times = gst_latent_src_get_times;
  push_class->fill = gst_latent_src_fill;
}

static void
gst_latent_src_init (GstLatentSrc *self)
{
  gst_latent_src_init_properties (self);
  gst_latent_sound_init (&self->sound, GST_BASE_SRC (self));
  self->live_offset = GST_CLOCK_TIME_NONE;
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
}
