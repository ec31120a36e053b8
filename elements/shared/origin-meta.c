/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The origin meta has no tags: whatever becomes of what was made, this is what it was made of. */
#include "origin-meta.h"

void
gst_generative_origin_register (void)
{
  static const gchar *tags[] = { NULL };
  static gsize registered = 0;

  if (g_once_init_enter (&registered)) {
    gst_meta_register_custom (GST_GENERATIVE_ORIGIN, tags, NULL, NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
}

static GstStructure *
find_or_add (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_ORIGIN);

  if (meta == NULL)
    meta = gst_buffer_add_custom_meta (buffer, GST_GENERATIVE_ORIGIN);
  return gst_custom_meta_get_structure (meta);
}

void
gst_generative_origin_add_latents (GstBuffer *buffer, guint64 seed, guint64 frame, guint vectors)
{
  gst_structure_set (find_or_add (buffer), "seed", G_TYPE_UINT64, seed, "frame", G_TYPE_UINT64,
      frame, "vectors", G_TYPE_UINT, vectors, NULL);
}

/* Put `element` (transfer full) behind those that the array `name` has. */
static void
append (GstStructure *structure, const char *name, GValue *element)
{
  const GValue *have = gst_structure_get_value (structure, name);
  GValue array = G_VALUE_INIT;

  if (have != NULL && GST_VALUE_HOLDS_ARRAY (have)) {
    g_value_init (&array, GST_TYPE_ARRAY);
    g_value_copy (have, &array);
  } else {
    gst_value_array_init (&array, 1);
  }
  gst_value_array_append_and_take_value (&array, element);
  gst_structure_take_value (structure, name, &array);
}

void
gst_generative_origin_add_class (GstBuffer *buffer, int number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, number);
  append (find_or_add (buffer), "classes", &value);
}

void
gst_generative_origin_add_model (
    GstBuffer *buffer, const char *path, guint pictures, const char *source)
{
  GstStructure *structure = find_or_add (buffer);
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, path);
  append (structure, "models", &value);
  /* What is made of a wall is a wall. */
  if (pictures > 1 || !gst_structure_has_field (structure, "pictures"))
    gst_structure_set (structure, "pictures", G_TYPE_UINT, pictures, NULL);
  if (!gst_structure_has_field (structure, "digital-source-type"))
    gst_structure_set (structure, "digital-source-type", G_TYPE_STRING, source, NULL);
}

static gboolean
copy_field (GQuark field, const GValue *value, gpointer to)
{
  gst_structure_id_set_value (to, field, value);
  return TRUE;
}

void
gst_generative_origin_copy (GstBuffer *from, GstBuffer *to)
{
  const GstStructure *said = gst_generative_origin_get (from);

  if (said != NULL && gst_generative_origin_get (to) == NULL)
    gst_structure_foreach (said, copy_field, find_or_add (to));
}

guint
gst_generative_origin_count (GstBuffer *buffer, guint places, guint columns)
{
  const GstStructure *said = gst_generative_origin_get (buffer);
  guint pictures;

  if (said == NULL || !gst_structure_get_uint (said, "pictures", &pictures))
    return places;
  /* Else it was made of pictures of another size. */
  return pictures > 1 && pictures <= places && places - pictures < columns ? pictures : places;
}

const GstStructure *
gst_generative_origin_get (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_GENERATIVE_ORIGIN);

  return meta != NULL ? gst_custom_meta_get_structure (meta) : NULL;
}
