/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "augment-frame.h"

/* Of a pixel's bytes, as the library has them. */
static GenAugmentOrder
order_of (const GstVideoFrame *frame)
{
  const gboolean alpha_first =
      MIN (GST_VIDEO_FRAME_COMP_POFFSET (frame, 0), GST_VIDEO_FRAME_COMP_POFFSET (frame, 2)) == 1;
  const gboolean red_first =
      GST_VIDEO_FRAME_COMP_POFFSET (frame, 0) < GST_VIDEO_FRAME_COMP_POFFSET (frame, 2);

  if (alpha_first)
    return red_first ? GEN_AUGMENT_ARGB : GEN_AUGMENT_ABGR;
  return red_first ? GEN_AUGMENT_RGB : GEN_AUGMENT_BGR;
}

/* The plane of a component, which begins with its first sample. */
static GenPicture
plane_of (const GstVideoFrame *frame, guint component, int channels)
{
  return (GenPicture){
    .data = GST_VIDEO_FRAME_COMP_DATA (frame, component),
    .width = GST_VIDEO_FRAME_COMP_WIDTH (frame, component),
    .height = GST_VIDEO_FRAME_COMP_HEIGHT (frame, component),
    .channels = channels,
    .stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, component),
  };
}

static void
add_chroma (GenAugmentFrame *augmented, const GstVideoFrame *frame)
{
  const GstVideoInfo *info = &frame->info;
  /* NV21 has V first: to what moves samples they are alike, and to what mixes colours not. */
  const gboolean in_pairs = GST_VIDEO_FRAME_N_PLANES (frame) == 2;

  augmented->n_planes = in_pairs ? 2 : 3;
  augmented->planes[1] = plane_of (frame, 1, in_pairs ? 2 : 1);
  if (!in_pairs)
    augmented->planes[2] = plane_of (frame, 2, 1);
  augmented->v_first = in_pairs && GST_VIDEO_FRAME_COMP_POFFSET (frame, 2) == 0;
  if (augmented->v_first)
    augmented->planes[1].data = GST_VIDEO_FRAME_COMP_DATA (frame, 2);
  augmented->across = 1 << GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, 1);
  augmented->down = 1 << GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1);
  if (!gst_video_color_matrix_get_Kr_Kb (
          info->colorimetry.matrix, &augmented->red, &augmented->blue)) {
    augmented->red = 0.299;
    augmented->blue = 0.114;
  }
  augmented->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  augmented->cosited_across = (info->chroma_site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0;
  augmented->cosited_down = (info->chroma_site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0;
}

void
gst_generative_augment_frame_init (GenAugmentFrame *augmented, const GstVideoFrame *frame)
{
  *augmented = (GenAugmentFrame){
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .n_planes = 1,
  };
  if (GST_VIDEO_INFO_IS_YUV (&frame->info)) {
    augmented->planes[0] = plane_of (frame, 0, 1);
    add_chroma (augmented, frame);
    return;
  }
  augmented->planes[0] = plane_of (frame, 0, GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0));
  augmented->planes[0].data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  if (augmented->planes[0].channels >= 3)
    augmented->order = order_of (frame);
}
