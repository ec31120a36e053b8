/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define GST_USE_UNSTABLE_API
#include "webrtc-channel.h"

#include <gst/webrtc/webrtc.h>
#include <string.h>

#define TEXT_MOST 4096
#define WAITING_MOST 64

struct _ServeWebrtcChannel {
  GstWebRTCDataChannel *channel; /* NULL: it is freed */
  ServeWebrtcTold told;
  gpointer data;
  gint waiting; /* texts; by atomic operations */
};

typedef struct {
  ServeWebrtcChannel *channel;
  char *text;
} Text;

static void
free_text (gpointer data)
{
  Text *text = data;

  g_atomic_int_add (&text->channel->waiting, -1);
  g_atomic_rc_box_release (text->channel);
  g_free (text->text);
  g_free (text);
}

static gboolean
tell (gpointer data)
{
  const Text *text = data;
  ServeWebrtcChannel *channel = text->channel;
  g_autofree char *reply = NULL;

  if (channel->channel == NULL)
    return G_SOURCE_REMOVE;
  reply = channel->told (text->text, channel->data);
  /* What was told may have ended it. */
  if (reply != NULL && channel->channel != NULL)
    gst_webrtc_data_channel_send_string (channel->channel, reply);
  return G_SOURCE_REMOVE;
}

static void
on_string (GstWebRTCDataChannel *webrtc, const char *said, gpointer data)
{
  ServeWebrtcChannel *channel = data;
  Text *text;

  if (said == NULL || strlen (said) > TEXT_MOST ||
      g_atomic_int_get (&channel->waiting) >= WAITING_MOST) {
    gst_webrtc_data_channel_close (webrtc);
    return;
  }
  g_atomic_int_inc (&channel->waiting);
  text = g_new (Text, 1);
  text->channel = g_atomic_rc_box_acquire (channel);
  text->text = g_strdup (said);
  g_idle_add_full (G_PRIORITY_DEFAULT, tell, text, free_text);
}

static void
release (gpointer data, GClosure *closure)
{
  g_atomic_rc_box_release (data);
}

ServeWebrtcChannel *
serve_webrtc_channel_new (GObject *object, ServeWebrtcTold told, gpointer data)
{
  ServeWebrtcChannel *channel = g_atomic_rc_box_new0 (ServeWebrtcChannel);

  channel->channel = GST_WEBRTC_DATA_CHANNEL (g_object_ref (object));
  channel->told = told;
  channel->data = data;
  return channel;
}

ServeWebrtcChannel *
serve_webrtc_channel_ref (ServeWebrtcChannel *channel)
{
  return g_atomic_rc_box_acquire (channel);
}

void
serve_webrtc_channel_unref (ServeWebrtcChannel *channel)
{
  g_atomic_rc_box_release (channel);
}

void
serve_webrtc_channel_listen (ServeWebrtcChannel *channel, GObject *object)
{
  g_signal_connect_data (object, "on-message-string", G_CALLBACK (on_string),
      g_atomic_rc_box_acquire (channel), release, 0);
}

void
serve_webrtc_channel_close (ServeWebrtcChannel *channel)
{
  gst_webrtc_data_channel_close (channel->channel);
}

void
serve_webrtc_channel_free (ServeWebrtcChannel *channel)
{
  g_signal_handlers_disconnect_by_data (channel->channel, channel);
  g_clear_object (&channel->channel);
  g_atomic_rc_box_release (channel);
}

void
serve_webrtc_channel_say (ServeWebrtcChannel *channel, const char *text)
{
  gst_webrtc_data_channel_send_string (channel->channel, text);
}
