/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A data channel, by which a peer says and is told texts. What is said faster than it is understood
 * is not kept: a channel that has many texts waiting is closed. */
#pragma once

#include <glib-object.h>

typedef struct _ServeWebrtcChannel ServeWebrtcChannel;

/* What is said back; NULL: nothing. (transfer full) Called in the main loop. */
typedef char *(*ServeWebrtcTold) (const char *text, gpointer data);

/* From any thread: nothing is told before it listens. */
ServeWebrtcChannel *serve_webrtc_channel_new (
    GObject *channel, ServeWebrtcTold told, gpointer data);
void serve_webrtc_channel_listen (ServeWebrtcChannel *channel, GObject *object);
ServeWebrtcChannel *serve_webrtc_channel_ref (ServeWebrtcChannel *channel);
void serve_webrtc_channel_unref (ServeWebrtcChannel *channel);
/* In the main loop, as all that follows. Nothing is told any more. */
void serve_webrtc_channel_free (ServeWebrtcChannel *channel);
void serve_webrtc_channel_close (ServeWebrtcChannel *channel);
void serve_webrtc_channel_say (ServeWebrtcChannel *channel, const char *text);
