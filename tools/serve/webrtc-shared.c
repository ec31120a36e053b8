/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One session that many see: it plays in a pipeline of its own into a relay. */
#include <gio/gio.h>

#include "webrtc.h"

struct _ServeShared {
  ServeWebrtc *webrtc;
  ServeSession *session;
  ServeRelay *relay;
  GstElement *pipeline;
  guint watch;
  int users;
};

/* Whoever still holds it sees its end, and nobody gets it any more. */
static void
end (ServeShared *shared)
{
  const char *name = serve_session_get_mount (shared->session)->name;

  if (g_hash_table_lookup (shared->webrtc->watched, name) == shared)
    g_hash_table_remove (shared->webrtc->watched, name);
  serve_relay_end (shared->relay);
}

static void
on_closed (ServeSession *session, gpointer data)
{
  end (data);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  ServeShared *shared = data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY)
    gst_bin_recalculate_latency (GST_BIN (shared->pipeline));
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    g_message ("mounts.%s, webrtc: what it plays has ended",
        serve_session_get_mount (shared->session)->name);
    end (shared);
  }
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  g_warning ("mount %s: %s", serve_session_get_mount (shared->session)->name, error->message);
  end (shared);
  return G_SOURCE_CONTINUE;
}

static gboolean
link_pad (ServeShared *shared, GstElement *bin, const char *name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (bin, name), end = NULL;
  GstElement *sink;

  if (pad == NULL)
    return TRUE;
  sink = serve_relay_add_sink (shared->relay, name);
  end = gst_element_get_static_pad (sink, "sink");
  gst_bin_add (GST_BIN (shared->pipeline), sink);
  return gst_pad_link (pad, end) == GST_PAD_LINK_OK;
}

static gboolean
play (ServeShared *shared, GError **error)
{
  GstElement *bin = serve_session_get_bin (shared->session);
  g_autoptr (GstClock) clock = serve_relay_get_clock ();
  g_autoptr (GstBus) bus = NULL;

  shared->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_pipeline_use_clock (GST_PIPELINE (shared->pipeline), clock);
  gst_bin_add (GST_BIN (shared->pipeline), bin);
  bus = gst_element_get_bus (shared->pipeline);
  shared->watch = gst_bus_add_watch (bus, on_message, shared);
  if (link_pad (shared, bin, "video") && link_pad (shared, bin, "audio") &&
      gst_element_set_state (shared->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED, "the mount %s does not play",
      serve_session_get_mount (shared->session)->name);
  return FALSE;
}

ServeShared *
serve_shared_get (ServeWebrtc *webrtc, ServeMount *mount, GError **error)
{
  ServeShared *shared = g_hash_table_lookup (webrtc->watched, mount->name);
  ServeSession *session;

  if (shared != NULL) {
    shared->users++;
    return shared;
  }
  session = serve_session_new (webrtc->server, mount, NULL, "webrtc", error);
  if (session == NULL)
    return NULL;
  shared = g_new0 (ServeShared, 1);
  shared->users = 1;
  shared->webrtc = webrtc;
  shared->session = session;
  shared->relay = serve_relay_new ();
  g_hash_table_insert (webrtc->watched, (gpointer)mount->name, shared);
  serve_session_set_closed (session, on_closed, shared);
  if (play (shared, error))
    return shared;
  serve_shared_unref (shared);
  return NULL;
}

void
serve_shared_unref (ServeShared *shared)
{
  if (--shared->users > 0)
    return;
  end (shared);
  g_source_remove (shared->watch);
  serve_reaper_take (shared->webrtc->reaper, shared->pipeline, 0);
  serve_session_set_closed (shared->session, NULL, NULL);
  serve_session_close (shared->session);
  serve_session_unref (shared->session);
  serve_relay_unref (shared->relay);
  g_free (shared);
}

ServeSession *
serve_shared_get_session (ServeShared *shared)
{
  return shared->session;
}

GstElement *
serve_shared_make_source (ServeShared *shared)
{
  return serve_relay_make_source (shared->relay);
}
