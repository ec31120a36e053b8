/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-audiomark
 * @title: audiomark
 * @short_description: marks sound as made by a model, where nobody hears it
 *
 * Makes bands of the sound a little louder here and quieter there, in a pattern that says, to
 * whoever has the key, that this sound was made, by whom, by which model and when: 64 bits, which
 * each 8 seconds have all. `audiomarkdetect` and `generative-model mark read` read them, after
 * encoders, resampling, noise, loudspeakers and small changes of speed (docs/marking.md says what,
 * and what not).
 *
 * Whatever has the property `key` can read and forge marks: a file that its owner alone can read.
 * `operator` is a number of your own, `model` a file of which the mark carries the first 20 bits of
 * its SHA-256, `time` when the sound was made (as a rule when the element starts); `payload` is all
 * of it at once.
 *
 * What is changed is masked by the sound itself and 36 dB below its loudness (EBU R 128). Silence
 * stays silence. Samples are changed in place, 0.2 s later, since how strong a mark may be is known
 * when the sound has been heard. Buffers keep their sizes and times, so that one comes out when its
 * last sample may: the element's latency is 0.2 s and the longest buffer so far.
 *
 * The element reads what it has marked: where the last 16 seconds do not say what they should,
 * since hardly anything masks a mark there, there is a warning, once until they do again, which has
 * `deviations` in its details (how far the mark stands out; about 12 are needed). At the end an
 * element message `generative-mark-summary` tells of `windows` (one a second, but silent ones),
 * `unread` and the mean of `deviations`. `strength=2` is 6 dB louder, which may be heard.
 *
 * `enabled=false`, or the environment variable `GENERATIVE_MARK=off` when the element starts, lets
 * the sound pass as it is, and a message says so.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 audiotestsrc num-buffers=1000 wave=red-noise volume=0.1 ! \
 *   audio/x-raw,rate=48000 ! audiomark key=mark.key operator=7 ! \
 *   audiomarkdetect key=mark.key ! fakesink -m
 * ]|
 */
#include <generative/sound-mark.h>
#include <gst/audio/audio.h>
#include <gst/base/gstbasetransform.h>

#include "../elements.h"
#include "../shared/debug.h"
#include "../shared/latency.h"
#include "../shared/mark-samples.h"
#include "../shared/mark-settings.h"
#include "../shared/settings.h"
#include "../shared/sound-jump.h"
#include "../shared/stream-time.h"

GST_DEBUG_CATEGORY_STATIC (audio_mark_debug);
#define GST_CAT_DEFAULT audio_mark_debug

#define WINDOW 16 /* s: what a reader hears together */

enum {
  PROP_0,
  PROP_MARK, /* and those behind it */
};

#define GST_TYPE_AUDIO_MARK (gst_audio_mark_get_type ())
G_DECLARE_FINAL_TYPE (GstAudioMark, gst_audio_mark, GST, AUDIO_MARK, GstBaseTransform)

struct _GstAudioMark {
  GstBaseTransform parent;

  GstGenerativeMarkSettings settings;

  /* From start to stop. */
  GenSoundMark *mark; /* NULL: the environment says no */
  GQueue waiting;     /* of GstBuffer: heard, and not yet marked */
  float *numbers;     /* of a buffer */
  gsize room;         /* samples */
  GstClockTime next;  /* when the next buffer is due */
  gsize longest;      /* frames of a buffer in this format */

  /* What is to be read of what was marked. */
  GenSoundMarkReader *reader;
  guint64 marked;        /* frames that were, one after the other */
  gboolean faint;        /* the last window was not read, which was told */
  guint windows, unread; /* of those that are not silent */
  double deviations;     /* their sum */

  /* Under the object lock. */
  GstAudioInfo info;
  GstClockTime latency;
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GENERATIVE_MARK_SOUND_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GENERATIVE_MARK_SOUND_CAPS));
G_DEFINE_FINAL_TYPE (GstAudioMark, gst_audio_mark, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (audiomark, "audiomark", GST_RANK_NONE, GST_TYPE_AUDIO_MARK)

/* --- properties --- */

static void
gst_audio_mark_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstAudioMark *self = GST_AUDIO_MARK (object);

  if (gst_generative_can_set (object, pspec) &&
      !gst_generative_mark_settings_set (&self->settings, object, property_id - PROP_MARK, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
gst_audio_mark_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstAudioMark *self = GST_AUDIO_MARK (object);

  if (!gst_generative_mark_settings_get (&self->settings, object, property_id - PROP_MARK, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
gst_audio_mark_finalize (GObject *object)
{
  gst_generative_mark_settings_clear (&GST_AUDIO_MARK (object)->settings);
  G_OBJECT_CLASS (gst_audio_mark_parent_class)->finalize (object);
}

/* --- samples --- */

static gsize
frames_of (const GstAudioMark *self, GstBuffer *buffer)
{
  return gst_buffer_get_size (buffer) / (gsize)GST_AUDIO_INFO_BPF (&self->info);
}

/* Room for the samples of so many frames. */
static float *
get_numbers (GstAudioMark *self, gsize frames)
{
  const gsize n = frames * (gsize)GST_AUDIO_INFO_CHANNELS (&self->info);

  if (n > self->room) {
    self->room = n;
    g_free (self->numbers);
    self->numbers = g_new (float, n);
  }
  return self->numbers;
}

static gboolean
hear (GstAudioMark *self, GstBuffer *buffer, double strength)
{
  const gsize frames = frames_of (self, buffer);
  float *numbers = get_numbers (self, frames);
  GstMapInfo map;

  if (frames == 0)
    return TRUE;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("samples cannot be read"), (NULL));
    return FALSE;
  }
  gst_generative_mark_samples_read (GST_AUDIO_INFO_FORMAT (&self->info), map.data,
      frames * (gsize)GST_AUDIO_INFO_CHANNELS (&self->info), numbers);
  gst_buffer_unmap (buffer, &map);
  gen_sound_mark_hear (self->mark, numbers, frames, strength);
  return TRUE;
}

static gboolean
is_zero (const float *numbers, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (numbers[i] != 0)
      return FALSE;
  return TRUE;
}

/* --- what is to be read of it --- */

/* Once for each time that what has been marked is not read. */
static void
tell_faint (GstAudioMark *self, double deviations)
{
  if (self->faint)
    return;
  self->faint = TRUE;
  GST_ELEMENT_WARNING_WITH_DETAILS (self, STREAM, ENCODE,
      ("hardly anything masks a mark here: the last 16 s are not read by themselves"),
      ("the mark stands out by %.1f deviations", deviations),
      ("deviations", G_TYPE_DOUBLE, deviations, NULL));
}

static void
judge (GstAudioMark *self, const GenSoundMarkReading *reading)
{
  const guint64 seconds = self->marked / (guint64)GST_AUDIO_INFO_RATE (&self->info);

  if (reading->silent || seconds < WINDOW)
    return;
  self->windows++;
  self->unread += !reading->found;
  self->deviations += reading->deviations;
  if (!reading->found)
    tell_faint (self, reading->deviations);
  else
    self->faint = FALSE;
}

/* Hear what was marked as a reader would. */
static void
read_marked (GstAudioMark *self, gconstpointer samples, gsize frames)
{
  const gsize channels = (gsize)GST_AUDIO_INFO_CHANNELS (&self->info);
  float *numbers = get_numbers (self, frames);
  GenSoundMarkReading reading;
  gsize taken;

  gst_generative_mark_samples_read (
      GST_AUDIO_INFO_FORMAT (&self->info), samples, frames * channels, numbers);
  for (gsize i = 0; i < frames; i += taken) {
    const gboolean full = gen_sound_mark_reader_hear (
        self->reader, numbers + i * channels, frames - i, &taken, &reading);

    self->marked += taken;
    if (full)
      judge (self, &reading);
  }
}

static void
summarise (GstAudioMark *self)
{
  const double mean = self->windows > 0 ? self->deviations / self->windows : 0;

  if (self->reader == NULL)
    return;
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generative-mark-summary", "windows", G_TYPE_UINT, self->windows,
              "unread", G_TYPE_UINT, self->unread, "deviations", G_TYPE_DOUBLE, mean, NULL)));
  self->windows = self->unread = 0;
  self->deviations = 0;
}

/* --- buffers that were heard --- */

/* The first buffer that waits, marked; NULL when it cannot be written, which was posted. What is
 * not changed is not copied. */
static GstBuffer *
take_marked (GstAudioMark *self)
{
  GstBuffer *buffer = g_queue_pop_head (&self->waiting);
  const gsize frames = frames_of (self, buffer);
  const gsize n = frames * (gsize)GST_AUDIO_INFO_CHANNELS (&self->info);
  float *difference = get_numbers (self, frames);
  GstMapInfo map;

  if (frames == 0)
    return buffer;
  gen_sound_mark_take (self->mark, difference, frames);
  if (is_zero (difference, n)) {
    if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
      GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("samples cannot be read"), (NULL));
      gst_buffer_unref (buffer);
      return NULL;
    }
    read_marked (self, map.data, frames);
    gst_buffer_unmap (buffer, &map);
    return buffer;
  }
  buffer = gst_buffer_make_writable (buffer);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("samples cannot be written"), (NULL));
    gst_buffer_unref (buffer);
    return NULL;
  }
  gst_generative_mark_samples_add (GST_AUDIO_INFO_FORMAT (&self->info), map.data, n, difference);
  read_marked (self, map.data, frames);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static void
begin_anew (GstAudioMark *self)
{
  gen_sound_mark_restart (self->mark);
  gen_sound_mark_reader_restart (self->reader, 0);
  self->marked = 0;
}

/* What was heard is over: nothing of it waits any more. */
static void
forget (GstAudioMark *self)
{
  g_queue_clear_full (&self->waiting, (GDestroyNotify)gst_buffer_unref);
  self->next = GST_CLOCK_TIME_NONE;
  if (self->mark != NULL && GST_AUDIO_INFO_IS_VALID (&self->info))
    begin_anew (self);
}

/* What is ready of what waits. It does not leave by the base class, which would say of it that it
 * is discontinuous where what has just come is. */
static GstFlowReturn
push_ready (GstAudioMark *self)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *first;

  while (flow == GST_FLOW_OK && (first = g_queue_peek_head (&self->waiting)) != NULL &&
         frames_of (self, first) <= gen_sound_mark_ready (self->mark)) {
    GstBuffer *buffer = take_marked (self);

    flow =
        buffer != NULL ? gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), buffer) : GST_FLOW_ERROR;
  }
  return flow;
}

static GstFlowReturn
drain (GstAudioMark *self)
{
  GstFlowReturn flow = GST_FLOW_OK;

  if (!g_queue_is_empty (&self->waiting)) {
    gen_sound_mark_finish (self->mark);
    flow = push_ready (self);
  }
  forget (self);
  return flow;
}

/* --- from start to stop --- */

static gboolean
gst_audio_mark_start (GstBaseTransform *base)
{
  GstAudioMark *self = GST_AUDIO_MARK (base);
  g_autoptr (GenMarkKey) key = NULL;
  guint64 bits;

  gst_audio_info_init (&self->info);
  self->latency = 0;
  self->next = GST_CLOCK_TIME_NONE;
  if (!gst_generative_mark_settings_start (&self->settings, GST_ELEMENT (self), &key, &bits))
    return FALSE;
  if (key == NULL)
    return TRUE;
  self->mark = gen_sound_mark_new (key, bits);
  self->reader = gen_sound_mark_reader_new_for (key, bits);
  self->marked = 0;
  self->faint = FALSE;
  self->windows = self->unread = 0;
  self->deviations = 0;
  GST_INFO_OBJECT (self, "marks say %016" G_GINT64_MODIFIER "x", bits);
  return TRUE;
}

static gboolean
gst_audio_mark_stop (GstBaseTransform *base)
{
  GstAudioMark *self = GST_AUDIO_MARK (base);

  forget (self);
  g_clear_pointer (&self->mark, gen_sound_mark_free);
  g_clear_pointer (&self->reader, gen_sound_mark_reader_free);
  g_clear_pointer (&self->numbers, g_free);
  self->room = 0;
  return TRUE;
}

/* Buffers of this format have at most so many frames. A buffer leaves when its last frame may. */
static void
note_longest (GstAudioMark *self, gsize frames)
{
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->info);

  self->longest = frames;
  GST_OBJECT_LOCK (self);
  self->latency = self->mark == NULL
                      ? 0
                      : gst_util_uint64_scale_ceil (
                            gen_sound_mark_latency (self->mark) + frames, GST_SECOND, rate);
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
}

static gboolean
gst_audio_mark_set_caps (GstBaseTransform *base, GstCaps *input, GstCaps *output)
{
  GstAudioMark *self = GST_AUDIO_MARK (base);
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, input))
    return FALSE;
  if (gst_audio_info_is_equal (&info, &self->info))
    return TRUE;
  GST_INFO_OBJECT (self, "sound of %" GST_PTR_FORMAT, input);
  if (self->mark != NULL) {
    const int rate = GST_AUDIO_INFO_RATE (&info), channels = GST_AUDIO_INFO_CHANNELS (&info);

    gen_sound_mark_set_format (self->mark, rate, channels);
    gen_sound_mark_reader_set_format (self->reader, rate, channels);
    self->marked = 0;
  }
  GST_OBJECT_LOCK (self);
  self->info = info;
  GST_OBJECT_UNLOCK (self);
  note_longest (self, 0);
  return TRUE;
}

/* --- buffers --- */

static gboolean
gst_audio_mark_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstAudioMark *self = GST_AUDIO_MARK (base);

  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    forget (self);
  else if (gst_generative_sound_ends (event, &self->info))
    drain (self);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    summarise (self);
  return GST_BASE_TRANSFORM_CLASS (gst_audio_mark_parent_class)->sink_event (base, event);
}

static void
follow (GstAudioMark *self, GstBuffer *buffer)
{
  const GstClockTime time = GST_BUFFER_PTS (buffer);
  const guint64 rate = (guint64)GST_AUDIO_INFO_RATE (&self->info);

  if (!GST_CLOCK_TIME_IS_VALID (self->next) || GST_CLOCK_TIME_IS_VALID (time))
    self->next = time;
  if (GST_CLOCK_TIME_IS_VALID (self->next))
    self->next += gst_util_uint64_scale (frames_of (self, buffer), GST_SECOND, rate);
}

static GstFlowReturn
gst_audio_mark_submit_input_buffer (GstBaseTransform *base, gboolean is_discont, GstBuffer *input)
{
  GstAudioMark *self = GST_AUDIO_MARK (base);
  GstFlowReturn flow = GST_BASE_TRANSFORM_CLASS (gst_audio_mark_parent_class)
                           ->submit_input_buffer (base, is_discont, input);
  GstBuffer *buffer = base->queued_buf;
  double strength;

  if (flow != GST_FLOW_OK || buffer == NULL || self->mark == NULL)
    return flow;
  base->queued_buf = NULL;
  if (gst_generative_sound_jumps (buffer, self->next))
    flow = drain (self);
  gst_generative_sync_values (base, &base->segment, GST_BUFFER_PTS (buffer));
  strength = gst_generative_mark_settings_next (&self->settings, GST_ELEMENT (self));
  if (strength <= 0)
    self->marked = 0;
  if (flow != GST_FLOW_OK || !hear (self, buffer, strength)) {
    gst_buffer_unref (buffer);
    return flow != GST_FLOW_OK ? flow : GST_FLOW_ERROR;
  }
  follow (self, buffer);
  if (frames_of (self, buffer) > self->longest)
    note_longest (self, frames_of (self, buffer));
  g_queue_push_tail (&self->waiting, buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_audio_mark_generate_output (GstBaseTransform *base, GstBuffer **output)
{
  GstAudioMark *self = GST_AUDIO_MARK (base);

  *output = NULL;
  if (self->mark != NULL)
    return push_ready (self);
  *output = g_steal_pointer (&base->queued_buf);
  return GST_FLOW_OK;
}

static gboolean
gst_audio_mark_query (GstBaseTransform *base, GstPadDirection direction, GstQuery *query)
{
  GstAudioMark *self = GST_AUDIO_MARK (base);
  GstClockTime own;

  if (!GST_BASE_TRANSFORM_CLASS (gst_audio_mark_parent_class)->query (base, direction, query))
    return FALSE;
  if (direction != GST_PAD_SRC || GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return TRUE;
  GST_OBJECT_LOCK (self);
  own = self->latency;
  GST_OBJECT_UNLOCK (self);
  gst_generative_latency_add (query, own);
  return TRUE;
}

/* --- the class --- */

static void
gst_audio_mark_class_init (GstAudioMarkClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (audio_mark_debug, "audiomark", 0, "what marks say");

  gobject_class->set_property = gst_audio_mark_set_property;
  gobject_class->get_property = gst_audio_mark_get_property;
  gobject_class->finalize = gst_audio_mark_finalize;

  gst_generative_mark_settings_install (gobject_class, PROP_MARK, GEN_SOUND_MARK_STRENGTH_MAX);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Audio mark", "Filter/Effect/Audio",
      "Marks sound as made by a model, by an inaudible pattern that survives encoders",
      "gst-generative");

  transform_class->start = gst_audio_mark_start;
  transform_class->stop = gst_audio_mark_stop;
  transform_class->set_caps = gst_audio_mark_set_caps;
  transform_class->sink_event = gst_audio_mark_sink_event;
  transform_class->submit_input_buffer = gst_audio_mark_submit_input_buffer;
  transform_class->generate_output = gst_audio_mark_generate_output;
  transform_class->query = gst_audio_mark_query;
  transform_class->passthrough_on_same_caps = FALSE;
}

static void
gst_audio_mark_init (GstAudioMark *self)
{
  gst_generative_mark_settings_init (&self->settings);
  g_queue_init (&self->waiting);
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}
