/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why interlaced frames are refused. Negotiation fails in another element, which knows only that
 * nothing fits. */
#include "interlaced.h"

/* Whether a structure may be of frames that are not interlaced. */
static gboolean
may_be_progressive (const GstStructure *structure)
{
  const GValue *mode = gst_structure_get_value (structure, "interlace-mode");
  GValue progressive = G_VALUE_INIT;
  gboolean may;

  g_value_init (&progressive, G_TYPE_STRING);
  g_value_set_static_string (&progressive, "progressive");
  may = mode == NULL || gst_value_intersect (NULL, mode, &progressive);
  g_value_unset (&progressive);
  return may;
}

gboolean
gst_generative_are_interlaced (const GstCaps *caps)
{
  if (caps == NULL || gst_caps_is_any (caps) || gst_caps_is_empty (caps))
    return FALSE;
  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    if (may_be_progressive (gst_caps_get_structure (caps, i)))
      return FALSE;
  return TRUE;
}

GstCaps *
gst_generative_only_progressive (GstBaseTransform *base, GstPadDirection direction, GstCaps *caps)
{
  if (!GST_PAD_IS_ACTIVE (GST_BASE_TRANSFORM_SINK_PAD (base)) || gst_caps_is_any (caps))
    return caps;
  caps = gst_caps_make_writable (caps);
  for (guint i = gst_caps_get_size (caps); i-- > 0;) {
    GstStructure *structure = gst_caps_get_structure (caps, i);

    if (!may_be_progressive (structure))
      gst_caps_remove_structure (caps, i);
    /* Caps that say nothing of it mean that; what is sent on need not say more. */
    else if (gst_structure_has_name (structure, "video/x-raw") &&
             (direction == GST_PAD_SRC || gst_structure_has_field (structure, "interlace-mode")))
      gst_structure_set (structure, "interlace-mode", G_TYPE_STRING, "progressive", NULL);
  }
  return caps;
}

void
gst_generative_explain_interlaced (GstElement *element, GstQuery *query)
{
  GQuark explained = g_quark_from_static_string ("generative-interlaced");
  GstCaps *offered = NULL, *result;
  gboolean refused = FALSE;

  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    gst_query_parse_caps (query, &offered);
    gst_query_parse_caps_result (query, &result);
    refused = result != NULL && gst_caps_is_empty (result);
  } else if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_parse_accept_caps (query, &offered);
    gst_query_parse_accept_caps_result (query, &refused);
    refused = !refused;
  }
  if (!refused || !gst_generative_are_interlaced (offered) ||
      g_object_get_qdata (G_OBJECT (element), explained) != NULL)
    return;
  g_object_set_qdata (G_OBJECT (element), explained, element);
  GST_ELEMENT_ERROR (element, CORE, NEGOTIATION,
      ("Frames are interlaced, and their two fields would be taken for one picture: put "
       "deinterlace in front"),
      ("offered %" GST_PTR_FORMAT, (void *)offered));
}
