/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session for each client, or for all of a shared mount, with the encoders and payloaders that
 * bring it to them. Where a session is closed by the server, its stream ends: clients are told so
 * by RTCP, and where its pipeline fails it is closed. Where clients leave, the media goes, and its
 * session with it. */
#include "rtsp.h"

#include "main-call.h"
#include "watched-bin.h"

#define RTSP_TYPE_FACTORY (rtsp_factory_get_type ())
G_DECLARE_FINAL_TYPE (RtspFactory, rtsp_factory, RTSP, FACTORY, GstRTSPMediaFactory)

/* Frames from key frame to key frame last as long, in seconds: so long waits who comes late. */
#define KEY_SECONDS 2
#define FIRST_PAYLOAD 96
#define SESSION "serve-session"

struct _RtspFactory {
  GstRTSPMediaFactory parent;
  ServeServer *server;
  ServeMount *mount;
  const ServeStreamCodec *video, *audio; /* or NULL */
};

G_DEFINE_TYPE (RtspFactory, rtsp_factory, GST_TYPE_RTSP_MEDIA_FACTORY)

/* --- the session that a bin plays --- */

/* Goes with the session, after the bin, whose end is told in whichever thread. */
typedef struct {
  ServeSession *session;
  GWeakRef bin;
  gint64 touched; /* of the streaming thread */
} Play;

static void
close_session (ServeSession *session)
{
  serve_session_set_closed (session, NULL, NULL);
  serve_session_close (session);
  serve_session_unref (session);
}

static gboolean
end_play (gpointer data)
{
  Play *play = data;

  close_session (play->session);
  g_weak_ref_clear (&play->bin);
  g_free (play);
  return G_SOURCE_REMOVE;
}

/* The bin goes. Until the main loop comes to it, the session may be closed still. */
static void
free_play (gpointer play)
{
  g_idle_add (end_play, play);
}

static void
unref_session (gpointer session)
{
  serve_session_unref (session);
}

/* The server has closed it. */
static void
session_closed (ServeSession *session, gpointer data)
{
  Play *play = data;
  g_autoptr (GstElement) bin = g_weak_ref_get (&play->bin);

  if (bin != NULL)
    gst_element_send_event (bin, gst_event_new_eos ());
}

static gboolean
end_pad (GstElement *bin, GstPad *pad, gpointer data)
{
  gst_pad_push_event (pad, gst_event_new_eos ());
  return TRUE;
}

/* GstElementCallAsyncFunc: whoever has been paused by a client takes it when he goes on, or goes.
 */
static void
end_pads (GstElement *bin, gpointer data)
{
  gst_element_foreach_src_pad (bin, end_pad, NULL);
}

/* What has failed hands no end on by itself: it is told behind it, so that clients see it. */
static gboolean
fail_session (gpointer data)
{
  if (!serve_session_is_closed (data))
    gst_element_call_async (serve_session_get_bin (data), end_pads, NULL, NULL);
  serve_session_close (data);
  return G_SOURCE_REMOVE;
}

/* ServeMessageFunc. The media's own watch would leave it as it stands, and clients waiting. */
static void
on_message (GstMessage *message, gpointer data)
{
  ServeSession *session = data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return;
  gst_message_parse_error (message, &error, NULL);
  g_warning ("mounts.%s, rtsp: %s", serve_session_get_mount (session)->name, error->message);
  g_idle_add_full (G_PRIORITY_DEFAULT, fail_session, serve_session_ref (session), unref_session);
}

static GstPadProbeReturn
touch (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Play *play = data;
  const gint64 now = g_get_monotonic_time ();

  if (now - play->touched > G_USEC_PER_SEC) {
    play->touched = now;
    serve_session_touch (play->session);
  }
  return GST_PAD_PROBE_OK;
}

/* --- the bin, made in the main loop's thread --- */

typedef struct {
  RtspFactory *factory;
  char *owner; /* or NULL: of all */
} Order;

static void
free_order (gpointer data)
{
  Order *order = data;

  g_object_unref (order->factory);
  g_free (order->owner);
  g_free (order);
}

static gboolean
add_track (RtspFactory *factory, GstElement *bin, ServeSession *session,
    const ServeStreamCodec *codec, guint number, GError **error)
{
  const ServeRate rate = factory->mount->framerate;
  g_autofree char *line = serve_stream_codec_describe (codec);
  g_autofree char *payloader =
      g_strdup_printf ("%s name=pay%u pt=%u", codec->payloader, number, FIRST_PAYLOAD + number);
  const char *name = codec->is_audio ? "audio" : "video";
  GstElement *encoder, *pay;

  encoder = gst_parse_bin_from_description (line, TRUE, error);
  if (encoder == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (bin), encoder);
  pay = gst_parse_launch_full (payloader, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (pay == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (bin), pay);
  serve_stream_codec_prepare (
      codec, encoder, factory->mount, (guint)(KEY_SECONDS * rate.numerator / rate.denominator));
  if (gst_element_link_pads (serve_session_get_bin (session), name, encoder, "sink") &&
      gst_element_link (encoder, pay))
    return TRUE;
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED, "mounts.%s has no %s that could be encoded",
      factory->mount->name, name);
  return FALSE;
}

static gboolean
fill (RtspFactory *factory, GstElement *bin, ServeSession *session, GError **error)
{
  const ServeStreamCodec *codecs[] = { factory->video, factory->audio };
  guint n = 0;

  gst_bin_add (GST_BIN (bin), serve_session_get_bin (session));
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    if (codecs[i] != NULL && !add_track (factory, bin, session, codecs[i], n++, error))
      return FALSE;
  return TRUE;
}

/* From now on the bin has the session. */
static void
attach (GstElement *bin, ServeSession *session)
{
  Play *play = g_new0 (Play, 1);
  g_autoptr (GstIterator) pads = gst_element_iterate_src_pads (serve_session_get_bin (session));
  g_auto (GValue) item = G_VALUE_INIT;

  play->session = session;
  g_weak_ref_init (&play->bin, bin);
  g_object_set_data_full (G_OBJECT (bin), SESSION, play, free_play);
  serve_session_set_closed (session, session_closed, play);
  /* The bin holds it, too. */
  serve_watched_bin_watch (SERVE_WATCHED_BIN (bin), on_message, session, NULL);
  while (gst_iterator_next (pads, &item) == GST_ITERATOR_OK) {
    gst_pad_add_probe (g_value_get_object (&item), GST_PAD_PROBE_TYPE_BUFFER, touch, play, NULL);
    g_value_reset (&item);
  }
}

static gpointer
make_bin (gpointer data)
{
  const Order *order = data;
  RtspFactory *factory = order->factory;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) bin = NULL;
  ServeSession *session =
      serve_session_new (factory->server, factory->mount, order->owner, "rtsp", &error);

  if (session == NULL) {
    g_message ("mounts.%s, rtsp: %s", factory->mount->name, error->message);
    return NULL;
  }
  bin = gst_object_ref_sink (serve_watched_bin_new ());
  if (!fill (factory, bin, session, &error)) {
    g_warning ("mounts.%s, rtsp: %s", factory->mount->name, error->message);
    close_session (session);
    return NULL;
  }
  attach (bin, session);
  return g_steal_pointer (&bin);
}

/* --- the factory --- */

/* Whose token it is, else the address: what limits are counted by. */
static char *
find_owner (void)
{
  const GstRTSPContext *context = gst_rtsp_context_get_current ();
  const char *name = context != NULL && context->token != NULL
                         ? gst_rtsp_token_get_string (context->token, RTSP_CLIENT)
                         : NULL;

  if (context == NULL)
    return NULL;
  return g_strdup (
      name != NULL && *name != '\0' ? name : gst_rtsp_connection_get_ip (context->conn));
}

static GstElement *
create_element (GstRTSPMediaFactory *base, const GstRTSPUrl *url)
{
  RtspFactory *factory = RTSP_FACTORY (base);
  Order *order = g_new0 (Order, 1);
  GstElement *bin;

  order->factory = g_object_ref (factory);
  order->owner = factory->mount->settings->shared ? NULL : find_owner ();
  bin = serve_main_call (make_bin, order, free_order, gst_object_unref);
  /* Floating, as it is made by others. */
  if (bin != NULL)
    g_object_force_floating (G_OBJECT (bin));
  return bin;
}

static void
finalize (GObject *object)
{
  RtspFactory *factory = RTSP_FACTORY (object);

  serve_mount_unref (factory->mount);
  G_OBJECT_CLASS (rtsp_factory_parent_class)->finalize (object);
}

static void
rtsp_factory_class_init (RtspFactoryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
  GST_RTSP_MEDIA_FACTORY_CLASS (klass)->create_element = create_element;
}

static void
rtsp_factory_init (RtspFactory *factory)
{
}

GstRTSPMediaFactory *
rtsp_factory_new (ServeServer *server, ServeMount *mount, GError **error)
{
  const ServeStreamCodec *video = NULL, *audio = NULL;
  RtspFactory *factory;

  if (mount->has_video) {
    video = serve_stream_codec_for_video (mount->settings->codec, error);
    if (video == NULL)
      return NULL;
  }
  if (mount->has_audio) {
    audio = serve_stream_codec_for_audio (error);
    if (audio == NULL)
      return NULL;
  }
  factory = g_object_new (RTSP_TYPE_FACTORY, NULL);
  factory->server = server;
  factory->mount = serve_mount_ref (mount);
  factory->video = video;
  factory->audio = audio;
  gst_rtsp_media_factory_set_shared (GST_RTSP_MEDIA_FACTORY (factory), mount->settings->shared);
  gst_rtsp_media_factory_set_protocols (
      GST_RTSP_MEDIA_FACTORY (factory), GST_RTSP_LOWER_TRANS_UDP | GST_RTSP_LOWER_TRANS_TCP);
  gst_rtsp_media_factory_add_role (GST_RTSP_MEDIA_FACTORY (factory), RTSP_ROLE,
      GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
      GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
  return GST_RTSP_MEDIA_FACTORY (factory);
}
