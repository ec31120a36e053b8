/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pad whose sound latents follow. Its thread analyses what comes, and waits once that reaches
 * the end of the next frame; the source's thread waits until it does. So no more is kept than one
 * buffer's moments.
 *
 * Positions are frames of the sound, counted from the beginning of its stream time, so that a frame
 * of latents is told by the same samples wherever playing began. A flush comes from upstream, as to
 * any filter, but the source has a thread of its own, which has to stop and begin anew: a seek of
 * the source alone does that. */
#include "sound.h"

#include <generative/sound.h>
#include <string.h>

#include "latentsrc.h"

GST_DEBUG_CATEGORY_EXTERN (latent_src_debug);
#define GST_CAT_DEFAULT latent_src_debug

/* Times that are off by less are rounded, or a clock's: the sound goes on. */
#define TOLERANCE (40 * GST_MSECOND)

/* --- where sound lies --- */

/* Where a frame of latents begins, in frames of the sound. */
static guint64
position_of_frame (const GstLatentSound *sound, const GstLatentRate *rate, guint64 frame)
{
  return gst_util_uint64_scale (frame,
      (guint64)rate->denominator * (guint64)GST_AUDIO_INFO_RATE (&sound->info),
      (guint64)rate->numerator);
}

/* The frame of latents that holds a frame of the sound. */
static guint64
frame_of_position (const GstLatentSound *sound, const GstLatentRate *rate, guint64 position)
{
  return gst_util_uint64_scale_ceil (position + 1, (guint64)rate->numerator,
             (guint64)rate->denominator * (guint64)GST_AUDIO_INFO_RATE (&sound->info)) -
         1;
}

static gboolean
position_of_time (const GstLatentSound *sound, GstClockTime time, guint64 *position)
{
  guint64 stream_time;

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return FALSE;
  stream_time = gst_segment_to_stream_time (&sound->segment, GST_FORMAT_TIME, time);
  if (!GST_CLOCK_TIME_IS_VALID (stream_time))
    return FALSE;
  *position = gst_util_uint64_scale_round (
      stream_time, (guint64)GST_AUDIO_INFO_RATE (&sound->info), GST_SECOND);
  return TRUE;
}

/* --- the lock --- */

/* Take the lock from a thread that hears, which may hold it for as long as a frame of latents is.
 */
static void
enter (GstLatentSound *sound)
{
  g_atomic_int_inc (&sound->asking);
  g_mutex_lock (&sound->lock);
  g_atomic_int_add (&sound->asking, -1);
}

/* Let those who ask for the lock have it. */
static void
give_way (GstLatentSound *sound)
{
  if (g_atomic_int_get (&sound->asking) == 0)
    return;
  g_mutex_unlock (&sound->lock);
  while (g_atomic_int_get (&sound->asking) > 0)
    g_thread_yield ();
  g_mutex_lock (&sound->lock);
}

/* --- hearing, under the lock --- */

static GstFlowReturn
flow (const GstLatentSound *sound)
{
  if (sound->flushing || sound->closed)
    return GST_FLOW_FLUSHING;
  return sound->finished ? GST_FLOW_EOS : GST_FLOW_OK;
}

/* Forget what was heard and what is known of it. */
static void
forget (GstLatentSound *sound)
{
  sound->begun = sound->ended = sound->finished = sound->leaving = FALSE;
  sound->moved = TRUE;
  sound->wanted = 0;
}

/* Hear `n` frames, silence where `samples` is NULL, as fast as frames are made of them. */
static GstFlowReturn
hear (GstLatentSound *sound, const float *samples, guint64 n)
{
  const guint64 piece = gen_sound_follower_step (sound->follower);

  while (n > 0 && flow (sound) == GST_FLOW_OK) {
    const gsize count = (gsize)MIN (n, piece);

    if (sound->begun && gen_sound_follower_position (sound->follower) >= sound->wanted) {
      g_cond_wait (&sound->changed, &sound->lock);
      continue;
    }
    gen_sound_follower_hear (sound->follower, samples, count);
    sound->begun = TRUE;
    g_cond_broadcast (&sound->changed);
    if (samples != NULL)
      samples += count * (gsize)GST_AUDIO_INFO_CHANNELS (&sound->info);
    n -= count;
    give_way (sound);
  }
  return flow (sound);
}

/* The same of frames that lie at `time`: what is missing before them is silence, and what was heard
 * already is left out. */
static GstFlowReturn
hear_at (GstLatentSound *sound, GstClockTime time, const float *samples, guint64 n)
{
  const guint64 tolerance =
      gst_util_uint64_scale (TOLERANCE, (guint64)GST_AUDIO_INFO_RATE (&sound->info), GST_SECOND);
  guint64 position = 0, heard, known;
  GstFlowReturn result;

  if (!sound->begun) {
    if (!position_of_time (sound, time, &position))
      position_of_time (sound, sound->segment.start, &position);
    gen_sound_follower_begin (sound->follower, position);
    sound->first = sound->followed_to = position;
    sound->now = (GenSoundMoment){ 0 };
    return hear (sound, samples, n);
  }
  heard = gen_sound_follower_position (sound->follower);
  if (!position_of_time (sound, time, &position))
    return hear (sound, samples, n);
  if (position > heard + tolerance) {
    result = hear (sound, NULL, position - heard);
    return result == GST_FLOW_OK ? hear (sound, samples, n) : result;
  }
  known = heard > position + tolerance ? MIN (heard - position, n) : 0;
  if (samples != NULL)
    samples += known * (guint64)GST_AUDIO_INFO_CHANNELS (&sound->info);
  return hear (sound, samples, n - known);
}

/* Wait until all that was heard has become frames. */
static void
leave (GstLatentSound *sound)
{
  sound->leaving = sound->begun;
  g_cond_broadcast (&sound->changed);
  while (sound->leaving && flow (sound) == GST_FLOW_OK)
    g_cond_wait (&sound->changed, &sound->lock);
  sound->leaving = sound->begun = FALSE;
}

/* --- the pad --- */

static void
set_flag (GstLatentSound *sound, gboolean *flag, gboolean value)
{
  enter (sound);
  *flag = value;
  g_cond_broadcast (&sound->changed);
  g_mutex_unlock (&sound->lock);
}

/* Samples as floats; those of int16 in `room`. */
static const float *
samples_of (const GstLatentSound *sound, const GstMapInfo *map, float **room)
{
  const gsize n = map->size / sizeof (gint16);

  if (GST_AUDIO_INFO_FORMAT (&sound->info) == GST_AUDIO_FORMAT_F32)
    return (const float *)map->data;
  *room = g_new (float, MAX (n, 1));
  for (gsize i = 0; i < n; i++)
    (*room)[i] = ((const gint16 *)map->data)[i] / 32768.0f;
  return *room;
}

static GstFlowReturn
chain (GstPad *pad, GstObject *parent, GstBuffer *taken)
{
  GstLatentSound *sound = &GST_LATENT_SRC (parent)->sound;
  g_autoptr (GstBuffer) buffer = taken;
  g_autofree float *room = NULL;
  GstFlowReturn result;
  GstMapInfo map;

  if (sound->follower == NULL)
    return GST_FLOW_NOT_NEGOTIATED;
  if (sound->segment.format != GST_FORMAT_TIME)
    return GST_FLOW_ERROR;
  buffer = gst_audio_buffer_clip (g_steal_pointer (&buffer), &sound->segment,
      GST_AUDIO_INFO_RATE (&sound->info), GST_AUDIO_INFO_BPF (&sound->info));
  if (buffer == NULL)
    return GST_FLOW_OK;
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (sound->source, RESOURCE, READ, ("The sound cannot be read"), (NULL));
    return GST_FLOW_ERROR;
  }
  g_mutex_lock (&sound->lock);
  result = hear_at (sound, GST_BUFFER_PTS (buffer), samples_of (sound, &map, &room),
      map.size / (gsize)GST_AUDIO_INFO_BPF (&sound->info));
  g_mutex_unlock (&sound->lock);
  gst_buffer_unmap (buffer, &map);
  return result;
}

static gboolean
take_caps (GstLatentSound *sound, GstEvent *event)
{
  GstAudioInfo info;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  if (!gst_audio_info_from_caps (&info, caps))
    return FALSE;
  if (sound->follower != NULL && gst_audio_info_is_equal (&info, &sound->info))
    return TRUE;
  if (GST_AUDIO_INFO_RATE (&info) > GEN_SOUND_MAX_RATE) {
    GST_ELEMENT_ERROR (sound->source, CORE, NEGOTIATION,
        ("The sound has caps of rate=%d; sounds of at most %d frames a second are followed, which "
         "audioresample makes",
            GST_AUDIO_INFO_RATE (&info), GEN_SOUND_MAX_RATE),
        (NULL));
    return FALSE;
  }
  g_mutex_lock (&sound->lock);
  leave (sound);
  g_clear_pointer (&sound->follower, gen_sound_follower_free);
  sound->info = info;
  sound->follower = gen_sound_follower_new ((guint)GST_AUDIO_INFO_RATE (&info),
      (guint)GST_AUDIO_INFO_CHANNELS (&info), sound->attack, sound->release);
  g_mutex_unlock (&sound->lock);
  GST_INFO_OBJECT (sound->source, "follows %" GST_PTR_FORMAT, (void *)caps);
  return TRUE;
}

/* Whether a segment says of what is heard now what the one before says, but for where it stops. */
static gboolean
goes_on (const GstLatentSound *sound, const GstSegment *segment)
{
  GstSegment same = sound->segment;

  same.position = segment->position;
  same.duration = segment->duration;
  same.stop = segment->stop;
  return sound->begun && gst_segment_is_equal (&same, segment);
}

static gboolean
take_segment (GstLatentSound *sound, GstEvent *event)
{
  const GstSegment *segment;
  gboolean good;

  gst_event_parse_segment (event, &segment);
  good = segment->format == GST_FORMAT_TIME && segment->rate > 0;
  g_mutex_lock (&sound->lock);
  if (!goes_on (sound, segment)) {
    leave (sound);
    sound->moved = TRUE;
  }
  gst_segment_copy_into (segment, &sound->segment);
  if (!good)
    sound->segment.format = GST_FORMAT_UNDEFINED;
  g_mutex_unlock (&sound->lock);
  if (!good)
    GST_ELEMENT_ERROR (sound->source, STREAM, FORMAT,
        ("The sound cannot be followed: it has %s",
            segment->format != GST_FORMAT_TIME ? "no times" : "times that go backwards"),
        (NULL));
  return good;
}

static gboolean
take_gap (GstLatentSound *sound, GstEvent *event)
{
  GstClockTime begin, duration;

  gst_event_parse_gap (event, &begin, &duration);
  if (sound->follower == NULL || sound->segment.format != GST_FORMAT_TIME ||
      !GST_CLOCK_TIME_IS_VALID (duration))
    return TRUE;
  g_mutex_lock (&sound->lock);
  hear_at (sound, begin, NULL,
      gst_util_uint64_scale_round (
          duration, (guint64)GST_AUDIO_INFO_RATE (&sound->info), GST_SECOND));
  g_mutex_unlock (&sound->lock);
  return TRUE;
}

static gboolean
is_closed (GstLatentSound *sound)
{
  gboolean closed;

  g_mutex_lock (&sound->lock);
  closed = sound->closed;
  g_mutex_unlock (&sound->lock);
  return closed;
}

/* Whatever was heard is no longer to become frames. */
static void
end_flush (GstLatentSound *sound, GstEvent *event)
{
  g_autoptr (GstEvent) seek = gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_CLOCK_TIME_NONE);

  gst_event_set_seqnum (seek, gst_event_get_seqnum (event));
  g_mutex_lock (&sound->lock);
  forget (sound);
  gst_segment_init (&sound->segment, GST_FORMAT_UNDEFINED);
  sound->flushing = FALSE;
  g_mutex_unlock (&sound->lock);

  g_mutex_lock (&sound->restarting);
  if (!is_closed (sound))
    gst_latent_src_get_parent_class ()->event (sound->source, seek);
  g_mutex_unlock (&sound->restarting);
}

static gboolean
take_event (GstPad *pad, GstObject *parent, GstEvent *taken)
{
  GstLatentSound *sound = &GST_LATENT_SRC (parent)->sound;
  g_autoptr (GstEvent) event = taken;

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_FLUSH_START:
    set_flag (sound, &sound->flushing, TRUE);
    return gst_pad_push_event (GST_BASE_SRC_PAD (sound->source), g_steal_pointer (&event));
  case GST_EVENT_FLUSH_STOP:
    end_flush (sound, event);
    return TRUE;
  case GST_EVENT_CAPS:
    return take_caps (sound, event);
  case GST_EVENT_SEGMENT:
    return take_segment (sound, event);
  case GST_EVENT_GAP:
    return take_gap (sound, event);
  case GST_EVENT_EOS:
  case GST_EVENT_SEGMENT_DONE:
    set_flag (sound, &sound->ended, TRUE);
    return TRUE;
  default:
    return TRUE;
  }
}

/* A thread that waits to be heard goes before the pad is taken from under it. */
static gboolean
activate (GstPad *pad, GstObject *parent, GstPadMode mode, gboolean active)
{
  GstLatentSound *sound = &GST_LATENT_SRC (parent)->sound;

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  set_flag (sound, &sound->flushing, !active);
  return TRUE;
}

GstPad *
gst_latent_sound_request (GstLatentSound *sound, GstPadTemplate *template)
{
  GstElement *element = GST_ELEMENT (sound->source);
  GstPad *pad;

  if (GST_STATE (element) > GST_STATE_READY) {
    GST_ELEMENT_WARNING (element, CORE, PAD,
        ("A sound to follow is to be linked before latentsrc starts"),
        ("where it comes later, as from decodebin, an element between them, such as audioconvert, "
         "is there from the start"));
    return NULL;
  }
  if (sound->pad != NULL)
    return NULL;
  pad = gst_pad_new_from_template (template, "sound");
  gst_pad_set_chain_function (pad, chain);
  gst_pad_set_event_function (pad, take_event);
  gst_pad_set_activatemode_function (pad, activate);
  sound->pad = pad;
  gst_element_add_pad (element, pad);
  return pad;
}

void
gst_latent_sound_release (GstLatentSound *sound, GstPad *pad)
{
  enter (sound);
  sound->pad = NULL;
  sound->ended = TRUE;
  g_cond_broadcast (&sound->changed);
  g_mutex_unlock (&sound->lock);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (sound->source), pad);
}

GstPad *
gst_latent_sound_get_pad (GstLatentSound *sound)
{
  GstPad *pad;

  enter (sound);
  pad = sound->pad != NULL ? gst_object_ref (sound->pad) : NULL;
  g_mutex_unlock (&sound->lock);
  return pad;
}

/* --- the source --- */

/* Where frames end, so does the need for sound. */
static GstPadProbeReturn
watch_source (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstLatentSound *sound = data;
  const GstEventType type = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info));

  if (type == GST_EVENT_EOS || type == GST_EVENT_SEGMENT_DONE)
    set_flag (sound, &sound->finished, TRUE);
  return GST_PAD_PROBE_OK;
}

void
gst_latent_sound_init (GstLatentSound *sound, GstBaseSrc *source)
{
  sound->source = source;
  g_mutex_init (&sound->restarting);
  g_mutex_init (&sound->lock);
  g_cond_init (&sound->changed);
  gst_segment_init (&sound->segment, GST_FORMAT_UNDEFINED);
  gst_pad_add_probe (
      GST_BASE_SRC_PAD (source), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, watch_source, sound, NULL);
}

void
gst_latent_sound_clear (GstLatentSound *sound)
{
  g_clear_pointer (&sound->follower, gen_sound_follower_free);
  g_mutex_clear (&sound->restarting);
  g_mutex_clear (&sound->lock);
  g_cond_clear (&sound->changed);
}

void
gst_latent_sound_open (GstLatentSound *sound, double attack, double release)
{
  g_mutex_lock (&sound->lock);
  forget (sound);
  g_clear_pointer (&sound->follower, gen_sound_follower_free);
  gst_segment_init (&sound->segment, GST_FORMAT_UNDEFINED);
  sound->followed = sound->pad != NULL;
  sound->closed = FALSE;
  sound->attack = attack;
  sound->release = release;
  g_mutex_unlock (&sound->lock);
}

void
gst_latent_sound_close (GstLatentSound *sound)
{
  set_flag (sound, &sound->closed, TRUE);
  /* A restart that is under way ends, and no other one begins. */
  g_mutex_lock (&sound->restarting);
  g_mutex_unlock (&sound->restarting);
}

gboolean
gst_latent_sound_is_followed (GstLatentSound *sound)
{
  gboolean followed;

  g_mutex_lock (&sound->lock);
  followed = sound->followed;
  g_mutex_unlock (&sound->lock);
  return followed;
}

void
gst_latent_sound_set_unlocked (GstLatentSound *sound, gboolean unlocked)
{
  set_flag (sound, &sound->unlocked, unlocked);
}

void
gst_latent_sound_restart (GstLatentSound *sound)
{
  set_flag (sound, &sound->finished, FALSE);
}

/* Whether frame number `frame` can be made, of all that belongs to it or of all that will come. */
static gboolean
is_heard (GstLatentSound *sound, const GstLatentRate *rate, guint64 frame)
{
  const guint64 end = position_of_frame (sound, rate, frame + 1);
  const guint64 heard = gen_sound_follower_position (sound->follower);

  if (sound->wanted != end) {
    sound->wanted = end;
    g_cond_broadcast (&sound->changed);
  }
  return heard >= end ||
         ((sound->leaving || sound->ended) && heard > position_of_frame (sound, rate, frame));
}

GstFlowReturn
gst_latent_sound_wait (GstLatentSound *sound, const GstLatentRate *rate, guint64 *frame,
    GstSegment *segment, gboolean *moved)
{
  GstFlowReturn result = GST_FLOW_OK;

  *moved = FALSE;
  g_mutex_lock (&sound->lock);
  while (TRUE) {
    if (sound->unlocked || sound->closed) {
      result = GST_FLOW_FLUSHING;
      break;
    }
    if (sound->begun && sound->moved) {
      sound->moved = FALSE;
      *moved = TRUE;
      *frame = frame_of_position (sound, rate, sound->first);
      gst_segment_copy_into (&sound->segment, segment);
    }
    if (sound->begun && is_heard (sound, rate, *frame))
      break;
    if (sound->leaving) {
      sound->leaving = sound->begun = FALSE;
      g_cond_broadcast (&sound->changed);
    }
    if (sound->ended) {
      result = GST_FLOW_EOS;
      break;
    }
    g_cond_wait (&sound->changed, &sound->lock);
  }
  g_mutex_unlock (&sound->lock);
  return result;
}

/* Until the next moment, the last one holds. */
static double
advance_to (GstLatentSound *sound, const GstLatentSpeed *speed, guint64 position)
{
  const double more = MAX (speed->more * sound->now.values[speed->follows], -speed->own);
  const guint64 from = MIN (sound->followed_to, position);

  sound->followed_to = position;
  return more * (double)(position - from) / GST_AUDIO_INFO_RATE (&sound->info);
}

void
gst_latent_sound_follow (GstLatentSound *sound, const GstLatentRate *rate, guint64 frame,
    const GstLatentSpeed *speed, double *advance, double values[GEN_SOUND_VALUES])
{
  GenSoundMoment moment;
  guint64 end;

  g_mutex_lock (&sound->lock);
  if (sound->follower != NULL) {
    end = position_of_frame (sound, rate, frame + 1);
    while (gen_sound_follower_take (sound->follower, end, &moment)) {
      *advance += advance_to (sound, speed, moment.end);
      sound->now = moment;
    }
    *advance += advance_to (sound, speed, end);
  }
  memcpy (values, sound->now.values, sizeof sound->now.values);
  g_mutex_unlock (&sound->lock);
}
