/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as a meter takes them: of YUV and grey the plane of luma as it lies there, of RGB the
 * three channels, which are copied where they lie otherwise. */
#include "measure.h"

#include <generative/metric.h>
#include <math.h>

/* Frames between figures over all so far. */
#define INTERVAL 30

struct _GstOverlayMeter {
  char *metrics;
  GenMeter *meter;
  GenFormat format; /* of the frames that it has seen; without a medium: none */
  GenPicture copy;  /* of a frame whose channels lie otherwise */
  double *values;
};

static gboolean
open_meter (GstOverlayMeter *self, GError **error)
{
  const GenMeterSettings settings = { .metrics = self->metrics, .interval = INTERVAL };
  guint n;

  g_clear_pointer (&self->meter, gen_meter_free);
  g_clear_pointer (&self->values, g_free);
  self->format = (GenFormat){ 0 };
  self->meter = gen_meter_new (&settings, error);
  if (self->meter == NULL)
    return FALSE;
  gen_meter_fields (self->meter, &n);
  self->values = g_new (double, n);
  return TRUE;
}

GstOverlayMeter *
gst_overlay_meter_new (const char *metrics, GError **error)
{
  g_autoptr (GstOverlayMeter) self = g_new0 (GstOverlayMeter, 1);

  self->metrics = g_strdup (metrics);
  return open_meter (self, error) ? g_steal_pointer (&self) : NULL;
}

void
gst_overlay_meter_free (GstOverlayMeter *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->meter, gen_meter_free);
  gen_picture_clear (&self->copy);
  g_free (self->values);
  g_free (self->metrics);
  g_free (self);
}

gboolean
gst_overlay_meter_has (const GstOverlayMeter *self, const char *name)
{
  guint n;
  const GenField *fields = gen_meter_fields (self->meter, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return TRUE;
  return FALSE;
}

void
gst_overlay_meter_interrupt (GstOverlayMeter *self)
{
  gen_meter_interrupt (self->meter);
}

/* The channels of a frame, side by side. */
static void
copy_channels (GstOverlayMeter *self, GstVideoFrame *frame)
{
  const int width = GST_VIDEO_FRAME_WIDTH (frame), height = GST_VIDEO_FRAME_HEIGHT (frame);
  GenPicture *copy = &self->copy;

  if (copy->width != width || copy->height != height) {
    gen_picture_clear (copy);
    gen_picture_init (copy, width, height, 3);
  }
  for (guint c = 0; c < 3; c++) {
    const int step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, c);

    for (int y = 0; y < height; y++) {
      const guint8 *from = (const guint8 *)GST_VIDEO_FRAME_COMP_DATA (frame, c) +
                           (gssize)y * GST_VIDEO_FRAME_COMP_STRIDE (frame, c);
      guint8 *to = copy->data + (gssize)y * copy->stride + c;

      for (int x = 0; x < width; x++)
        to[3 * x] = from[(gssize)x * step];
    }
  }
}

static GenSample
read_frame (GstOverlayMeter *self, GstVideoFrame *frame)
{
  const GstVideoFormatInfo *info = frame->info.finfo;
  GenPicture picture = { .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .channels = 1,
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) };

  if (GST_VIDEO_FORMAT_INFO_FORMAT (info) == GST_VIDEO_FORMAT_RGB) {
    picture.channels = 3;
  } else if (GST_VIDEO_FORMAT_INFO_IS_RGB (info)) {
    copy_channels (self, frame);
    picture = self->copy;
  }
  return gen_sample_of_picture (&picture);
}

gboolean
gst_overlay_meter_measure (
    GstOverlayMeter *self, GstVideoFrame *frame, GenPanel *panel, GError **error)
{
  const GenSample sample = read_frame (self, frame);
  const GenFormat format = gen_sample_format (&sample);
  const GenField *fields;
  guint n;

  if (self->format.medium != NULL && !gen_format_equal (&format, &self->format) &&
      !open_meter (self, error))
    return FALSE;
  self->format = format;
  if (!gen_meter_measure (self->meter, &sample, self->values, error))
    return FALSE;
  fields = gen_meter_fields (self->meter, &n);
  for (guint i = 0; i < n; i++)
    if (fields[i].type == GEN_FIELD_NUMBER && !isnan (self->values[i]))
      gen_panel_put (panel, fields[i].name, self->values[i]);
  return TRUE;
}
