/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picture, or a tensor of numbers, of each window of a sound. */
#pragma once

#include "format.h"

/* Have `use` make what the source caps `source` say. */
gboolean gst_generator_window_negotiate (GstGeneratorPlay *play, GstGeneratorFormat *format,
    GstCaps *source, GenModelUse *use, GError **error);
/* A buffer for what is made of a window that begins `start` after the beginning of time and is
 * `duration` long. */
GstFlowReturn gst_generator_window_allocate (
    GstGeneratorPlay *play, GstClockTime start, GstClockTime duration, GstBuffer **buffer);
/* Make it of `samples`, which are as long as a window. */
gboolean gst_generator_window_run (GstGeneratorPlay *play, const GstGeneratorFormat *format,
    gpointer samples, GstBuffer *buffer, GError **error);
