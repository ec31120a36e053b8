/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc without what its filters leave out. Items are judged while the stream starts, which
 * can be interrupted; how far that has come is told as progress, and what came of it in a message.
 */
#include "datasetsrc.h"

GST_DEBUG_CATEGORY_EXTERN (dataset_src_debug);
#define GST_CAT_DEFAULT dataset_src_debug

#define PROGRESS_CODE "filter"
#define PROGRESS_INTERVAL G_TIME_SPAN_SECOND

typedef struct {
  GstDatasetSrc *self;
  gint64 told;
} Judging;

static void
post_progress (GstDatasetSrc *self, GstProgressType type, const char *text)
{
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_progress (GST_OBJECT (self), type, PROGRESS_CODE, text));
}

static void
tell_progress (guint32 done, guint32 count, gpointer data)
{
  Judging *judging = data;
  const gint64 now = g_get_monotonic_time ();
  g_autofree char *text = NULL;

  if (now - judging->told < PROGRESS_INTERVAL)
    return;
  judging->told = now;
  text = g_strdup_printf ("%u of %u items are judged", done, count);
  post_progress (judging->self, GST_PROGRESS_TYPE_CONTINUE, text);
}

/* How many are left out, for whom it concerns: programs, people, and the property. */
static void
tell_left_out (GstDatasetSrc *self, JsonObject *summary)
{
  const guint items = (guint)json_object_get_int_member (summary, "items");
  const guint kept = (guint)json_object_get_int_member (summary, "kept");
  GstStructure *reasons = gst_structure_new_empty ("reasons");
  g_autofree char *text = gen_data_filter_describe (summary);
  const char *reason;
  JsonObjectIter iter;
  JsonNode *count;

  json_object_iter_init (&iter, json_object_get_object_member (summary, "reasons"));
  while (json_object_iter_next (&iter, &reason, &count))
    gst_structure_set (reasons, reason, G_TYPE_UINT, (guint)json_node_get_int (count), NULL);
  GST_OBJECT_LOCK (self);
  self->left_out = items - kept;
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("generative-filter", "items", G_TYPE_UINT, items, "kept", G_TYPE_UINT,
              kept, "reasons", GST_TYPE_STRUCTURE, reasons, NULL)));
  gst_structure_free (reasons);
  /* gst-launch-1.0 shows what is for developers alone. */
  GST_ELEMENT_INFO (
      self, RESOURCE, READ, ("Filters leave out %s", text), ("Filters leave out %s", text));
}

gboolean
gst_dataset_src_filter (GstDatasetSrc *self, const GenDataSettings *settings, GError **error)
{
  Judging judging = { self, g_get_monotonic_time () };
  const GenDataFilterRun run = { .threads = settings->threads,
    .cancellable = self->cancellable,
    .progress = tell_progress,
    .data = &judging };
  GenDataset *dataset = self->dataset;
  g_autoptr (JsonObject) summary = NULL;

  post_progress (self, GST_PROGRESS_TYPE_START, "Items are judged");
  summary = gen_data_filter_apply (&settings->filter, &run, &dataset, error);
  if (summary == NULL) {
    post_progress (self,
        g_cancellable_is_cancelled (self->cancellable) ? GST_PROGRESS_TYPE_CANCELED
                                                       : GST_PROGRESS_TYPE_ERROR,
        "Items were not judged");
    return FALSE;
  }
  GST_OBJECT_LOCK (self);
  self->dataset = dataset;
  GST_OBJECT_UNLOCK (self);
  post_progress (self, GST_PROGRESS_TYPE_COMPLETE, "Items are judged");
  tell_left_out (self, summary);
  return TRUE;
}
