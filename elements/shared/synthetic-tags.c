/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* No muxer knows the tag, and so the same stands in those that they do know: an extended comment,
 * which becomes a field of that name (Vorbis comments, ID3v2), and a comment, which is the address
 * alone, as Matroska's muxer quotes whatever else there is in one. */
#include "synthetic-tags.h"

#include <generative/encoding.h>
#include <generative/version.h>

#define APPLICATION "gst-generative " GEN_VERSION

void
gst_generative_synthetic_tags_register (void)
{
  gst_tag_register_static (GST_GENERATIVE_TAG_DIGITAL_SOURCE_TYPE, GST_TAG_FLAG_META, G_TYPE_STRING,
      "digital source type", "where it comes from, by the IPTC's Digital Source Type NewsCodes",
      gst_tag_merge_use_first);
}

static void
add_extended (GstTagList *tags, const char *key, const char *value)
{
  g_autofree char *text = g_strdup_printf ("%s=%s", key, value);

  gst_tag_list_add (tags, GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT, text, NULL);
}

void
gst_generative_synthetic_tags_add (GstTagList *tags, const char *source, const char *path)
{
  g_autofree char *address = gen_digital_source_type_address (source);
  g_autofree char *name = g_path_get_basename (path), *model = g_utf8_make_valid (name, -1);

  if (gst_tag_list_get_tag_size (tags, GST_GENERATIVE_TAG_DIGITAL_SOURCE_TYPE) == 0) {
    gst_tag_list_add (
        tags, GST_TAG_MERGE_REPLACE, GST_GENERATIVE_TAG_DIGITAL_SOURCE_TYPE, address, NULL);
    /* Of several comments most muxers write the first. */
    gst_tag_list_add (tags, GST_TAG_MERGE_PREPEND, GST_TAG_COMMENT, address, NULL);
    add_extended (tags, "DigitalSourceType", address);
  }
  gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_APPLICATION_NAME, APPLICATION, NULL);
  add_extended (tags, "GenerativeModel", model);
}
