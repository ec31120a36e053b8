/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Video frames as plans see them: an order of bytes, a stride, a distance between planes. */
#include "frames.h"

#include "hostallocator.h"

#include <string.h>

static const char *const grey_input[] = { "GRAY8", NULL };
static const char *const grey_output[] = { "GRAY8", "RGB", "BGR", "RGBx", "BGRx", "RGBA", "BGRA",
  "RGBP", "BGRP", "GBR", NULL };
static const char *const colour[] = { "RGB", "BGR", "RGBx", "BGRx", "RGBA", "BGRA", "RGBP", "BGRP",
  "GBR", NULL };
static const char *const alpha[] = { "RGBA", "BGRA", NULL };

gboolean
gst_generative_formats_set (
    GstStructure *structure, int channels, gboolean is_input, gboolean on_device)
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

    if (on_device && g_str_equal (formats[i], "GRAY8"))
      continue;
    g_value_init (&value, G_TYPE_STRING);
    g_value_set_static_string (&value, formats[i]);
    gst_value_list_append_and_take_value (&list, &value);
  }
  some = gst_value_list_get_size (&list) > 0;
  gst_structure_take_value (structure, "format", &list);
  return some;
}

/* `offsets` of the planes from the first one. */
static gboolean
make_layout (const GstVideoFormatInfo *format, const int *strides, const gssize *offsets,
    int channels, int columns, gboolean is_input, GenFrameLayout *layout)
{
  int planes = (int)GST_VIDEO_FORMAT_INFO_N_PLANES (format);
  int components = (int)GST_VIDEO_FORMAT_INFO_N_COMPONENTS (format);

  memset (layout, 0, sizeof *layout);
  layout->columns = columns;
  layout->planar = planes > 1;
  layout->bytes = GST_VIDEO_FORMAT_INFO_PSTRIDE (format, 0);
  layout->stride = (gsize)strides[0];
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
  if (!layout->planar)
    return strides[0] > 0;
  if (offsets[1] <= 0)
    return FALSE;
  layout->plane_size = (gsize)offsets[1];
  for (int p = 1; p < planes; p++)
    if (strides[p] != strides[0] || offsets[p] != p * offsets[1])
      return FALSE;
  return strides[0] > 0;
}

gboolean
gst_generative_layout (
    const GstVideoInfo *info, int channels, int columns, gboolean is_input, GenFrameLayout *layout)
{
  gssize offsets[GST_VIDEO_MAX_PLANES];

  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++)
    offsets[p] =
        (gssize)(GST_VIDEO_INFO_PLANE_OFFSET (info, p) - GST_VIDEO_INFO_PLANE_OFFSET (info, 0));
  return make_layout (info->finfo, info->stride, offsets, channels, columns, is_input, layout);
}

gboolean
gst_generative_layout_of_frame (const GstVideoFrame *frame, int channels, int columns,
    gboolean is_input, GenFrameLayout *layout)
{
  gssize offsets[GST_VIDEO_MAX_PLANES];

  for (guint p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++)
    offsets[p] = (const guint8 *)frame->data[p] - (const guint8 *)frame->data[0];
  return make_layout (
      frame->info.finfo, frame->info.stride, offsets, channels, columns, is_input, layout);
}

gboolean
gst_generative_layout_equal (const GenFrameLayout *a, const GenFrameLayout *b)
{
  return a->columns == b->columns && a->bytes == b->bytes && a->planar == b->planar &&
         a->stride == b->stride && a->plane_size == b->plane_size && a->n_order == b->n_order &&
         memcmp (a->order, b->order, sizeof a->order) == 0;
}

gboolean
gst_generative_decide_pool (GstBaseTransform *base, GstQuery *query, const GstVideoInfo *info,
    const GenDevice *device, gboolean own)
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
  if (gst_query_get_n_allocation_params (query) > 0 && !own)
    gst_query_parse_nth_allocation_param (query, 0, &allocator, &params);
  if (allocator == NULL && device != &gen_device_cpu)
    allocator = gst_generative_host_allocator_new (device);
  params.align = MAX (params.align, 63);
  if (gst_query_get_n_allocation_params (query) > 0)
    gst_query_set_nth_allocation_param (query, 0, allocator, &params);
  else
    gst_query_add_allocation_param (query, allocator, &params);

  if (offered)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  if (own)
    g_clear_object (&pool);
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

  if (device == &gen_device_cpu)
    return;
  allocator = gst_generative_host_allocator_new (device);
  gst_allocation_params_init (&params);
  gst_query_add_allocation_param (query, allocator, &params);
}
