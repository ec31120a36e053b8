/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What datasetsrc agrees on with the next element: its size and format, or those of the first
 * picture. The loader is made anew for them. */
#include "datasetsrc.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

#define FALLBACK_RATE 30

/* The format, of those in `caps`, that holds pictures of so many channels best. */
static const char *
gst_dataset_src_best_format (GstCaps *caps, int channels)
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

GstCaps *
gst_dataset_src_fixate (GstBaseSrc *base, GstCaps *caps)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  GstStructure *structure;
  const GenFormat *format = gen_dataset_get_format (self->dataset);

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_string (
      structure, "format", gst_dataset_src_best_format (caps, format->channels));
  gst_structure_fixate_field_nearest_int (structure, "width", format->width);
  gst_structure_fixate_field_nearest_int (structure, "height", format->height);
  gst_structure_fixate_field_nearest_fraction (structure, "framerate", FALLBACK_RATE, 1);
  return gst_dataset_src_get_parent_class ()->fixate (base, caps);
}

gboolean
gst_dataset_src_set_caps (GstBaseSrc *base, GstCaps *caps)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
  GenLoaderSettings settings;
  GenLoader *loader;

  if (!gst_video_info_from_caps (&self->info, caps)) {
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION, ("The next element's caps are no video"),
        ("caps %" GST_PTR_FORMAT, (void *)caps));
    return FALSE;
  }
  self->negotiated = TRUE;
  gst_base_src_set_blocksize (base, (guint)GST_VIDEO_INFO_SIZE (&self->info));
  settings = (GenLoaderSettings){
    .format = { &gen_medium_picture, GST_VIDEO_INFO_WIDTH (&self->info),
        GST_VIDEO_INFO_HEIGHT (&self->info), GST_VIDEO_INFO_COMP_PSTRIDE (&self->info, 0) },
    .frames = self->frames,
  };
  GST_OBJECT_LOCK (self);
  settings.fitting.fit = self->fit;
  settings.threads = self->threads;
  GST_OBJECT_UNLOCK (self);
  GST_INFO_OBJECT (self,
      "pictures are made %d x %d of %d channels, by %d threads (0: all): %" GST_PTR_FORMAT,
      settings.format.width, settings.format.height, settings.format.channels, settings.threads,
      (void *)caps);

  /* The sequence is one loader's at a time. */
  gst_dataset_src_set_loader (self, NULL);
  loader = gen_loader_new (self->dataset, self->sequence, &settings);
  gst_dataset_src_set_loader (self, loader);
  gst_dataset_src_place_loader (self);
  return TRUE;
}

/* A pool of our own where the next element offers none. */
gboolean
gst_dataset_src_decide_allocation (GstBaseSrc *base, GstQuery *query)
{
  GstDatasetSrc *self = GST_DATASET_SRC (base);
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
  size = MAX (size, (guint)GST_VIDEO_INFO_SIZE (&self->info));
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  if (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL))
    gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_buffer_pool_set_config (pool, config);
  if (offered)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  return gst_dataset_src_get_parent_class ()->decide_allocation (base, query);
}
