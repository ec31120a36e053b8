/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/panel.h>
#include <gst/video/video.h>

/* What qualityoverlay measures by itself. */
typedef struct _GstOverlayMeter GstOverlayMeter;

/* NULL with `error` where `metrics` are none that pictures alone will do for. */
GstOverlayMeter *gst_overlay_meter_new (const char *metrics, GError **error);
void gst_overlay_meter_free (GstOverlayMeter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstOverlayMeter, gst_overlay_meter_free)
/* Whether it measures the figure `name`. */
gboolean gst_overlay_meter_has (const GstOverlayMeter *self, const char *name);
/* Put the figures of a frame, mapped for reading, into `panel`. FALSE with `error`. */
gboolean gst_overlay_meter_measure (
    GstOverlayMeter *self, GstVideoFrame *frame, GenPanel *panel, GError **error);
/* What comes next does not follow what came before. */
void gst_overlay_meter_interrupt (GstOverlayMeter *self);
