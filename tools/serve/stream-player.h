/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session that is played in a pipeline of its own, for those who take its stream by HTTP, and for
 * the pipelines of all who see it by WebRTC. In the main loop's thread. */
#pragma once

#include "reaper.h"
#include "relay.h"
#include "server.h"

typedef struct _ServeStreamPlayer ServeStreamPlayer;

/* The server has closed the session, its stream has ended, or it has failed, which has been logged.
 * Whoever has the player frees it, at once or later. */
typedef void (*ServeStreamEnded) (gpointer data);

/* A new session of `mount`, for `owner` or all (NULL), that does not play yet. NULL with `error`
 * (SERVE_ERROR). */
ServeStreamPlayer *serve_stream_player_new (ServeServer *server, ServeMount *mount,
    const char *owner, const char *protocol, ServeStreamEnded ended, gpointer data, GError **error);
void serve_stream_player_free (ServeStreamPlayer *player);
/* Nobody waits for the pipeline to stop, but `reaper`. */
void serve_stream_player_free_later (ServeStreamPlayer *player, ServeReaper *reaper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeStreamPlayer, serve_stream_player_free)

/* What is to be made of its "video" or "audio", as in a launch line with one open end. NULL with
 * `error`. (transfer none) */
GstElement *serve_stream_player_add (
    ServeStreamPlayer *player, const char *name, const char *line, GError **error);
/* Its "video" and "audio", as far as it has them, go into `relay`. FALSE with `error`. */
gboolean serve_stream_player_feed (ServeStreamPlayer *player, ServeRelay *relay, GError **error);
gboolean serve_stream_player_start (ServeStreamPlayer *player, GError **error);

ServeSession *serve_stream_player_get_session (ServeStreamPlayer *player);
/* When running time 0 was: microseconds since 1970. */
gint64 serve_stream_player_get_start (ServeStreamPlayer *player);
