/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video frames as plans see them: an order of bytes, a stride, a distance between planes. */
#include "frames.h"

#include "host-allocator.h"

#include <string.h>

static const char *const grey_input[] = { "GRAY8", NULL };
static const char *const grey_output[] = { "GRAY8", "RGB", "BGR", "RGBx", "BGRx", "RGBA", "BGRA",
  "RGBP", "BGRP", "GBR", "NV12", "I420", NULL };
static const char *const colour[] = { "RGB", "BGR", "RGBx", "BGRx", "RGBA", "BGRA", "RGBP", "BGRP",
  "GBR", "NV12", "I420", NULL };
static const char *const alpha[] = { "RGBA", "BGRA", NULL };

static gboolean
is_subsampled (const char *format)
{
  const GstVideoFormatInfo *info =
      gst_video_format_get_info (gst_video_format_from_string (format));

  return info != NULL && GST_VIDEO_FORMAT_INFO_IS_YUV (info);
}

/* Of `formats`, those that `structure` says already, if it does; FALSE where there are none. */
static gboolean
keep_said_formats (const GstStructure *structure, GValue *formats)
{
  const GValue *said = gst_structure_get_value (structure, "format");
  GValue kept = G_VALUE_INIT;

  if (said == NULL)
    return TRUE;
  if (!gst_value_intersect (&kept, formats, said))
    return FALSE;
  g_value_unset (formats);
  *formats = kept;
  return TRUE;
}

gboolean
gst_generative_formats_set (GstStructure *structure, int channels, gboolean is_input,
    gboolean on_device, gboolean subsampled)
{
  const char *const *formats = channels == 3   ? colour
                               : channels == 4 ? alpha
                               : is_input      ? grey_input
                                               : grey_output;
  GValue list = G_VALUE_INIT;
  gboolean some;

  g_value_init (&list, GST_TYPE_LIST);
  for (int i = 0; formats[i] != NULL; i++) {
    GValue value = G_VALUE_INIT;

    if ((on_device && g_str_equal (formats[i], "GRAY8")) ||
        (!subsampled && is_subsampled (formats[i])))
      continue;
    g_value_init (&value, G_TYPE_STRING);
    g_value_set_static_string (&value, formats[i]);
    gst_value_list_append_and_take_value (&list, &value);
  }
  some = gst_value_list_get_size (&list) > 0 && keep_said_formats (structure, &list);
  gst_structure_take_value (structure, "format", &list);
  return some;
}

/* Of `formats`, one or a list, those whose pixels have chroma of their own; FALSE where there is
 * none. */
static gboolean
keep_whole_formats (const GValue *formats, GValue *kept)
{
  if (!GST_VALUE_HOLDS_LIST (formats)) {
    g_value_init (kept, G_VALUE_TYPE (formats));
    g_value_copy (formats, kept);
    return !is_subsampled (g_value_get_string (formats));
  }
  g_value_init (kept, GST_TYPE_LIST);
  for (guint i = 0; i < gst_value_list_get_size (formats); i++) {
    const GValue *format = gst_value_list_get_value (formats, i);

    if (!is_subsampled (g_value_get_string (format)))
      gst_value_list_append_value (kept, format);
  }
  return gst_value_list_get_size (kept) > 0;
}

GstCaps *
gst_generative_prefer_whole_chroma (GstCaps *caps)
{
  g_autoptr (GstCaps) chosen = gst_caps_new_empty ();

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *from = gst_caps_get_structure (caps, i);
    const GValue *formats = gst_structure_get_value (from, "format");
    GValue kept = G_VALUE_INIT;

    if (!gst_structure_has_name (from, "video/x-raw"))
      continue;
    if (formats != NULL && keep_whole_formats (formats, &kept)) {
      GstStructure *structure = gst_structure_copy (from);

      gst_structure_set_value (structure, "format", &kept);
      gst_caps_append_structure_full (
          chosen, structure, gst_caps_features_copy (gst_caps_get_features (caps, i)));
    }
    if (formats != NULL)
      g_value_unset (&kept);
  }
  if (gst_caps_is_empty (chosen))
    return caps;
  gst_caps_unref (caps);
  return g_steal_pointer (&chosen);
}

/* What frames in Y'CbCr say of their colours. */
static void
describe_colour (const GstVideoInfo *info, GenFrameLayout *layout)
{
  GstVideoChromaSite site = GST_VIDEO_INFO_CHROMA_SITE (info);
  gdouble red = 0.299, blue = 0.114;

  gst_video_color_matrix_get_Kr_Kb (info->colorimetry.matrix, &red, &blue);
  layout->luma[0] = (float)red;
  layout->luma[1] = (float)blue;
  layout->full_range = info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  layout->sited_x = (site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0;
  layout->sited_y = (site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0;
}

gboolean
gst_generative_layout (
    const GstVideoInfo *info, int channels, int columns, gboolean is_input, GenFrameLayout *layout)
{
  const GstVideoFormatInfo *format = info->finfo;
  int planes = (int)GST_VIDEO_FORMAT_INFO_N_PLANES (format);
  int components = (int)GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format);

  memset (layout, 0, sizeof *layout);
  layout->columns = columns;
  layout->bytes = GST_VIDEO_FORMAT_INFO_PSTRIDE (format, 0);
  layout->stride = (gsize)ABS (info->stride[0]);
  layout->upward = info->stride[0] < 0;
  layout->ycbcr = GST_VIDEO_FORMAT_INFO_IS_YUV (format);
  layout->planar = planes > (layout->ycbcr ? 2 : 1);
  layout->studio_range = !layout->ycbcr && info->colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235;
  if (layout->ycbcr) {
    describe_colour (info, layout);
    layout->chroma_stride = (gsize)ABS (info->stride[1]);
    return info->stride[0] != 0 && info->stride[1] != 0 &&
           layout->upward == (info->stride[1] < 0) && info->stride[planes - 1] == info->stride[1];
  }
  layout->n_order = is_input ? channels : layout->planar ? planes : layout->bytes;
  for (int i = 0; i < layout->n_order; i++)
    layout->order[i] = -1;
  for (int c = 0; c < components; c++) {
    int place = layout->planar ? (int)GST_VIDEO_FORMAT_INFO_PLANE (format, c)
                               : (int)GST_VIDEO_FORMAT_INFO_POFFSET (format, c);

    if (is_input && c < channels)
      layout->order[c] = place;
    else if (!is_input && (c < channels || (channels == 1 && c < 3)))
      layout->order[place] = MIN (c, channels - 1);
  }
  for (int p = 1; p < planes; p++)
    if (info->stride[p] != info->stride[0])
      return FALSE;
  return info->stride[0] != 0;
}

gboolean
gst_generative_layout_of_frame (const GstVideoFrame *frame, int channels, int columns,
    gboolean is_input, GenFrameLayout *layout)
{
  return gst_generative_layout (&frame->info, channels, columns, is_input, layout);
}

/* Which bytes of a buffer plane `p` of a frame of `info` is, that begins at `offset`. */
static void
span_of_plane (
    const GstVideoInfo *info, guint p, gsize offset, int stride, gint64 *first, gint64 *end)
{
  int components[GST_VIDEO_MAX_COMPONENTS];
  gint64 last;

  gst_video_format_info_component (info->finfo, p, components);
  last = (gint64)stride *
         (GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (info->finfo, components[0], info->height) - 1);
  *first = (gint64)offset + MIN (last, 0);
  *end = (gint64)offset + MAX (last, 0) +
         (gint64)GST_VIDEO_FORMAT_INFO_SCALE_WIDTH (info->finfo, components[0], info->width) *
             GST_VIDEO_FORMAT_INFO_PSTRIDE (info->finfo, components[0]);
}

gboolean
gst_generative_fail_size (GstBuffer *buffer, gsize wanted, GError **error)
{
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "A buffer has %" G_GSIZE_FORMAT " bytes, but its caps say %" G_GSIZE_FORMAT,
      gst_buffer_get_size (buffer), wanted);
  return FALSE;
}

/* As a meta says that it lies. */
static gboolean
check_laid_out (
    const GstVideoInfo *info, const GstVideoMeta *meta, GstBuffer *buffer, GError **error)
{
  const gsize size = gst_buffer_get_size (buffer);
  gint64 wanted = 0;

  if (meta->format != GST_VIDEO_INFO_FORMAT (info) || (int)meta->width < info->width ||
      (int)meta->height < info->height) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "The video meta of a buffer says %u x %u pixels of %s, but its caps say %d x %d of %s",
        meta->width, meta->height, gst_video_format_to_string (meta->format), info->width,
        info->height, GST_VIDEO_INFO_NAME (info));
    return FALSE;
  }
  for (guint p = 0; p < meta->n_planes; p++) {
    gint64 first, end;

    span_of_plane (info, p, meta->offset[p], meta->stride[p], &first, &end);
    if (first < 0) {
      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
          "Rows of a buffer lie %d bytes apart from byte %" G_GSIZE_FORMAT
          " on, by its video meta, and %" G_GINT64_FORMAT " bytes before it",
          meta->stride[p], meta->offset[p], -first);
      return FALSE;
    }
    wanted = MAX (wanted, end);
  }
  return (gint64)size >= wanted || gst_generative_fail_size (buffer, (gsize)wanted, error);
}

gboolean
gst_generative_check_frame (const GstVideoInfo *info, GstBuffer *buffer, GError **error)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);

  if (meta != NULL)
    return check_laid_out (info, meta, buffer, error);
  return gst_buffer_get_size (buffer) >= GST_VIDEO_INFO_SIZE (info) ||
         gst_generative_fail_size (buffer, GST_VIDEO_INFO_SIZE (info), error);
}

guint8 *
gst_generative_frame_plane (
    const GstVideoFrame *frame, const GenFrameLayout *layout, int plane, int x, int y, int rows)
{
  return (guint8 *)frame->data[plane] + gen_frame_layout_offset (layout, plane, x, y, rows);
}

/* Whether the pool is none, or has no memory of its own kind: that stays as it is. */
static gboolean
is_plain (GstBufferPool *pool)
{
  return pool == NULL || G_OBJECT_TYPE (pool) == GST_TYPE_VIDEO_BUFFER_POOL;
}

gboolean
gst_generative_decide_pool (
    GstBaseTransform *base, GstQuery *query, const GstVideoInfo *info, const GenDevice *device)
{
  g_autoptr (GstBufferPool) pool = NULL;
  g_autoptr (GstAllocator) allocator = NULL;
  GstAllocationParams params;
  GstStructure *config;
  GstCaps *caps;
  guint size = 0, min = 0, max = 0;
  gboolean offered = gst_query_get_n_allocation_pools (query) > 0;

  gst_query_parse_allocation (query, &caps, NULL);
  gst_allocation_params_init (&params);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
  if (offered)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (allocator == NULL && device != &gen_device_cpu && is_plain (pool))
    allocator = gst_generative_host_allocator_new (device);
  params.align = MAX (params.align, 63);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_set_nth_allocation_param (query, 0, allocator, &params);
  else
    gst_query_add_allocation_param (query, allocator, &params);

  if (pool == NULL)
    pool = gst_video_buffer_pool_new ();
  size = MAX (size, (guint)GST_VIDEO_INFO_SIZE (info));
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  gst_buffer_pool_config_set_allocator (config, allocator, &params);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL) &&
      gst_buffer_pool_has_option (pool, GST_BUFFER_POOL_OPTION_VIDEO_META))
    gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config (pool, config)) {
    config = gst_buffer_pool_get_config (pool);
    if (!gst_buffer_pool_config_validate_params (config, caps, size, min, max) ||
        !gst_buffer_pool_set_config (pool, config))
      return FALSE;
  }
  if (offered)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  return TRUE;
}

void
gst_generative_propose_allocator (GstQuery *query, const GenDevice *device)
{
  g_autoptr (GstAllocator) allocator = NULL;
  GstAllocationParams params;

  if (device == &gen_device_cpu || gst_query_get_n_allocation_params (query) > 0 ||
      gst_query_get_n_allocation_pools (query) > 0)
    return;
  allocator = gst_generative_host_allocator_new (device);
  gst_allocation_params_init (&params);
  gst_query_add_allocation_param (query, allocator, &params);
}
