/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"
#include "play.h"

/* The picture of `frame` for part `k` of the `n` of the time that it was to be shown. It is copied
 * where the next element cannot read it: because of how somebody else has laid it out, or because
 * it lies `elsewhere`, in the memory of another device. */
GstFlowReturn gst_generator_repeat_part (GstGeneratorPlay *play, const GstGeneratorFormat *format,
    gboolean elsewhere, GstBuffer *frame, guint k, guint n, GstBuffer **part);

/* Let `made` be shown for part `k` of the `n` of the time between frames of `a` and `b`. */
void gst_generator_stamp_part (GstBuffer *made, GstClockTime a, GstClockTime b, guint k, guint n);
