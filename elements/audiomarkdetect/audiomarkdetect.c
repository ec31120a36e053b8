/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-audiomarkdetect
 * @title: audiomarkdetect
 * @short_description: finds the marks of audiomark
 *
 * Looks for marks of a key in sound, which passes as it is, and tells where they are, what they say
 * and how sure that is. It listens to the last 16 seconds together, each second from the 8th on,
 * and where these do not say it, as where little masks a mark, to up to 56 seconds, each 8 seconds
 * and at the end. It finds marks that were encoded, filtered, shifted, or played up to 2 % faster
 * or slower since. Spans of time that are marked are told by element messages `generative-mark`,
 * when they begin and once more when they have ended (`ended`): `begin` and `end` (of the stream,
 * in nanoseconds), `payload` (16 hexadecimal digits), `operator`, `model` (5 digits), `time`
 * (seconds since 1970), `windows`, `deviations`, `errors` and `speed`. That a mark is told where
 * there is none has a probability below 1e-12 for each window.
 *
 * Buffers that come while the last window had a mark carry a custom meta `generative-mark` with
 * `payload`, `operator`, `model` and `time`. With `report` there is a line of JSON for each span
 * that has ended, and a summary, which tells how much was silence, too: there is no mark in that.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m audiotestsrc num-buffers=1000 wave=red-noise volume=0.1 ! \
 *   audio/x-raw,rate=48000 ! audiomark key=mark.key operator=7 ! \
 *   audioresample ! audio/x-raw,rate=16000 ! audiomarkdetect key=mark.key ! fakesink
 * ]|
 */
#include <gst/audio/audio.h>
#include <gst/base/gstbasetransform.h>

#include "../elements.h"
#include "../shared/debug.h"
#include "../shared/mark-report.h"
#include "../shared/mark-samples.h"
#include "../shared/settings.h"
#include "../shared/sound-jump.h"
#include "../shared/stream-time.h"

GST_DEBUG_CATEGORY_STATIC (audio_mark_detect_debug);
#define GST_CAT_DEFAULT audio_mark_detect_debug

enum {
  PROP_0,
  PROP_REPORT, /* and those behind it */
};

#define GST_TYPE_AUDIO_MARK_DETECT (gst_audio_mark_detect_get_type ())
G_DECLARE_FINAL_TYPE (
    GstAudioMarkDetect, gst_audio_mark_detect, GST, AUDIO_MARK_DETECT, GstBaseTransform)

struct _GstAudioMarkDetect {
  GstBaseTransform parent;

  GstGenerativeMarkReport report;

  /* From start to stop. */
  GenSoundMarkReader *reader;
  GstAudioInfo info;
  float *numbers;       /* of a buffer */
  gsize room;           /* samples */
  gboolean hears;       /* something has come since the last jump */
  GstClockTime next;    /* when the next buffer is due */
  GstClockTime reached; /* likewise, in the time of the stream */
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GENERATIVE_MARK_SOUND_CAPS));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_GENERATIVE_MARK_SOUND_CAPS));
G_DEFINE_FINAL_TYPE (GstAudioMarkDetect, gst_audio_mark_detect, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (
    audiomarkdetect, "audiomarkdetect", GST_RANK_NONE, GST_TYPE_AUDIO_MARK_DETECT)

/* --- properties --- */

static void
gst_audio_mark_detect_set_property (
    GObject *object, guint property_id, const GValue *value, GParamSpec *pspec)
{
  GstAudioMarkDetect *self = GST_AUDIO_MARK_DETECT (object);

  if (gst_generative_can_set (object, pspec) &&
      !gst_generative_mark_report_set (&self->report, object, property_id - PROP_REPORT, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
gst_audio_mark_detect_get_property (
    GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  GstAudioMarkDetect *self = GST_AUDIO_MARK_DETECT (object);

  if (!gst_generative_mark_report_get (&self->report, object, property_id - PROP_REPORT, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
}

static void
gst_audio_mark_detect_finalize (GObject *object)
{
  gst_generative_mark_report_clear (&GST_AUDIO_MARK_DETECT (object)->report);
  G_OBJECT_CLASS (gst_audio_mark_detect_parent_class)->finalize (object);
}

/* --- from start to stop --- */

/* What comes next does not follow what came before. */
static void
end_spans (gpointer element)
{
  GstAudioMarkDetect *self = element;
  GenSoundMarkReading reading;

  if (self->hears && gen_sound_mark_reader_finish (self->reader, &reading))
    gen_mark_spans_add_sound (self->report.spans, &reading);
  if (self->reader != NULL) {
    gen_mark_spans_end (self->report.spans);
    self->report.silent = gen_sound_mark_reader_silence (self->reader);
  }
  self->hears = FALSE;
  self->next = GST_CLOCK_TIME_NONE;
}

static gboolean
gst_audio_mark_detect_start (GstBaseTransform *base)
{
  GstAudioMarkDetect *self = GST_AUDIO_MARK_DETECT (base);
  g_autoptr (GenMarkKey) key =
      gst_generative_mark_report_open (&self->report, GST_ELEMENT (self), GST_CAT_DEFAULT);

  if (key == NULL)
    return FALSE;
  self->reader = gen_sound_mark_reader_new (key);
  self->hears = FALSE;
  self->next = GST_CLOCK_TIME_NONE;
  self->reached = 0;
  return TRUE;
}

static gboolean
gst_audio_mark_detect_stop (GstBaseTransform *base)
{
  GstAudioMarkDetect *self = GST_AUDIO_MARK_DETECT (base);

  end_spans (self);
  gst_generative_mark_report_summarise (&self->report);
  g_clear_pointer (&self->reader, gen_sound_mark_reader_free);
  g_clear_pointer (&self->numbers, g_free);
  self->room = 0;
  gst_generative_mark_report_close (&self->report);
  return TRUE;
}

static gboolean
gst_audio_mark_detect_sink_event (GstBaseTransform *base, GstEvent *event)
{
  GstAudioMarkDetect *self = GST_AUDIO_MARK_DETECT (base);

  if (gst_generative_mark_report_take_event (&self->report, event, end_spans))
    self->reached = 0;
  return GST_BASE_TRANSFORM_CLASS (gst_audio_mark_detect_parent_class)->sink_event (base, event);
}

static gboolean
gst_audio_mark_detect_set_caps (GstBaseTransform *base, GstCaps *input, GstCaps *output)
{
  GstAudioMarkDetect *self = GST_AUDIO_MARK_DETECT (base);
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, input))
    return FALSE;
  end_spans (self);
  self->info = info;
  gen_sound_mark_reader_set_format (
      self->reader, GST_AUDIO_INFO_RATE (&info), GST_AUDIO_INFO_CHANNELS (&info));
  return TRUE;
}

/* --- buffers --- */

/* When a buffer is heard, in the time of the stream; what has no time follows what came before. */
static void
follow (GstAudioMarkDetect *self, GstBuffer *buffer, gsize frames)
{
  const GstClockTime pts = GST_BUFFER_PTS (buffer);
  const GstClockTime time = gst_generative_stream_time (&GST_BASE_TRANSFORM (self)->segment, pts);
  const GstClockTime duration =
      gst_util_uint64_scale (frames, GST_SECOND, (guint64)GST_AUDIO_INFO_RATE (&self->info));

  if (gst_generative_sound_jumps (buffer, self->next))
    end_spans (self);
  if (GST_CLOCK_TIME_IS_VALID (time))
    self->reached = time;
  if (!self->hears)
    gen_sound_mark_reader_restart (self->reader, (gint64)self->reached);
  self->hears = TRUE;
  self->reached += duration;
  if (GST_CLOCK_TIME_IS_VALID (pts))
    self->next = pts;
  if (GST_CLOCK_TIME_IS_VALID (self->next))
    self->next += duration;
}

static void
hear (GstAudioMarkDetect *self, gconstpointer samples, gsize frames)
{
  const gsize channels = (gsize)GST_AUDIO_INFO_CHANNELS (&self->info);
  GenSoundMarkReading reading;
  gsize taken;

  if (frames * channels > self->room) {
    self->room = frames * channels;
    g_free (self->numbers);
    self->numbers = g_new (float, self->room);
  }
  gst_generative_mark_samples_read (
      GST_AUDIO_INFO_FORMAT (&self->info), samples, frames * channels, self->numbers);
  for (gsize i = 0; i < frames; i += taken)
    if (gen_sound_mark_reader_hear (
            self->reader, self->numbers + i * channels, frames - i, &taken, &reading))
      gen_mark_spans_add_sound (self->report.spans, &reading);
}

/* What carries the meta is a buffer of its own where others have it, too, with the same memory. */
static GstFlowReturn
gst_audio_mark_detect_prepare_output_buffer (
    GstBaseTransform *base, GstBuffer *input, GstBuffer **output)
{
  *output = gst_buffer_is_writable (input) ? input : gst_buffer_copy (input);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_audio_mark_detect_transform_ip (GstBaseTransform *base, GstBuffer *buffer)
{
  GstAudioMarkDetect *self = GST_AUDIO_MARK_DETECT (base);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GstMapInfo map;
  gsize frames;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, STREAM, FORMAT, ("samples cannot be read"), (NULL));
    return GST_FLOW_ERROR;
  }
  frames = map.size / (gsize)GST_AUDIO_INFO_BPF (&self->info);
  follow (self, buffer, frames);
  hear (self, map.data, frames);
  gst_buffer_unmap (buffer, &map);
  gst_generative_mark_report_add_meta (&self->report, buffer);
  GST_LOG_OBJECT (self, "%" GST_TIME_FORMAT ": listened to in %.3f ms",
      GST_TIME_ARGS (GST_BUFFER_PTS (buffer)), gst_generative_since (began));
  return gst_generative_mark_report_count (&self->report, frames) ? GST_FLOW_OK : GST_FLOW_ERROR;
}

/* --- the class --- */

static void
gst_audio_mark_detect_class_init (GstAudioMarkDetectClass *klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      audio_mark_detect_debug, "audiomarkdetect", 0, "marks that are found, and each buffer");

  gobject_class->set_property = gst_audio_mark_detect_set_property;
  gobject_class->get_property = gst_audio_mark_detect_get_property;
  gobject_class->finalize = gst_audio_mark_detect_finalize;

  gst_generative_mark_report_install (gobject_class, PROP_REPORT);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Audio mark detector",
      "Filter/Analyzer/Audio", "Finds the marks of audiomark and tells what they say",
      "gst-generative");

  transform_class->start = gst_audio_mark_detect_start;
  transform_class->stop = gst_audio_mark_detect_stop;
  transform_class->set_caps = gst_audio_mark_detect_set_caps;
  transform_class->sink_event = gst_audio_mark_detect_sink_event;
  transform_class->prepare_output_buffer = gst_audio_mark_detect_prepare_output_buffer;
  transform_class->transform_ip = gst_audio_mark_detect_transform_ip;
  transform_class->passthrough_on_same_caps = FALSE;
}

static void
gst_audio_mark_detect_init (GstAudioMarkDetect *self)
{
  gst_generative_mark_report_init (&self->report);
  self->report.hears = TRUE;
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}
