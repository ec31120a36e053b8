/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "luma.h"

static const char *const formats[] = { "NV12", "I420" };

gboolean
gst_generator_luma_suits (const GstGeneratorPorts *ports)
{
  return ports->input.kind == GEN_PORT_PICTURE && ports->output.kind == GEN_PORT_PICTURE &&
         ports->input.channels == 1 && ports->output.channels == 1 && ports->frames == 1 &&
         !ports->staged && ports->mask.name == NULL && ports->output.classes == GEN_CLASSES_NONE;
}

/* Whether the format of `structure` is, or may be, `format`. */
static gboolean
may_be (const GstStructure *structure, const char *format)
{
  const GValue *said = gst_structure_get_value (structure, "format");
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_static_string (&value, format);
  return said == NULL || gst_value_intersect (NULL, said, &value);
}

static gboolean
set_same (GstStructure *structure, const GstStructure *other)
{
  const char *format = gst_structure_get_string (other, "format");

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_strcmp0 (format, formats[i]) == 0) {
      gst_structure_set (structure, "format", G_TYPE_STRING, format, NULL);
      return TRUE;
    }
  return FALSE;
}

gboolean
gst_generator_luma_set_formats (GstStructure *structure, const GstStructure *other, gboolean same)
{
  g_auto (GValue) list = G_VALUE_INIT;

  if (same)
    return set_same (structure, other);
  if (!may_be (other, formats[0]) && !may_be (other, formats[1]))
    return FALSE;
  g_value_init (&list, GST_TYPE_LIST);
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_STRING);
    g_value_set_static_string (&value, formats[i]);
    gst_value_list_append_and_take_value (&list, &value);
  }
  gst_structure_set_value (structure, "format", &list);
  return TRUE;
}

gboolean
gst_generator_luma_may_be_grey (const GstStructure *structure)
{
  return may_be (structure, "GRAY8");
}

gboolean
gst_generator_luma_check (const GstVideoInfo *from, const GstVideoInfo *to, GError **error)
{
  g_autofree char *have = NULL, *want = NULL;

  if (from->colorimetry.matrix == to->colorimetry.matrix)
    return TRUE;
  have = gst_video_colorimetry_to_string (&from->colorimetry);
  want = gst_video_colorimetry_to_string (&to->colorimetry);
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "the model plays on the luma of frames of colorimetry %s, which is that of %s only by "
      "conversion: put videoconvert in front or behind",
      have, want);
  return FALSE;
}
