/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "part-query.h"

#define PART_QUERY "generative-part"

gboolean
gst_generative_query_part (GstPad *pad, GenTrainingPart *part)
{
  g_autoptr (GstQuery) query =
      gst_query_new_custom (GST_QUERY_CUSTOM, gst_structure_new_empty (PART_QUERY));

  return gst_pad_peer_query (pad, query) &&
         gst_structure_get (gst_query_get_structure (query), "member", G_TYPE_UINT, &part->member,
             "members", G_TYPE_UINT, &part->members, "samples", G_TYPE_UINT, &part->samples, NULL);
}

gboolean
gst_generative_is_part_query (GstQuery *query)
{
  const GstStructure *structure = gst_query_get_structure (query);

  return GST_QUERY_TYPE (query) == GST_QUERY_CUSTOM && structure != NULL &&
         gst_structure_has_name (structure, PART_QUERY);
}

void
gst_generative_answer_part (GstQuery *query, const GenTrainingPart *part)
{
  gst_structure_set (gst_query_writable_structure (query), "member", G_TYPE_UINT, part->member,
      "members", G_TYPE_UINT, part->members, "samples", G_TYPE_UINT, part->samples, NULL);
}
