/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a sound does not go on. */
#pragma once

#include <gst/audio/audio.h>

/* Whether `buffer` lies elsewhere in time than at `expected`, where what has come ends. Where one
 * of the two times is not known, it does not. */
gboolean gst_generative_sound_jumps (GstBuffer *buffer, GstClockTime expected);
/* Whether sound in the format of `info` ends with `event`, so that what waits goes in front of it.
 * Caps that say the same again end nothing. */
gboolean gst_generative_sound_ends (GstEvent *event, const GstAudioInfo *info);
