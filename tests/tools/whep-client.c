/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client of WHEP and WHIP (RFC 9725), for tests: watches what a server sends, or publishes a test
 * pattern, and says as lines of JSON what came of it.
 *
 *   whep-client [OPTION...] ADDRESS
 *
 * It ends well once what it was asked for has come, and deletes its session. */
#define GST_USE_UNSTABLE_API
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <libsoup/soup.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  char *address, *token, *codec, *tell;
  gboolean publish, audio, trickle, leave;
  int frames, seconds;
  GMainLoop *loop;
  SoupSession *http;
  GstElement *pipeline, *webrtc;
  GObject *channel;
  char *location, *tag;
  GPtrArray *candidates; /* "N candidate:…" */
  GHashTable *pictures;  /* checksums of those that came */
  int came, sounds, width, height;
  gboolean offered, told, failed;
  GMutex lock;
} Client;

static void say (const char *format, ...) G_GNUC_PRINTF (1, 2);

static void
say (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  vprintf (format, arguments);
  va_end (arguments);
  putchar ('\n');
  fflush (stdout);
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (((Client *)data)->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
give_up (gpointer data)
{
  Client *client = data;

  say ("{\"event\":\"timeout\",\"frames\":%d,\"sounds\":%d}", client->came, client->sounds);
  client->failed = TRUE;
  return quit (client);
}

/* --- HTTP --- */

static SoupMessage *
make_request (Client *client, const char *method, const char *address)
{
  SoupMessage *message = soup_message_new (method, address);

  if (client->token != NULL) {
    g_autofree char *bearer = g_strdup_printf ("Bearer %s", client->token);

    soup_message_headers_replace (
        soup_message_get_request_headers (message), "Authorization", bearer);
  }
  return message;
}

static guint
ask (Client *client, SoupMessage *message, const char *type, const char *text, GBytes **answer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (text != NULL) {
    g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

    soup_message_set_request_body_from_bytes (message, type, body);
  }
  bytes = soup_session_send_and_read (client->http, message, NULL, &error);
  if (bytes == NULL) {
    g_printerr ("%s\n", error->message);
    return 0;
  }
  if (answer != NULL)
    *answer = g_steal_pointer (&bytes);
  return soup_message_get_status (message);
}

static void
hang_up (Client *client)
{
  g_autoptr (SoupMessage) message = NULL;

  if (client->location == NULL || client->leave)
    return;
  message = make_request (client, "DELETE", client->location);
  say ("{\"event\":\"deleted\",\"status\":%u}", ask (client, message, NULL, NULL, NULL));
}

/* --- the handshake --- */

static void
send_candidates (Client *client, const GstSDPMessage *offer)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (SoupMessage) message = make_request (client, "PATCH", client->location);
  const GstSDPMedia *media = gst_sdp_message_get_media (offer, 0);

  g_string_append_printf (text, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n",
      gst_sdp_media_get_attribute_val (media, "ice-ufrag"),
      gst_sdp_media_get_attribute_val (media, "ice-pwd"));
  g_string_append_printf (text, "m=%s 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:%s\r\n",
      gst_sdp_media_get_media (media), gst_sdp_media_get_attribute_val (media, "mid"));
  for (guint i = 0; i < client->candidates->len; i++)
    g_string_append_printf (text, "a=%s\r\n", (char *)client->candidates->pdata[i]);
  g_string_append (text, "a=end-of-candidates\r\n");
  if (client->tag != NULL)
    soup_message_headers_replace (
        soup_message_get_request_headers (message), "If-Match", client->tag);
  say ("{\"event\":\"trickled\",\"candidates\":%u,\"status\":%u}", client->candidates->len,
      ask (client, message, "application/trickle-ice-sdpfrag", text->str, NULL));
}

static void
take_answer (Client *client, GBytes *body)
{
  GstSDPMessage *sdp = NULL;
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;

  gst_sdp_message_new (&sdp);
  gst_sdp_message_parse_buffer (g_bytes_get_data (body, NULL), (guint)g_bytes_get_size (body), sdp);
  answer = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
  g_signal_emit_by_name (client->webrtc, "set-remote-description", answer, NULL);
}

static char *
without_candidates (const GstSDPMessage *sdp)
{
  g_autofree char *text = gst_sdp_message_as_text (sdp);
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  GString *kept = g_string_new (NULL);

  for (int i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    if (!g_str_has_prefix (lines[i], "a=candidate:") &&
        strcmp (lines[i], "a=end-of-candidates") != 0)
      g_string_append_printf (kept, "%s\r\n", lines[i]);
  return g_string_free (kept, FALSE);
}

static void
offer_it (Client *client, const GstSDPMessage *sdp)
{
  g_autofree char *text =
      client->trickle ? without_candidates (sdp) : gst_sdp_message_as_text (sdp);
  g_autoptr (SoupMessage) message = make_request (client, "POST", client->address);
  g_autoptr (GBytes) answer = NULL;
  const guint status = ask (client, message, "application/sdp", text, &answer);
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const char *location = soup_message_headers_get_one (headers, "Location");

  client->tag = g_strdup (soup_message_headers_get_one (headers, "ETag"));
  if (location != NULL)
    client->location = g_uri_resolve_relative (client->address, location, G_URI_FLAGS_NONE, NULL);
  say ("{\"event\":\"answer\",\"status\":%u,\"location\":\"%s\",\"etag\":%s}", status,
      location != NULL ? location : "", client->tag != NULL ? client->tag : "null");
  if (status != 201) {
    if (answer != NULL)
      g_printerr (
          "%.*s\n", (int)g_bytes_get_size (answer), (char *)g_bytes_get_data (answer, NULL));
    client->failed = TRUE;
    quit (client);
    return;
  }
  if (client->leave) {
    quit (client);
    return;
  }
  take_answer (client, answer);
  if (client->trickle)
    send_candidates (client, sdp);
}

static gboolean
offer_once (gpointer data)
{
  Client *client = data;
  g_autoptr (GstWebRTCSessionDescription) local = NULL;
  GstWebRTCICEGatheringState state;

  g_object_get (client->webrtc, "ice-gathering-state", &state, "local-description", &local, NULL);
  if (client->offered || local == NULL || state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    return G_SOURCE_REMOVE;
  client->offered = TRUE;
  offer_it (client, local->sdp);
  return G_SOURCE_REMOVE;
}

static void
on_gathering (GstElement *webrtc, GParamSpec *spec, gpointer data)
{
  g_idle_add (offer_once, data);
}

static gboolean
remember_candidate (gpointer data)
{
  char **pair = data;
  Client *client = (Client *)pair[0];

  g_ptr_array_add (client->candidates, pair[1]);
  g_free (pair);
  return G_SOURCE_REMOVE;
}

static void
on_candidate (GstElement *webrtc, guint line, const char *candidate, gpointer data)
{
  char **pair = g_new (char *, 2);

  pair[0] = data;
  pair[1] = g_strdup (candidate);
  g_idle_add (remember_candidate, pair);
}

static void
on_offer (GstPromise *promise, gpointer data)
{
  Client *client = data;
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;

  gst_structure_get (
      gst_promise_get_reply (promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, NULL);
  gst_promise_unref (promise);
  g_signal_emit_by_name (client->webrtc, "set-local-description", offer, NULL);
}

static gboolean
make_offer (gpointer data)
{
  Client *client = data;

  g_signal_emit_by_name (client->webrtc, "create-offer", NULL,
      gst_promise_new_with_change_func (on_offer, client, NULL));
  return G_SOURCE_REMOVE;
}

/* --- media --- */

static void
count_picture (Client *client, GstSample *sample)
{
  const GstStructure *caps = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  GstMapInfo map;

  gst_structure_get_int (caps, "width", &client->width);
  gst_structure_get_int (caps, "height", &client->height);
  client->came++;
  if (!gst_buffer_map (gst_sample_get_buffer (sample), &map, GST_MAP_READ))
    return;
  g_hash_table_add (
      client->pictures, g_compute_checksum_for_data (G_CHECKSUM_MD5, map.data, map.size));
  gst_buffer_unmap (gst_sample_get_buffer (sample), &map);
}

static GstFlowReturn
on_sample (GstAppSink *sink, gpointer data)
{
  Client *client = data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  const GstStructure *caps =
      sample != NULL ? gst_caps_get_structure (gst_sample_get_caps (sample), 0) : NULL;
  gboolean done;

  if (sample == NULL)
    return GST_FLOW_EOS;
  g_mutex_lock (&client->lock);
  if (gst_structure_has_name (caps, "video/x-raw"))
    count_picture (client, sample);
  else
    client->sounds++;
  done = client->came >= client->frames && (!client->audio || client->sounds > 0) &&
         (client->tell == NULL || client->told);
  g_mutex_unlock (&client->lock);
  if (done)
    g_idle_add (quit, client);
  return GST_FLOW_OK;
}

static void
on_decoded (GstElement *decoder, GstPad *pad, gpointer data)
{
  Client *client = data;
  g_autoptr (GstElement) sink = gst_object_ref_sink (gst_element_factory_make ("appsink", NULL));
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample };
  g_autoptr (GstPad) end = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "sync", FALSE, NULL);
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, client, NULL);
  gst_bin_add (GST_BIN (client->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, end);
}

static void
on_pad (GstElement *webrtc, GstPad *pad, gpointer data)
{
  Client *client = data;
  GstElement *decoder;
  g_autoptr (GstPad) end = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  decoder = gst_element_factory_make ("decodebin", NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_decoded), client);
  gst_bin_add (GST_BIN (client->pipeline), decoder);
  gst_element_sync_state_with_parent (decoder);
  end = gst_element_get_static_pad (decoder, "sink");
  gst_pad_link (pad, end);
}

static const char *
get_caps (const Client *client, const char *codec)
{
  if (strcmp (codec, "h264") == 0)
    return "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=102,"
           "packetization-mode=(string)1,profile-level-id=(string)42e01f";
  if (strcmp (codec, "opus") == 0)
    return "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111,"
           "encoding-params=(string)2";
  return "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96";
}

static void
add_receiver (Client *client, const char *codec)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (get_caps (client, codec));
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

  g_signal_emit_by_name (client->webrtc, "add-transceiver",
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
}

static void
add_sender (Client *client, const char *codec)
{
  const char *maker =
      strcmp (codec, "opus") == 0
          ? "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=111"
      : strcmp (codec, "h264") == 0
          ? "videotestsrc is-live=true pattern=ball ! "
            "video/x-raw,width=160,height=120,framerate=30/1 "
            "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 "
            "! video/x-h264,profile=constrained-baseline ! rtph264pay pt=102 config-interval=-1"
          : "videotestsrc is-live=true pattern=ball ! "
            "video/x-raw,width=160,height=120,framerate=30/1 "
            "! vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay pt=96";
  g_autofree char *line =
      g_strdup_printf ("%s ! capsfilter caps=\"%s\"", maker, get_caps (client, codec));
  g_autoptr (GError) error = NULL;
  GstElement *bin = gst_parse_bin_from_description (line, TRUE, &error);

  if (bin == NULL)
    g_error ("%s", error->message);
  gst_bin_add (GST_BIN (client->pipeline), bin);
  gst_element_link (bin, client->webrtc);
  client->frames = G_MAXINT;
}

/* --- the data channel --- */

static void
on_open (GObject *channel, gpointer data)
{
  Client *client = data;

  gst_webrtc_data_channel_send_string (GST_WEBRTC_DATA_CHANNEL (channel), client->tell);
}

static void
on_reply (GObject *channel, const char *text, gpointer data)
{
  Client *client = data;

  if (g_str_has_prefix (text, "{\"ended\"")) {
    say ("{\"event\":\"ended\",\"text\":%s}", text);
    g_idle_add (quit, client);
    return;
  }
  say ("{\"event\":\"reply\",\"text\":%s}", text);
  g_mutex_lock (&client->lock);
  client->told = TRUE;
  g_mutex_unlock (&client->lock);
}

static void
add_channel (Client *client)
{
  g_signal_emit_by_name (
      client->webrtc, "create-data-channel", "parameters", NULL, &client->channel);
  g_signal_connect (client->channel, "on-open", G_CALLBACK (on_open), client);
  g_signal_connect (client->channel, "on-message-string", G_CALLBACK (on_reply), client);
}

/* --- */

static gboolean
on_line (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  return quit (data);
}

static void
on_connection (GObject *webrtc, GParamSpec *spec, gpointer data)
{
  Client *client = data;
  GstWebRTCPeerConnectionState state;

  g_object_get (webrtc, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    say ("{\"event\":\"connected\"}");
  if (state != GST_WEBRTC_PEER_CONNECTION_STATE_FAILED &&
      state != GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    return;
  say ("{\"event\":\"ended\"}");
  g_idle_add (quit, client);
}

static void
start (Client *client)
{
  g_autoptr (GObject) agent = NULL;
  gboolean done;

  client->pipeline = gst_pipeline_new (NULL);
  client->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  g_object_set (client->webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  g_object_get (client->webrtc, "ice-agent", &agent, NULL);
  g_signal_emit_by_name (agent, "add-local-ip-address", "127.0.0.1", &done);
  gst_bin_add (GST_BIN (client->pipeline), client->webrtc);
  g_signal_connect (client->webrtc, "pad-added", G_CALLBACK (on_pad), client);
  g_signal_connect (client->webrtc, "on-ice-candidate", G_CALLBACK (on_candidate), client);
  g_signal_connect (
      client->webrtc, "notify::ice-gathering-state", G_CALLBACK (on_gathering), client);
  g_signal_connect (client->webrtc, "notify::connection-state", G_CALLBACK (on_connection), client);
  (client->publish ? add_sender : add_receiver) (client, client->codec);
  if (client->audio)
    (client->publish ? add_sender : add_receiver) (client, "opus");
  gst_element_set_state (client->pipeline, GST_STATE_PLAYING);
  if (client->tell != NULL)
    add_channel (client);
  g_idle_add (make_offer, client);
}

int
main (int argc, char **argv)
{
  Client client = { .frames = 30, .seconds = 50 };
  const GOptionEntry options[] = {
    { "publish", 0, 0, G_OPTION_ARG_NONE, &client.publish,
        "Send a test pattern until a line is read", NULL },
    { "audio", 0, 0, G_OPTION_ARG_NONE, &client.audio, "Sound as well", NULL },
    { "trickle", 0, 0, G_OPTION_ARG_NONE, &client.trickle, "Send candidates after the offer",
        NULL },
    { "leave", 0, 0, G_OPTION_ARG_NONE, &client.leave, "Go after the answer, without a word",
        NULL },
    { "codec", 0, 0, G_OPTION_ARG_STRING, &client.codec, "vp8 or h264", NULL },
    { "token", 0, 0, G_OPTION_ARG_STRING, &client.token, "What the server wants", NULL },
    { "tell", 0, 0, G_OPTION_ARG_STRING, &client.tell, "Say this on a data channel", NULL },
    { "frames", 0, 0, G_OPTION_ARG_INT, &client.frames, "Pictures to wait for", NULL },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &client.seconds, "Patience", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("ADDRESS");
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOChannel) input = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2) {
    g_printerr ("%s\n", error != NULL ? error->message : "an address is wanted");
    return 2;
  }
  client.address = argv[1];
  client.codec = client.codec != NULL ? client.codec : g_strdup ("vp8");
  client.http = soup_session_new ();
  client.pictures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  client.candidates = g_ptr_array_new_with_free_func (g_free);
  client.loop = g_main_loop_new (NULL, FALSE);
  g_mutex_init (&client.lock);
  if (client.publish) {
    input = g_io_channel_unix_new (0);
    g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_line, &client);
  }
  g_timeout_add_seconds ((guint)client.seconds, give_up, &client);
  start (&client);
  g_main_loop_run (client.loop);
  hang_up (&client);
  gst_element_set_state (client.pipeline, GST_STATE_NULL);
  say ("{\"event\":\"end\",\"frames\":%d,\"distinct\":%u,\"width\":%d,\"height\":%d,\"sounds\":%d}",
      client.came, g_hash_table_size (client.pictures), client.width, client.height, client.sounds);
  return client.failed ? 1 : 0;
}
