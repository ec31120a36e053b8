/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refused-caps.h"

gboolean
gst_generative_refuses_caps (GstQuery *query, GstCaps **offered)
{
  GstCaps *result;
  gboolean taken;

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CAPS:
    gst_query_parse_caps (query, offered);
    gst_query_parse_caps_result (query, &result);
    return *offered != NULL && !gst_caps_is_empty (*offered) && gst_caps_is_empty (result);
  case GST_QUERY_ACCEPT_CAPS:
    gst_query_parse_accept_caps (query, offered);
    gst_query_parse_accept_caps_result (query, &taken);
    return !taken;
  default:
    return FALSE;
  }
}

void
gst_generative_answer_unlinked (GstPad *pad, GstQuery *query)
{
  g_autoptr (GstCaps) kinds = NULL;
  GstCaps *filter, *taken;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS || !GST_PAD_IS_ACTIVE (pad) ||
      gst_pad_is_linked (pad))
    return;
  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &taken);
  if (filter != NULL || gst_caps_is_any (taken))
    return;
  kinds = gst_caps_new_empty ();
  for (guint i = 0; i < gst_caps_get_size (taken); i++)
    kinds = gst_caps_merge_structure_full (kinds,
        gst_structure_new_empty (gst_structure_get_name (gst_caps_get_structure (taken, i))),
        gst_caps_features_new_any ());
  gst_query_set_caps_result (query, kinds);
}
