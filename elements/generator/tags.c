/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tags are said again as a whole whenever they change, as the last ones are those that hold. */
#include "tags.h"

#include "../shared/synthetic-tags.h"

void
gst_generator_tags_begin (GstGeneratorTags *tags, gboolean wanted)
{
  tags->wanted = tags->due = wanted;
}

void
gst_generator_tags_end (GstGeneratorTags *tags)
{
  g_clear_pointer (&tags->before, gst_tag_list_unref);
  *tags = (GstGeneratorTags){ 0 };
}

gboolean
gst_generator_tags_note (GstGeneratorTags *tags, GstEvent *event)
{
  GstTagList *list, *before;

  if (!tags->wanted)
    return TRUE;
  if (GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START) {
    g_clear_pointer (&tags->before, gst_tag_list_unref);
    tags->due = TRUE;
  }
  if (GST_EVENT_TYPE (event) != GST_EVENT_TAG)
    return TRUE;
  gst_event_parse_tag (event, &list);
  if (gst_tag_list_get_scope (list) != GST_TAG_SCOPE_STREAM)
    return TRUE;
  /* Each event says some of them. */
  before = tags->before;
  tags->before = gst_tag_list_merge (before, list, GST_TAG_MERGE_REPLACE);
  g_clear_pointer (&before, gst_tag_list_unref);
  tags->due = TRUE;
  return FALSE;
}

/* Numbers that are no picture and no sound are not media. */
static gboolean
makes_media (const GstGeneratorPorts *ports)
{
  return ports->output.kind == GEN_PORT_PICTURE || ports->output.kind == GEN_PORT_SOUND;
}

void
gst_generator_tags_push (GstGeneratorTags *tags, GstGeneratorPlay *play)
{
  GstTagList *list;
  GstEvent *event;

  if (!tags->due)
    return;
  tags->due = FALSE;
  list = tags->before != NULL ? gst_tag_list_copy (tags->before) : gst_tag_list_new_empty ();
  if (makes_media (&play->ports))
    gst_generative_synthetic_tags_add (
        list, gst_generator_play_source (play), play->ports.model->path);
  if (gst_tag_list_is_empty (list)) {
    gst_tag_list_unref (list);
    return;
  }
  event = gst_event_new_tag (list);
  gst_generator_branches_forward (&play->branches, event);
  gst_pad_push_event (GST_BASE_TRANSFORM_SRC_PAD (play->base), event);
}
