/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One session that many see: it plays into a relay. */
#include "stream-player.h"
#include "webrtc.h"

struct _ServeShared {
  ServeWebrtc *webrtc;
  ServeMount *mount;
  ServeStreamPlayer *player; /* NULL: not yet */
  ServeRelay *relay;
  int users;
};

/* Whoever still holds it sees its end, and nobody gets it any more. */
static void
end (gpointer data)
{
  ServeShared *shared = data;
  const char *name = shared->mount->name;

  if (g_hash_table_lookup (shared->webrtc->watched, name) == shared)
    g_hash_table_remove (shared->webrtc->watched, name);
  serve_relay_end (shared->relay);
}

static gboolean
play (ServeShared *shared, GError **error)
{
  shared->player = serve_stream_player_new (
      shared->webrtc->server, shared->mount, NULL, "webrtc", end, shared, error);
  return shared->player != NULL &&
         serve_stream_player_feed (shared->player, shared->relay, error) &&
         serve_stream_player_start (shared->player, error);
}

ServeShared *
serve_shared_get (ServeWebrtc *webrtc, ServeMount *mount, GError **error)
{
  ServeShared *shared = g_hash_table_lookup (webrtc->watched, mount->name);

  if (shared != NULL) {
    shared->users++;
    return shared;
  }
  shared = g_new0 (ServeShared, 1);
  shared->users = 1;
  shared->webrtc = webrtc;
  shared->mount = serve_mount_ref (mount);
  shared->relay = serve_relay_new ();
  g_hash_table_insert (webrtc->watched, (gpointer)mount->name, shared);
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
  if (shared->player != NULL)
    serve_stream_player_free_later (shared->player, shared->webrtc->reaper);
  serve_relay_unref (shared->relay);
  serve_mount_unref (shared->mount);
  g_free (shared);
}

ServeSession *
serve_shared_get_session (ServeShared *shared)
{
  return serve_stream_player_get_session (shared->player);
}

GstElement *
serve_shared_make_source (ServeShared *shared)
{
  return serve_relay_make_source (shared->relay);
}
