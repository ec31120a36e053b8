/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-jump.h"

/* Times that differ from what follows by less are of clocks that are not quite the same, as sinks
 * of sound have it too. */
#define TOLERANCE (40 * GST_MSECOND)

gboolean
gst_generative_sound_jumps (GstBuffer *buffer, GstClockTime expected)
{
  return GST_CLOCK_TIME_IS_VALID (expected) && GST_BUFFER_PTS_IS_VALID (buffer) &&
         ABS (GST_CLOCK_DIFF (expected, GST_BUFFER_PTS (buffer))) > (GstClockTimeDiff)TOLERANCE;
}

static gboolean
is_other_format (GstEvent *event, const GstAudioInfo *info)
{
  GstAudioInfo next;
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  return !gst_audio_info_from_caps (&next, caps) || !gst_audio_info_is_equal (&next, info);
}

gboolean
gst_generative_sound_ends (GstEvent *event, const GstAudioInfo *info)
{
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    return is_other_format (event, info);
  case GST_EVENT_EOS:
  case GST_EVENT_GAP:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_SEGMENT_DONE:
  case GST_EVENT_STREAM_START:
    return TRUE;
  default:
    return FALSE;
  }
}
