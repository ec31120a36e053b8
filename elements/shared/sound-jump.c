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
