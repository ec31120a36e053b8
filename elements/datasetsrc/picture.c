/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc with pictures: frame N stands at the time N / framerate. */
#include "datasetsrc.h"

#include "../shared/debug.h"

#define FALLBACK_RATE 30

/* The format, of those in `caps`, that holds pictures of so many channels best. */
static const char *
best_format (GstCaps *caps, int channels)
{
  static const char *const formats[][3] = {
    [1] = { "GRAY8", "RGB", "RGBA" },
    [3] = { "RGB", "RGBA", "GRAY8" },
    [4] = { "RGBA", "RGB", "GRAY8" },
  };
  gsize best = 0;

  for (gsize i = G_N_ELEMENTS (formats[0]); i > 0; i--) {
    g_autoptr (GstCaps) wanted = gst_caps_new_simple (
        "video/x-raw", "format", G_TYPE_STRING, formats[channels][i - 1], NULL);

    if (gst_caps_can_intersect (caps, wanted))
      best = i - 1;
  }
  return formats[channels][best];
}

static void
picture_fixate (GstDatasetSrc *self, GstCaps *caps)
{
  GstStructure *structure = gst_caps_get_structure (caps, 0);
  const GenFormat *format = gen_dataset_get_format (self->dataset);

  gst_structure_fixate_field_string (structure, "format", best_format (caps, format->channels));
  gst_structure_fixate_field_nearest_int (structure, "width", format->width);
  gst_structure_fixate_field_nearest_int (structure, "height", format->height);
  gst_structure_fixate_field_nearest_fraction (structure, "framerate", FALLBACK_RATE, 1);
}

static gboolean
picture_accept (GstDatasetSrc *self, const GstCaps *caps, GenFormat *format, GError **error)
{
  if (!gst_video_info_from_caps (&self->video, caps)) {
    g_set_error_literal (
        error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "The next element's caps are no video");
    return FALSE;
  }
  self->rate_numerator = GST_VIDEO_INFO_FPS_N (&self->video);
  self->rate_denominator = GST_VIDEO_INFO_FPS_D (&self->video);
  gst_base_src_set_blocksize (GST_BASE_SRC (self), (guint)GST_VIDEO_INFO_SIZE (&self->video));
  *format = (GenFormat){ .medium = &gen_medium_picture,
    .width = GST_VIDEO_INFO_WIDTH (&self->video),
    .height = GST_VIDEO_INFO_HEIGHT (&self->video),
    .channels = GST_VIDEO_INFO_COMP_PSTRIDE (&self->video, 0) };
  return TRUE;
}

/* A pool of our own where the next element offers none. */
static void
picture_decide_allocation (GstDatasetSrc *self, GstQuery *query)
{
  g_autoptr (GstBufferPool) pool = NULL;
  gboolean offered = gst_query_get_n_allocation_pools (query) > 0;
  guint size = 0, min = 0, max = 0;
  GstStructure *config;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (offered)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (pool == NULL)
    pool = gst_video_buffer_pool_new ();
  size = MAX (size, (guint)GST_VIDEO_INFO_SIZE (&self->video));
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_set_config (pool, config);
  if (offered)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
}

static guint64
picture_place (GstDatasetSrc *self, guint64 frame)
{
  return frame;
}

static gsize
picture_count_bytes (GstDatasetSrc *self)
{
  return 0;
}

/* The loader writes into the next element's own buffer. */
static GstFlowReturn
picture_fill (GstDatasetSrc *self, GstBuffer *buffer, guint64 *frame, guint32 *item)
{
  GstVideoFrame video;
  GenSample target;
  GstFlowReturn flow;

  if (!gst_video_frame_map (&video, &self->video, buffer, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
    return GST_FLOW_ERROR;
  }
  target = (GenSample){ .medium = &gen_medium_picture,
    .picture = {
        .data = GST_VIDEO_FRAME_PLANE_DATA (&video, 0),
        .width = GST_VIDEO_FRAME_WIDTH (&video),
        .height = GST_VIDEO_FRAME_HEIGHT (&video),
        .channels = GST_VIDEO_FRAME_COMP_PSTRIDE (&video, 0),
        .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&video, 0),
    } };
  flow = gst_dataset_src_load (self, &target, frame, item);
  gst_video_frame_unmap (&video);
  return flow;
}

const GstDatasetKind gst_dataset_picture = {
  .medium = &gen_medium_picture,
  .caps_name = "video/x-raw",
  .fixate = picture_fixate,
  .accept = picture_accept,
  .decide_allocation = picture_decide_allocation,
  .place = picture_place,
  .frame_at = picture_place,
  .count_bytes = picture_count_bytes,
  .fill = picture_fill,
};
