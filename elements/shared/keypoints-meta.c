/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keypoints-meta.h"

#include <gst/video/video.h>

static gboolean
are_pairs (const GValue *points)
{
  if (points == NULL || !GST_VALUE_HOLDS_ARRAY (points) ||
      gst_value_array_get_size (points) % 2 != 0)
    return FALSE;
  for (guint i = 0; i < gst_value_array_get_size (points); i++)
    if (!G_VALUE_HOLDS_DOUBLE (gst_value_array_get_value (points, i)))
      return FALSE;
  return TRUE;
}

static void
append_number (GValue *array, double number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_DOUBLE);
  g_value_set_double (&value, number);
  gst_value_array_append_and_take_value (array, &value);
}

void
gst_generative_keypoints_change (
    GstCustomMeta *meta, GstGenerativePointFunc function, gpointer data)
{
  GstStructure *structure = gst_custom_meta_get_structure (meta);
  const GValue *points = gst_structure_get_value (structure, "points");
  GValue changed = G_VALUE_INIT;

  if (!are_pairs (points))
    return;
  g_value_init (&changed, GST_TYPE_ARRAY);
  for (guint i = 0; i < gst_value_array_get_size (points); i += 2) {
    double x = g_value_get_double (gst_value_array_get_value (points, i));
    double y = g_value_get_double (gst_value_array_get_value (points, i + 1));

    function (&x, &y, data);
    append_number (&changed, x);
    append_number (&changed, y);
  }
  gst_structure_take_value (structure, "points", &changed);
}

/* GstGenerativePointFunc */
static void
scale_point (double *x, double *y, gpointer data)
{
  const GstVideoMetaTransform *scale = data;

  *x *= (double)scale->out_info->width / scale->in_info->width;
  *y *= (double)scale->out_info->height / scale->in_info->height;
}

/* GstStructureForeachFunc */
static gboolean
copy_field (GQuark field, const GValue *value, gpointer structure)
{
  gst_structure_id_set_value (structure, field, value);
  return TRUE;
}

/* GstCustomMetaTransformFunction: a copy, of the whole picture or one that is scaled. */
static gboolean
transform (GstBuffer *output, GstCustomMeta *meta, GstBuffer *input, GQuark type, gpointer data,
    gpointer unused)
{
  GstCustomMeta *copy;

  if (GST_META_TRANSFORM_IS_COPY (type)) {
    if (((const GstMetaTransformCopy *)data)->region)
      return FALSE;
  } else if (!GST_VIDEO_META_TRANSFORM_IS_SCALE (type)) {
    return FALSE;
  }
  copy = gst_buffer_add_custom_meta (output, GST_GENERATIVE_KEYPOINTS);
  if (copy == NULL)
    return FALSE;
  gst_structure_foreach (
      gst_custom_meta_get_structure (meta), copy_field, gst_custom_meta_get_structure (copy));
  if (GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    gst_generative_keypoints_change (copy, scale_point, data);
  return TRUE;
}

void
gst_generative_keypoints_register (void)
{
  static const gchar *tags[] = { GST_META_TAG_VIDEO_STR, GST_META_TAG_VIDEO_ORIENTATION_STR,
    GST_META_TAG_VIDEO_SIZE_STR, NULL };
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    gst_meta_register_custom (GST_GENERATIVE_KEYPOINTS, tags, transform, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

gboolean
gst_generative_keypoints_are (const GstMeta *meta)
{
  return gst_meta_info_is_custom (meta->info) &&
         gst_custom_meta_has_name ((GstCustomMeta *)meta, GST_GENERATIVE_KEYPOINTS);
}
