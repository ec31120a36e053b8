/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as they are looked at and changed. Changed they are where they lie, plane by plane, in any
 * format whose samples are bytes. Models are shown RGB or grey: other frames are converted for
 * them, as videoconvert would. */
#include "contentgate.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (content_gate_debug);
#define GST_CAT_DEFAULT content_gate_debug

/* --- looking --- */

static gboolean
is_shown_as_it_is (const GstVideoInfo *info)
{
  return GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_RGB ||
         GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_GRAY8;
}

static GstVideoInfo
shown_info (const GstVideoInfo *info)
{
  GstVideoInfo shown;

  if (is_shown_as_it_is (info))
    return *info;
  gst_video_info_set_format (&shown, GST_VIDEO_FORMAT_RGB, (guint)info->width, (guint)info->height);
  shown.fps_n = info->fps_n;
  shown.fps_d = info->fps_d;
  return shown;
}

static GenPicture
picture_in (const GstVideoFrame *video)
{
  return (GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (video, 0),
    .width = GST_VIDEO_FRAME_WIDTH (video),
    .height = GST_VIDEO_FRAME_HEIGHT (video),
    .channels = GST_VIDEO_FRAME_N_COMPONENTS (video),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (video, 0) };
}

GenPicture
gst_content_gate_look (GstContentGate *self, const GstVideoFrame *video)
{
  if (self->converter == NULL)
    return picture_in (video);
  gst_video_converter_frame (self->converter, video, &self->shown);
  return picture_in (&self->shown);
}

/* --- preparing --- */

/* A frame of memory of its own. */
static void
frame_init (GstVideoFrame *frame, const GstVideoInfo *info)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);

  gst_video_frame_map (frame, info, buffer, GST_MAP_READWRITE);
}

static void
frame_clear (GstVideoFrame *frame)
{
  if (frame->buffer != NULL)
    gst_video_frame_unmap (frame);
  *frame = (GstVideoFrame){ 0 };
}

void
gst_content_gate_forget_pictures (GstContentGate *self)
{
  g_clear_pointer (&self->converter, gst_video_converter_free);
  frame_clear (&self->shown);
  frame_clear (&self->fitted);
}

static gboolean
fail_conversion (const GstVideoInfo *from, const GstVideoInfo *to, GError **error)
{
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "frames in %s cannot be converted to %s: put videoconvert in front",
      GST_VIDEO_INFO_NAME (from), GST_VIDEO_INFO_NAME (to));
  return FALSE;
}

/* The slate is as frames are, which are black around it. */
static gboolean
fit_slate (GstContentGate *self, const GstVideoInfo *info, GError **error)
{
  const GstVideoInfo shown = shown_info (info);
  GstVideoConverter *converter = gst_video_converter_new (&shown, info, NULL);
  GstVideoFrame frame;
  GenPicture picture;
  gboolean fits;

  if (converter == NULL)
    return fail_conversion (&shown, info, error);
  frame_init (&frame, &shown);
  frame_init (&self->fitted, info);
  picture = picture_in (&frame);
  fits = gen_picture_fit (&self->slate, &picture, GEN_FIT_PAD, error);
  if (fits)
    gst_video_converter_frame (converter, &frame, &self->fitted);
  frame_clear (&frame);
  gst_video_converter_free (converter);
  return fits;
}

gboolean
gst_content_gate_fit_pictures (GstContentGate *self, const GstVideoInfo *info, GError **error)
{
  gst_content_gate_forget_pictures (self);
  if (!is_shown_as_it_is (info)) {
    const GstVideoInfo shown = shown_info (info);

    self->converter = gst_video_converter_new (info, &shown, NULL);
    if (self->converter == NULL)
      return fail_conversion (info, &shown, error);
    frame_init (&self->shown, &shown);
  }
  return self->slate.data == NULL || fit_slate (self, info, error);
}

/* --- colours --- */

/* What the components of a frame are where it has the colour 0xRRGGBB; grey is luma by BT.601. */
static void
colour_components (const GstVideoInfo *info, guint32 colour, guint8 components[4])
{
  const double red = (colour >> 16 & 0xff) / 255.0, green = (colour >> 8 & 0xff) / 255.0,
               blue = (colour & 0xff) / 255.0;
  double values[4] = { red, green, blue, 1 }, from_red = 0.299, from_blue = 0.114;
  int offset[4], scale[4];

  if (!GST_VIDEO_INFO_IS_RGB (info)) {
    gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &from_red, &from_blue);
    values[0] = from_red * red + (1 - from_red - from_blue) * green + from_blue * blue;
    values[1] = (blue - values[0]) / (2 * (1 - from_blue));
    values[2] = (red - values[0]) / (2 * (1 - from_red));
  }
  gst_video_color_range_offsets (info->colorimetry.range, info->finfo, offset, scale);
  for (int i = 0; i < 4; i++)
    components[i] = (guint8)CLAMP (floor (offset[i] + scale[i] * values[i] + 0.5), 0, 255);
}

/* --- changing --- */

static GenPicturePlane
plane_of (const GstVideoFrame *video, guint p, const guint8 colours[4])
{
  const GstVideoFormatInfo *format = video->info.finfo;
  int components[GST_VIDEO_MAX_COMPONENTS];
  GenPicturePlane plane = { 0 };
  guint first;

  gst_video_format_info_component (format, p, components);
  first = (guint)components[0];
  plane.samples = (GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (video, p),
    .width = GST_VIDEO_FRAME_COMP_WIDTH (video, first),
    .height = GST_VIDEO_FRAME_COMP_HEIGHT (video, first),
    .channels = GST_VIDEO_FRAME_COMP_PSTRIDE (video, first),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (video, p) };
  plane.shift_x = (int)GST_VIDEO_FORMAT_INFO_W_SUB (format, first);
  plane.shift_y = (int)GST_VIDEO_FORMAT_INFO_H_SUB (format, first);
  for (int i = 0; i < GST_VIDEO_MAX_COMPONENTS && components[i] >= 0; i++)
    plane.fill[GST_VIDEO_FORMAT_INFO_POFFSET (format, components[i])] = colours[components[i]];
  return plane;
}

/* The box of a detection and a margin, in pixels. */
static GenRegion
region_of (const GenDetection *box, double margin, int width, int height)
{
  const double left = CLAMP (box->x - margin * box->width, -1, 2);
  const double top = CLAMP (box->y - margin * box->height, -1, 2);
  const double right = CLAMP (box->x + (1 + margin) * box->width, -1, 2);
  const double bottom = CLAMP (box->y + (1 + margin) * box->height, -1, 2);
  GenRegion region = { (int)floor (left * width), (int)floor (top * height) };

  region.width = (int)ceil (right * width) - region.x;
  region.height = (int)ceil (bottom * height) - region.y;
  return region;
}

/* Where the boxes are, or everywhere where there are none or it is `whole`. */
static void
obscure (GstContentGate *self, GstVideoFrame *video, const GenObscuring *obscuring, gboolean whole)
{
  const int width = GST_VIDEO_FRAME_WIDTH (video), height = GST_VIDEO_FRAME_HEIGHT (video);
  const guint n = GST_VIDEO_FRAME_N_PLANES (video);
  GenPicturePlane planes[GST_VIDEO_MAX_PLANES];
  guint8 colours[4];

  colour_components (&video->info, obscuring->colour, colours);
  for (guint i = 0; i < n; i++)
    planes[i] = plane_of (video, i, colours);
  if (whole || self->detections->len == 0 || self->verdict.failed) {
    gen_planes_obscure (planes, n, &(GenRegion){ 0, 0, width, height }, obscuring, self->scratch);
    return;
  }
  for (guint i = 0; i < self->detections->len; i++) {
    const GenRegion region = region_of (
        &g_array_index (self->detections, GenDetection, i), self->now.margin, width, height);

    gen_planes_obscure (planes, n, &region, obscuring, self->scratch);
  }
}

gboolean
gst_content_gate_change_picture (GstContentGate *self, GstBuffer **buffer, gboolean slated)
{
  const GstScoreFormat *format = gst_score_filter_get_format (GST_SCORE_FILTER (self));
  const GstContentGateSettings *now = &self->now;
  GenObscuring obscuring = { .strength = now->strength, .colour = now->colour };
  GstVideoFrame video;

  *buffer = gst_buffer_make_writable (*buffer);
  if (!gst_video_frame_map (&video, &format->video, *buffer, GST_MAP_READWRITE))
    return gst_content_gate_fail_map (self);
  obscuring.how = slated                                     ? GEN_OBSCURE_FILL
                  : now->action == GST_CONTENT_GATE_BLUR     ? GEN_OBSCURE_BLUR
                  : now->action == GST_CONTENT_GATE_PIXELATE ? GEN_OBSCURE_PIXELATE
                                                             : GEN_OBSCURE_FILL;
  if (obscuring.how == GEN_OBSCURE_FILL && self->fitted.buffer != NULL)
    gst_video_frame_copy (&video, &self->fitted);
  else
    obscure (self, &video, &obscuring, slated);
  gst_video_frame_unmap (&video);
  return TRUE;
}
