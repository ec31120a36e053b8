/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-audioaugment
 * @title: audioaugment
 * @short_description: random changes that leave a sound what it is
 *
 * Changes sound at random, within the bounds that the properties set, so that a model that is
 * trained on the stream hears more sounds than there are. With all bounds at zero buffers pass
 * untouched.
 *
 * Changes are drawn for a window, and are the same throughout it. With `length` at 0 each buffer is
 * one, as those of `datasetsrc` are, changed in place; its number is the buffer's offset, where
 * there is none the position of its first sample (time times rate), and where there is no time
 * either, buffers are counted. With another `length` the stream is cut into windows of that many
 * samples, whatever its buffers are: window N begins at sample N times `length`, counted from time
 * 0. Each window comes out as one buffer once its last sample has come, which is the latency that
 * the element reports. Between `datasetsrc` and `gantrainer` it stays at 0: windows that are cut
 * anew have the end of one sound and the beginning of the next in them.
 *
 * What happens to a window depends on the seed and the window's number alone, and not on what was
 * played before or on how the stream was cut into buffers. So windows after a seek are, sample by
 * sample, those of a stream that was played through, given that times are exact to the sample. A
 * window of which only a part is played (a seek or a jump into it, the end of the stream) is
 * changed as if the rest were not known: gain, polarity, crop, fade and the numbers that noise is
 * drawn from are those of the whole, while all that goes by a level (noise, loudness, compressor,
 * limiter and clipping) follows the part, filters begin with it, it is the part that is reversed,
 * and what is shifted in from outside of it is silent. Played backwards, streams come in pieces,
 * each of which is a part.
 *
 * Each transform draws numbers of its own: changing one leaves the others as they are. They are
 * applied in the order of a recording. A sound is moved: `time-stretch`, `pitch-shift`, `shift`,
 * `crop`, `reverse`, `time-mask`, `channel-swap`, `channel-drop`. It comes through a room or a
 * loudspeaker: `room`, `low-pass`, `high-pass`, `band-pass`, `peak`, `low-shelf`, `high-shelf`,
 * `frequency-mask`, `spectrogram-mask`. It has a level: `loudness`, `gain`, `polarity`, `fade`.
 * Something else is heard: `noise`, `pink-noise`, `brown-noise`, `background`. And all of it goes
 * through an apparatus: `compress`, `limit`, `soft-clip`, `hard-clip`, `decimate`, `bit-depth`,
 * `telephone`, `opus`, `mp3`.
 *
 * A property is the most that may be, and each window draws how much of it there is; `loudness` is
 * as it is set, so that windows are as loud as each other before `gain` changes that.
 *
 * `opus` and `mp3` code each window by itself and decode it again, with no sample at another place
 * than before. They are libav's, and where it was built without one of the encoders, that one is
 * an error before anything plays.
 *
 * `background-folder` and `room-folder` are whatever `datasetsrc` reads sounds from. They are
 * decoded to the stream's rate when a window first draws them. A sound that cannot be decoded is a
 * warning on the bus that names it, and the window that has drawn it stays without. Two items of
 * a data set are mixed with `background-folder` as its folder and `background=1`.
 *
 * Metas go along with a buffer that is a window; windows that are put together of several have
 * none.
 *
 * The properties may change at any time but for `length`, and can be controlled; a window keeps
 * what they are at its beginning.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=100 ! audio/x-raw,rate=16000 ! \
 *   audioaugment length=16000 gain=6 polarity=0.5 high-pass=300 fade=0.1 noise=0.1 ! fakesink
 * ]|
 * Windows as over bad telephones, half of them:
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=100 ! audio/x-raw,rate=16000 ! \
 *   audioaugment length=16000 probability=0.5 loudness=23 peak=12 brown-noise=0.3 compress=8 \
 *   hard-clip=6 telephone=1 ! fakesink
 * ]|
 * Other speakers in other rooms, so to speak:
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=100 ! audio/x-raw,rate=16000 ! \
 *   audioaugment length=16000 time-stretch=1.2 pitch-shift=3 room=0.5 ! fakesink
 * ]|
 * Parts of the spectrogram are missing (SpecAugment), and half of the windows were a small file:
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=100 ! audio/x-raw,rate=16000 ! \
 *   audioaugment length=16000 spectrogram-mask=0.15 ! \
 *   audioaugment length=16000 probability=0.5 opus=8 mp3=16 ! fakesink
 * ]|
 */
#include "../elements.h"
#include "../shared/augment.h"
#include "../shared/debug.h"
#include "../shared/latency.h"
#include "../shared/settings.h"
#include "../shared/sound-jump.h"
#include "folders.h"
#include "windows.h"

#include <gst/audio/gstaudiofilter.h>

#define GST_TYPE_AUDIO_AUGMENT (gst_audio_augment_get_type ())
G_DECLARE_FINAL_TYPE (GstAudioAugment, gst_audio_augment, GST, AUDIO_AUGMENT, GstAudioFilter)

GST_DEBUG_CATEGORY_STATIC (audio_augment_debug);
#define GST_CAT_DEFAULT audio_augment_debug

enum {
  PROP_0,
  PROP_LENGTH,
  PROP_FIRST_OF_FOLDERS,                                           /* folders.h */
  PROP_FIRST_OF_AUGMENT = PROP_FIRST_OF_FOLDERS + GEN_AUGMENT_MAX, /* elements/shared/augment.h */
};

#define DEFAULT_LENGTH 0
#define MAX_LENGTH (1 << 24)

struct _GstAudioAugment {
  GstAudioFilter parent;

  /* Properties, under the object lock. */
  GenAugmentSettings settings;
  guint length;
  GstSoundFolders folders;

  /* The streaming thread's. */
  GstSoundWindows windows;    /* where `length` is not 0 */
  GenAugmentSettings current; /* of the window `decided` */
  guint64 decided;            /* G_MAXUINT64: of none */
  guint64 counted;            /* buffers without number or time so far */
  GenSound scratch;           /* samples of int16 as float32, grown to the longest window */
};

#define CAPS                                                                                       \
  "audio/x-raw, format = (string) { " GST_AUDIO_NE (F32) ", " GST_AUDIO_NE (                       \
      S16) " }, "                                                                                  \
           "layout = (string) interleaved, rate = " GST_AUDIO_RATE_RANGE                           \
           ", channels = (int) [ 1, 8 ]"

G_DEFINE_FINAL_TYPE (GstAudioAugment, gst_audio_augment, GST_TYPE_AUDIO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (audioaugment, "audioaugment", GST_RANK_NONE, GST_TYPE_AUDIO_AUGMENT)

static GenAugmentSettings
settings_now (GstAudioAugment *self)
{
  GenAugmentSettings settings;

  GST_OBJECT_LOCK (self);
  settings = self->settings;
  GST_OBJECT_UNLOCK (self);
  return settings;
}

/* Whether this machine can do what is set. */
static gboolean
check (GstAudioAugment *self, const GenAugmentSettings *settings)
{
  g_autoptr (GError) error = NULL;

  if (gen_augment_settings_check (settings, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("Property %s", error->message), (NULL));
  return FALSE;
}

static void
gst_audio_augment_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (object);
  gboolean idle;

  if (!gst_generative_can_set (self, pspec))
    return;
  GST_OBJECT_LOCK (self);
  if (property_id == PROP_LENGTH)
    self->length = g_value_get_uint (value);
  else if (property_id < PROP_FIRST_OF_AUGMENT)
    gst_sound_folders_set (&self->folders, property_id - PROP_FIRST_OF_FOLDERS, value);
  else
    gst_generative_augment_set (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  idle = gen_augment_settings_are_idle (&self->settings);
  GST_OBJECT_UNLOCK (self);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), idle);
  if (GST_STATE (self) > GST_STATE_READY) {
    const GenAugmentSettings settings = settings_now (self);

    check (self, &settings);
  }
}

static void
gst_audio_augment_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (object);

  GST_OBJECT_LOCK (self);
  if (property_id == PROP_LENGTH)
    g_value_set_uint (value, self->length);
  else if (property_id < PROP_FIRST_OF_AUGMENT)
    gst_sound_folders_get (&self->folders, property_id - PROP_FIRST_OF_FOLDERS, value);
  else
    gst_generative_augment_get (&self->settings, property_id - PROP_FIRST_OF_AUGMENT, value);
  GST_OBJECT_UNLOCK (self);
}

/* What has come is no more what the next buffer follows. */
static void
forget (GstAudioAugment *self)
{
  gst_sound_windows_forget (&self->windows);
  self->decided = G_MAXUINT64;
}

static gboolean
open_folders (GstAudioAugment *self)
{
  g_autoptr (GError) error = NULL;
  gboolean opened;

  GST_OBJECT_LOCK (self);
  opened = gst_sound_folders_open (&self->folders, &self->settings, &error);
  if (!opened)
    gst_sound_folders_close (&self->settings);
  GST_OBJECT_UNLOCK (self);
  if (!opened)
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("%s", error->message), (NULL));
  return opened;
}

static void
gst_audio_augment_finalize (GObject *object)
{
  gst_sound_folders_clear (&GST_AUDIO_AUGMENT (object)->folders);
  G_OBJECT_CLASS (gst_audio_augment_parent_class)->finalize (object);
}

static gboolean
gst_audio_augment_start (GstBaseTransform *base)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (base);
  const GenAugmentSettings settings = settings_now (self);

  self->counted = 0;
  forget (self);
  return check (self, &settings) && open_folders (self);
}

static gboolean
gst_audio_augment_stop (GstBaseTransform *base)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (base);

  gst_sound_windows_close (&self->windows);
  gen_sound_clear (&self->scratch);
  GST_OBJECT_LOCK (self);
  gst_sound_folders_close (&self->settings);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

/* Room for windows of int16, whose samples are computed with as float32. */
static void
reserve (GstAudioAugment *self, const GstAudioInfo *info, gsize frames)
{
  const int channels = GST_AUDIO_INFO_CHANNELS (info);

  if (GST_AUDIO_INFO_FORMAT (info) != GST_AUDIO_FORMAT_S16 ||
      (frames <= self->scratch.frames && channels == self->scratch.channels))
    return;
  gen_sound_clear (&self->scratch);
  gen_sound_init (&self->scratch, GST_AUDIO_INFO_RATE (info), channels, frames);
}

static guint
length_of (GstAudioAugment *self)
{
  guint length;

  GST_OBJECT_LOCK (self);
  length = self->length;
  GST_OBJECT_UNLOCK (self);
  return length;
}

static gboolean
gst_audio_augment_setup (GstAudioFilter *filter, const GstAudioInfo *info)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (filter);
  const guint length = length_of (self);

  GST_INFO_OBJECT (self, "%s, %d Hz, %d channels; windows of %u samples (0: buffers)",
      gst_audio_format_to_string (GST_AUDIO_INFO_FORMAT (info)), GST_AUDIO_INFO_RATE (info),
      GST_AUDIO_INFO_CHANNELS (info), length);
  if (length == 0 ||
      (self->windows.pool != NULL && gst_audio_info_is_equal (&self->windows.info, info)))
    return TRUE;
  gst_sound_windows_open (&self->windows, info, length);
  reserve (self, info, length);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
  return TRUE;
}

/* A part of a window, which has begun `first` frames before, as `draw` has it. */
static void
render (GstAudioAugment *self, const GenAugmentSoundDraw *draw, GstBuffer *buffer, gsize first)
{
  const GstAudioInfo *info = GST_AUDIO_FILTER_INFO (self);
  GenSound sound = { .rate = draw->rate, .channels = draw->channels };
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return;
  sound.frames = map.size / (gsize)GST_AUDIO_INFO_BPF (info);
  if (GST_AUDIO_INFO_FORMAT (info) != GST_AUDIO_FORMAT_S16) {
    sound.data = (float *)map.data;
    gen_augment_render_sound (draw, &sound, first);
  } else {
    reserve (self, info, sound.frames);
    sound.data = self->scratch.data;
    gen_sound_from_int16 (&sound, (const gint16 *)map.data);
    gen_augment_render_sound (draw, &sound, first);
    gen_sound_to_int16 (&sound, (gint16 *)map.data);
  }
  gst_buffer_unmap (buffer, &map);
}

/* Sounds of folders that a window has drawn and that could not be decoded. */
static void
warn_of_folders (GstAudioAugment *self, const GenAugmentSettings *settings)
{
  for (guint i = 0; i < GEN_AUGMENT_MAX; i++) {
    GError *error;

    while (settings->sounds[i] != NULL &&
           (error = gen_augment_sounds_take_error (settings->sounds[i])) != NULL) {
      GST_ELEMENT_WARNING (self, RESOURCE, READ, ("%s", error->message), (NULL));
      g_error_free (error);
    }
  }
}

/* A part of window `number` of `length` frames, which begins with its frame `first`. */
static void
augment (GstAudioAugment *self, const GenAugmentSettings *settings, guint64 number, guint64 length,
    GstBuffer *buffer, guint64 first)
{
  const GstAudioInfo *info = GST_AUDIO_FILTER_INFO (self);
  const GenFormat format = {
    .medium = &gen_medium_sound,
    .rate = GST_AUDIO_INFO_RATE (info),
    .channels = GST_AUDIO_INFO_CHANNELS (info),
    .length = (gsize)length,
  };
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GenAugmentSoundDraw draw;

  gen_augment_draw_sound (settings, number, &format, &draw);
  /* Silence stays silent, whatever is done to it. */
  if (!gen_augment_sound_is_idle (&draw) && !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    render (self, &draw, buffer, (gsize)first);
  warn_of_folders (self, settings);
  GST_LOG_OBJECT (self,
      "window %" G_GUINT64_FORMAT ", pts %" GST_TIME_FORMAT ": %d steps in %.3f ms", number,
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), draw.n_steps, gst_generative_since (began));
}

/* Each buffer is a window. */

static void
sync_values (GstAudioAugment *self, GstClockTime pts)
{
  const GstSegment *segment = &GST_BASE_TRANSFORM (self)->segment;
  guint64 time;

  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (pts))
    return;
  /* A window may have begun before the segment. */
  if (gst_segment_to_stream_time_full (segment, GST_FORMAT_TIME, pts, &time) > 0)
    gst_object_sync_values (GST_OBJECT (self), time);
}

static void
gst_audio_augment_before_transform (GstBaseTransform *base, GstBuffer *buffer)
{
  sync_values (GST_AUDIO_AUGMENT (base), GST_BUFFER_PTS (buffer));
}

static guint64
buffer_number (GstAudioAugment *self, const GstBuffer *buffer)
{
  if (GST_BUFFER_OFFSET_IS_VALID (buffer))
    return GST_BUFFER_OFFSET (buffer);
  if (GST_BUFFER_PTS_IS_VALID (buffer))
    return gst_util_uint64_scale_round (
        GST_BUFFER_PTS (buffer), (guint64)GST_AUDIO_FILTER_RATE (self), GST_SECOND);
  return self->counted++;
}

static GstFlowReturn
gst_audio_augment_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (base);
  const GenAugmentSettings settings = settings_now (self);
  const gsize frames = gst_buffer_get_size (buffer) / (gsize)GST_AUDIO_FILTER_BPF (self);

  augment (self, &settings, buffer_number (self, buffer), frames, buffer, 0);
  return GST_FLOW_OK;
}

/* Windows of the stream. */

/* Fix the settings of window `number` by what they are where it begins. */
static void
decide (GstAudioAugment *self, guint64 number)
{
  const GstSoundWindows *windows = &self->windows;

  if (number == self->decided)
    return;
  if (windows->timed)
    sync_values (self, gst_util_uint64_scale (number * windows->length, GST_SECOND,
                           (guint64)GST_AUDIO_INFO_RATE (&windows->info)));
  self->current = settings_now (self);
  self->decided = number;
}

/* How many frames of the input come before the first window that may be changed. */
static guint64
count_idle (GstAudioAugment *self)
{
  const GstSoundWindows *windows = &self->windows;
  const guint64 left = gst_sound_windows_left (windows), end = windows->position + left;
  guint64 at = windows->position;

  while (at < end) {
    decide (self, at / windows->length);
    if (!gen_augment_settings_are_idle (&self->current))
      break;
    at = (at / windows->length + 1) * windows->length;
  }
  return MIN (at, end) - windows->position;
}

static void
augment_window (GstAudioAugment *self, GstBuffer *window)
{
  const guint64 length = self->windows.length, first = GST_BUFFER_OFFSET (window);

  augment (self, &self->current, first / length, length, window, first % length);
}

/* The window that is open, as far as it has come. */
static GstBuffer *
end_window (GstAudioAugment *self)
{
  GstBuffer *window = gst_sound_windows_end (&self->windows);

  if (window != NULL)
    augment_window (self, window);
  return window;
}

/* What is ready of the input: a window, or frames that nothing is done to. */
static GstBuffer *
next_output (GstAudioAugment *self)
{
  GstSoundWindows *windows = &self->windows;
  GstBuffer *window = NULL;

  while (window == NULL && gst_sound_windows_left (windows) > 0) {
    const guint64 idle = windows->window == NULL ? count_idle (self) : 0;

    if (idle > 0)
      return gst_sound_windows_pass (windows, idle);
    window = gst_sound_windows_fill (windows);
  }
  if (window != NULL)
    augment_window (self, window);
  return window;
}

/* Where the stream has jumped, the window that it has left comes first. */
static GstBuffer *
push (GstAudioAugment *self, GstBuffer *input)
{
  GstBuffer *left = NULL;

  gst_sound_windows_push (&self->windows, input);
  if (self->windows.discont) {
    left = end_window (self);
    self->decided = G_MAXUINT64;
  }
  return left;
}

static GstFlowReturn
gst_audio_augment_generate_output (GstBaseTransform *base, GstBuffer **output)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (base);

  if (self->windows.length == 0)
    return GST_BASE_TRANSFORM_CLASS (gst_audio_augment_parent_class)
        ->generate_output (base, output);
  *output = NULL;
  if (base->queued_buf != NULL)
    *output = push (self, g_steal_pointer (&base->queued_buf));
  if (*output == NULL)
    *output = next_output (self);
  return GST_FLOW_OK;
}

static void
drain (GstAudioAugment *self)
{
  GstBuffer *window = end_window (self);

  if (window != NULL)
    gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), window);
  self->windows.sure = FALSE;
  self->decided = G_MAXUINT64;
}

static gboolean
gst_audio_augment_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    forget (self);
  else if (gst_generative_sound_ends (event, &self->windows.info))
    drain (self);
  return GST_BASE_TRANSFORM_CLASS (gst_audio_augment_parent_class)->sink_event (base, event);
}

static gboolean
gst_audio_augment_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstAudioAugment *self = GST_AUDIO_AUGMENT (base);
  const guint64 rate = (guint64)GST_AUDIO_FILTER_RATE (self);

  if (!GST_BASE_TRANSFORM_CLASS (gst_audio_augment_parent_class)->query (base, direction, query))
    return FALSE;
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY || direction != GST_PAD_SRC || rate == 0)
    return TRUE;
  gst_generative_latency_add (
      query, gst_util_uint64_scale_ceil (length_of (self), GST_SECOND, rate));
  return TRUE;
}

static void
gst_audio_augment_class_init (GstAudioAugmentClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstAudioFilterClass *filter_class = GST_AUDIO_FILTER_CLASS (klass);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);

  GST_DEBUG_CATEGORY_INIT (
      audio_augment_debug, "audioaugment", 0, "what becomes of each window of sound");

  gobject_class->set_property = gst_audio_augment_set_property;
  gobject_class->get_property = gst_audio_augment_get_property;
  gobject_class->finalize = gst_audio_augment_finalize;

  g_object_class_install_property (gobject_class, PROP_LENGTH,
      g_param_spec_uint ("length", "Length",
          "Samples of each channel that make a window, which has a draw of its own (0: each buffer "
          "is one)",
          0, MAX_LENGTH, DEFAULT_LENGTH,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
  gst_sound_folders_install (gobject_class, PROP_FIRST_OF_FOLDERS);
  gst_generative_augment_install (gobject_class, PROP_FIRST_OF_AUGMENT, &gen_medium_sound,
      "GstAudioAugment", "How often each transform is applied to a window: 1 is always");

  gst_audio_filter_class_add_pad_templates (filter_class, caps);
  gst_element_class_set_static_metadata (element_class, "Audio augmentation", "Filter/Effect/Audio",
      "Changes sound at random, so that a model hears more sounds than there are",
      "gst-generative");

  transform_class->start = gst_audio_augment_start;
  transform_class->stop = gst_audio_augment_stop;
  transform_class->sink_event = gst_audio_augment_sink_event;
  transform_class->query = gst_audio_augment_query;
  transform_class->before_transform = gst_audio_augment_before_transform;
  transform_class->transform_ip = gst_audio_augment_transform_ip;
  transform_class->transform_ip_on_passthrough = FALSE;
  transform_class->generate_output = gst_audio_augment_generate_output;
  filter_class->setup = gst_audio_augment_setup;
}

static void
gst_audio_augment_init (GstAudioAugment *self)
{
  self->settings = gst_generative_augment_defaults (&gen_medium_sound);
  self->length = DEFAULT_LENGTH;
  self->decided = G_MAXUINT64;
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
  gst_base_transform_set_gap_aware (GST_BASE_TRANSFORM (self), TRUE);
}
