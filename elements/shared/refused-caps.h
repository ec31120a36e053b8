/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Whether `query`, which has been answered, asked what of its caps `offered` is taken, and nothing
 * is. (transfer none) */
static inline gboolean
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
