/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fragments come in a streaming thread and are taken in the main loop's, a few a second: each is an
 * event of the main loop. Whoever detaches may do so while some wait there, so that a feed lives
 * until the last of them has been. */
#include "hls-feed.h"

#include <gst/app/app.h>

#include "../../lib/base/bmff-segments.h"

struct _HlsFeed {
  HlsFeedTake take; /* NULL: nobody does any more */
  gpointer data;
  GenBmffCutter *cutter; /* of the streaming thread; NULL: buffers are whole */
};

typedef struct {
  HlsFeed *feed;
  GBytes *bytes;
  gboolean init;
} Piece;

static void
clear_feed (gpointer data)
{
  HlsFeed *feed = data;

  g_clear_pointer (&feed->cutter, gen_bmff_cutter_free);
}

static void
release_feed (gpointer feed)
{
  g_atomic_rc_box_release_full (feed, clear_feed);
}

static void
free_piece (gpointer data)
{
  Piece *piece = data;

  g_bytes_unref (piece->bytes);
  release_feed (piece->feed);
  g_free (piece);
}

static gboolean
hand_over (gpointer data)
{
  Piece *piece = data;

  if (piece->feed->take != NULL)
    piece->feed->take (piece->feed->data, piece->bytes, piece->init);
  return G_SOURCE_REMOVE;
}

/* Never at once, whichever thread this is. */
static void
send_piece (HlsFeed *feed, GBytes *bytes, gboolean init)
{
  Piece *piece = g_new0 (Piece, 1);

  piece->feed = g_atomic_rc_box_acquire (feed);
  piece->bytes = g_bytes_ref (bytes);
  piece->init = init;
  g_idle_add_full (G_PRIORITY_DEFAULT, hand_over, piece, free_piece);
}

static gboolean
take_cut (GBytes *segment, gboolean init, guint64 start, gpointer data, GError **error)
{
  send_piece (data, segment, init);
  return TRUE;
}

static gboolean
take_buffer (HlsFeed *feed, GstBuffer *buffer, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  GstMapInfo map;
  gboolean good = TRUE;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "a buffer cannot be read");
    return FALSE;
  }
  if (feed->cutter != NULL) {
    good = gen_bmff_cutter_write (feed->cutter, map.data, map.size, error);
  } else {
    bytes = g_bytes_new (map.data, map.size);
    send_piece (feed, bytes, GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER));
  }
  gst_buffer_unmap (buffer, &map);
  return good;
}

static GstFlowReturn
take_sample (GstAppSink *sink, gpointer data)
{
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  g_autoptr (GError) error = NULL;
  GstBufferList *list;
  gboolean good = TRUE;

  if (sample == NULL)
    return GST_FLOW_EOS;
  list = gst_sample_get_buffer_list (sample);
  for (guint i = 0; list != NULL && good && i < gst_buffer_list_length (list); i++)
    good = take_buffer (data, gst_buffer_list_get (list, i), &error);
  if (good && gst_sample_get_buffer (sample) != NULL)
    good = take_buffer (data, gst_sample_get_buffer (sample), &error);
  if (good)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (sink, STREAM, FAILED, (NULL), ("%s", error->message));
  return GST_FLOW_ERROR;
}

HlsFeed *
hls_feed_new (GstElement *sink, gboolean whole, HlsFeedTake take, gpointer data)
{
  GstAppSinkCallbacks callbacks = { .new_sample = take_sample };
  HlsFeed *feed = g_atomic_rc_box_new0 (HlsFeed);

  feed->take = take;
  feed->data = data;
  if (!whole)
    feed->cutter = gen_bmff_cutter_new (take_cut, feed);
  gst_app_sink_set_callbacks (
      GST_APP_SINK (sink), &callbacks, g_atomic_rc_box_acquire (feed), release_feed);
  return feed;
}

void
hls_feed_detach (HlsFeed *feed)
{
  feed->take = NULL;
  release_feed (feed);
}
