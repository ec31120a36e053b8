/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream-player.h"

#include <string.h>

#include "session-bin.h"

struct _ServeStreamPlayer {
  ServeMount *mount;
  const char *protocol;
  ServeSession *session;
  GstElement *pipeline;
  guint watch;
  gint64 start; /* 0: not yet known */
  ServeStreamEnded ended;
  gpointer data;
};

/* Once, and not while it is told. */
static void
end (ServeStreamPlayer *player)
{
  const ServeStreamEnded ended = player->ended;

  player->ended = NULL;
  if (ended != NULL)
    ended (player->data);
}

static void
session_closed (ServeSession *session, gpointer data)
{
  end (data);
}

static gboolean
look_at_message (GstBus *bus, GstMessage *message, gpointer data)
{
  ServeStreamPlayer *player = data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY)
    gst_bin_recalculate_latency (GST_BIN (player->pipeline));
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_warning ("mounts.%s, %s: %s", player->mount->name, player->protocol, error->message);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    g_message ("mounts.%s, %s: what it plays has ended", player->mount->name, player->protocol);
  } else {
    return G_SOURCE_CONTINUE;
  }
  player->watch = 0;
  end (player);
  return G_SOURCE_REMOVE;
}

ServeStreamPlayer *
serve_stream_player_new (ServeServer *server, ServeMount *mount, const char *owner,
    const char *protocol, ServeStreamEnded ended, gpointer data, GError **error)
{
  ServeSession *session = serve_session_new (server, mount, owner, protocol, error);
  g_autoptr (GstBus) bus = NULL;
  ServeStreamPlayer *player;

  if (session == NULL)
    return NULL;
  player = g_new0 (ServeStreamPlayer, 1);
  player->mount = serve_mount_ref (mount);
  player->protocol = protocol;
  player->session = session;
  player->ended = ended;
  player->data = data;
  player->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  gst_bin_add (GST_BIN (player->pipeline), serve_session_get_bin (session));
  bus = gst_pipeline_get_bus (GST_PIPELINE (player->pipeline));
  player->watch = gst_bus_add_watch (bus, look_at_message, player);
  serve_session_set_closed (session, session_closed, player);
  return player;
}

/* All but its pipeline, which is stopping or is going to. */
static void
free_rest (ServeStreamPlayer *player)
{
  serve_session_set_closed (player->session, NULL, NULL);
  serve_session_close (player->session);
  serve_session_unref (player->session);
  serve_mount_unref (player->mount);
  g_free (player);
}

void
serve_stream_player_free (ServeStreamPlayer *player)
{
  g_clear_handle_id (&player->watch, g_source_remove);
  /* A bin in which a thread has just failed may say so once. */
  if (gst_element_set_state (player->pipeline, GST_STATE_NULL) == GST_STATE_CHANGE_FAILURE)
    gst_element_set_state (player->pipeline, GST_STATE_NULL);
  gst_object_unref (player->pipeline);
  free_rest (player);
}

void
serve_stream_player_free_later (ServeStreamPlayer *player, ServeReaper *reaper)
{
  g_clear_handle_id (&player->watch, g_source_remove);
  serve_reaper_take (reaper, player->pipeline, 0);
  free_rest (player);
}

/* `element`, which is taken, gets what comes out of the session by that name. */
static gboolean
link_element (ServeStreamPlayer *player, const char *name, GstElement *element, GError **error)
{
  gst_bin_add (GST_BIN (player->pipeline), element);
  if (gst_element_link_pads (serve_session_get_bin (player->session), name, element, "sink"))
    return TRUE;
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED, "mounts.%s has no %s that could be encoded",
      player->mount->name, name);
  return FALSE;
}

GstElement *
serve_stream_player_add (
    ServeStreamPlayer *player, const char *name, const char *line, GError **error)
{
  GstElement *bin =
      gst_parse_bin_from_description_full (line, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);

  if (bin == NULL)
    return NULL;
  return link_element (player, name, bin, error) ? bin : NULL;
}

static gboolean
feed (ServeStreamPlayer *player, const char *name, ServeRelay *relay, GError **error)
{
  return !serve_session_bin_has (serve_session_get_bin (player->session), name) ||
         link_element (player, name, serve_relay_add_sink (relay, name), error);
}

gboolean
serve_stream_player_feed (ServeStreamPlayer *player, ServeRelay *relay, GError **error)
{
  g_autoptr (GstClock) clock = serve_relay_get_clock ();

  gst_pipeline_use_clock (GST_PIPELINE (player->pipeline), clock);
  return feed (player, "video", relay, error) && feed (player, "audio", relay, error);
}

/* What nobody wants of a session goes nowhere. */
static void
drop_rest (ServeStreamPlayer *player)
{
  static const char *const names[] = { "video", "audio" };
  GstElement *bin = serve_session_get_bin (player->session);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstPad) pad = gst_element_get_static_pad (bin, names[i]);
    GstElement *sink;

    if (pad == NULL || gst_pad_is_linked (pad))
      continue;
    sink = gst_element_factory_make ("fakesink", NULL);
    g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
    gst_bin_add (GST_BIN (player->pipeline), sink);
    gst_element_link_pads (bin, names[i], sink, "sink");
  }
}

/* What has gone wrong, and in which element; NULL: none says so. (transfer full) */
static char *
find_reason (const ServeStreamPlayer *player)
{
  g_autoptr (GstBus) bus = gst_pipeline_get_bus (GST_PIPELINE (player->pipeline));
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;
  const char *detail;

  if (message == NULL)
    return NULL;
  gst_message_parse_error (message, &error, &debug);
  /* Its last line is what the element knows; those before it are where in the source it stands. */
  detail = debug != NULL ? strrchr (debug, '\n') : NULL;
  return g_strdup_printf ("%s: %s%s%s", GST_MESSAGE_SRC_NAME (message), error->message,
      detail != NULL ? " " : "", detail != NULL ? detail + 1 : "");
}

gboolean
serve_stream_player_start (ServeStreamPlayer *player, GError **error)
{
  g_autofree char *reason = NULL;

  drop_rest (player);
  if (gst_element_set_state (player->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return TRUE;
  reason = find_reason (player);
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED, "mounts.%s cannot be played for %s: %s",
      player->mount->name, player->protocol, reason != NULL ? reason : "no element says why");
  return FALSE;
}

ServeSession *
serve_stream_player_get_session (ServeStreamPlayer *player)
{
  return player->session;
}

gint64
serve_stream_player_get_start (ServeStreamPlayer *player)
{
  g_autoptr (GstClock) clock = gst_pipeline_get_clock (GST_PIPELINE (player->pipeline));
  const GstClockTime base = gst_element_get_base_time (player->pipeline);

  if (player->start == 0)
    player->start = g_get_real_time () - (gint64)(gst_clock_get_time (clock) - base) / 1000;
  return player->start;
}
