/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A panel over a frame, component by component, whatever lies where. */
#include "blend.h"

/* What black and white are in a component. */
typedef struct {
  int ground, ink;
} Levels;

static Levels
levels_of (const GstVideoFrame *frame, guint component)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  const gboolean limited = frame->info.colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235;

  if (component == GST_VIDEO_COMP_A && GST_VIDEO_FORMAT_INFO_HAS_ALPHA (format))
    return (Levels){ 255, 255 };
  if (GST_VIDEO_FORMAT_INFO_IS_YUV (format) && component > 0)
    return (Levels){ 128, 128 };
  if (GST_VIDEO_FORMAT_INFO_IS_YUV (format) && limited)
    return (Levels){ 16, 235 };
  return (Levels){ 0, 255 };
}

static inline int
mix (int from, int to, int share)
{
  return from + ((to - from) * share + (to > from ? 127 : -127)) / 255;
}

/* The most ink that a sample of a component that has fewer of them is under. */
static int
ink_over (const GenPicture *panel, int x, int y, int columns, int rows)
{
  int most = 0;

  for (int j = y; j < MIN (y + rows, panel->height); j++)
    for (int i = x; i < MIN (x + columns, panel->width); i++)
      most = MAX (most, panel->data[(gssize)j * panel->stride + i]);
  return most;
}

static void
blend_component (
    GstVideoFrame *frame, guint component, const GenPicture *panel, int left, int top, int opacity)
{
  const GstVideoFormatInfo *format = frame->info.finfo;
  const int columns = 1 << GST_VIDEO_FORMAT_INFO_W_SUB (format, component);
  const int rows = 1 << GST_VIDEO_FORMAT_INFO_H_SUB (format, component);
  const int step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, component);
  const gssize stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, component);
  const Levels levels = levels_of (frame, component);

  for (int y = 0; y < panel->height; y += rows) {
    guint8 *sample = (guint8 *)GST_VIDEO_FRAME_COMP_DATA (frame, component) +
                     (top + y) / rows * stride + left / columns * step;

    for (int x = 0; x < panel->width; x += columns, sample += step) {
      const int ink = ink_over (panel, x, y, columns, rows);

      *sample = (guint8)mix (mix (*sample, levels.ground, opacity), levels.ink, ink);
    }
  }
}

void
gst_quality_overlay_blend (
    GstVideoFrame *frame, const GenPicture *panel, int x, int y, guint opacity)
{
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (frame); c++)
    blend_component (frame, c, panel, x, y, (int)opacity);
}
