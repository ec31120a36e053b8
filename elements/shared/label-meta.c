/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The label meta has no tags: whatever an element does to the picture, it stays what it shows. */
#include "label-meta.h"

void
gst_generative_label_register (void)
{
  static const gchar *tags[] = { NULL };
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    gst_meta_register_custom (GST_GENERATIVE_LABEL, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

void
gst_generative_label_add (GstBuffer *buffer, int label, const char *name, guint index, guint64 item)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_LABEL);
  GstStructure *structure = gst_custom_meta_get_structure (meta);

  gst_structure_set (structure, "label", G_TYPE_INT, label, "index", G_TYPE_UINT, index, "item",
      G_TYPE_UINT64, item, NULL);
  if (name != NULL)
    gst_structure_set (structure, "name", G_TYPE_STRING, name, NULL);
}

guint64
gst_generative_label_find_item (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);
  guint64 item = GST_GENERATIVE_NO_ITEM;

  if (meta != NULL)
    gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "item", &item);
  return item;
}

int
gst_generative_label_find (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_LABEL);
  int label = -1;

  if (meta != NULL)
    gst_structure_get_int (gst_custom_meta_get_structure (meta), "label", &label);
  return label;
}

/* --- how many there are --- */

#define CLASSES_QUERY "generative-classes"

int
gst_generative_query_classes (GstPad *pad)
{
  g_autoptr (GstQuery) query =
      gst_query_new_custom (GST_QUERY_CUSTOM, gst_structure_new_empty (CLASSES_QUERY));
  int classes = 0;

  if (gst_pad_peer_query (pad, query))
    gst_structure_get_int (gst_query_get_structure (query), "classes", &classes);
  return classes;
}

gboolean
gst_generative_answer_classes (GstQuery *query, int classes)
{
  const GstStructure *structure = gst_query_get_structure (query);

  if (GST_QUERY_TYPE (query) != GST_QUERY_CUSTOM || structure == NULL ||
      !gst_structure_has_name (structure, CLASSES_QUERY))
    return FALSE;
  gst_structure_set (gst_query_writable_structure (query), "classes", G_TYPE_INT, classes, NULL);
  return TRUE;
}
