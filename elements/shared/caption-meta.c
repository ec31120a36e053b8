/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As the label, a caption has no tags: it stays true whatever an element does to the picture. */
#include "caption-meta.h"

void
gst_generative_caption_register (void)
{
  static const gchar *tags[] = { NULL };
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    gst_meta_register_custom (GST_GENERATIVE_CAPTION, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

void
gst_generative_caption_add (GstBuffer *buffer, const char *text)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_CAPTION);

  gst_structure_set (gst_custom_meta_get_structure (meta), "text", G_TYPE_STRING, text, NULL);
}

const char *
gst_generative_caption_find (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_CAPTION);

  return meta == NULL ? NULL
                      : gst_structure_get_string (gst_custom_meta_get_structure (meta), "text");
}
