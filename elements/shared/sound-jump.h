/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a sound does not go on. */
#pragma once

#include <gst/gst.h>

/* Whether `buffer` lies elsewhere in time than at `expected`, where what has come ends. Where one
 * of the two times is not known, it does not. */
gboolean gst_generative_sound_jumps (GstBuffer *buffer, GstClockTime expected);
