/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "webrtc-codecs.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

/* --- VP8 (RFC 6386, RFC 7741): every browser has to have it --- */

static const ServeLiveEncoding vp8_encodings[] = {
  { &serve_live_encoder_vp8,
      "error-resilient=default keyframe-max-dist=120 buffer-initial-size=300 "
      "buffer-optimal-size=400 buffer-size=600",
      NULL },
  { NULL },
};
static const char *const vp8_decoders[] = { "vp8dec", NULL };

static const ServeWebrtcCodec vp8 = {
  .name = "vp8",
  .blurb = "VP8: every browser has to have it",
  .medium = "video",
  .encoding = "VP8",
  .encodings = vp8_encodings,
  .payloader = "rtpvp8pay picture-id-mode=15-bit",
  .depayloader = "rtpvp8depay request-keyframe=true wait-for-keyframe=true",
  .decoders = vp8_decoders,
};

/* --- H.264 (RFC 6184), constrained baseline, packets of fragments --- */

static const ServeLiveEncoding h264_encodings[] = {
  { &serve_live_encoder_x264, "speed-preset=ultrafast key-int-max=120 vbv-buf-capacity=300",
      "video/x-h264,profile=constrained-baseline,stream-format=byte-stream" },
  { &serve_live_encoder_openh264, "gop-size=120 usage-type=camera",
      "video/x-h264,profile=constrained-baseline" },
  { NULL },
};
static const char *const h264_decoders[] = { "avdec_h264", "openh264dec", NULL };

/* The payloader cuts frames into fragments, which mode 0 has not, and the encoder's profile is
 * understood by decoders of each baseline and above it. */
static gboolean
h264_fits (const GstStructure *format)
{
  const char *mode = gst_structure_get_string (format, "packetization-mode");
  const char *profile = gst_structure_get_string (format, "profile-level-id");

  return g_strcmp0 (mode, "1") == 0 &&
         (profile == NULL || g_ascii_strncasecmp (profile, "42", 2) == 0);
}

static const ServeWebrtcCodec h264 = {
  .name = "h264",
  .blurb = "H.264, constrained baseline: many devices decode it in hardware",
  .medium = "video",
  .encoding = "H264",
  .encodings = h264_encodings,
  .payloader = "h264parse config-interval=-1 ! rtph264pay aggregate-mode=zero-latency "
               "config-interval=-1",
  .depayloader = "rtph264depay request-keyframe=true wait-for-keyframe=true ! h264parse",
  .decoders = h264_decoders,
  .fits = h264_fits,
};

/* --- Opus (RFC 6716, RFC 7587) --- */

static const ServeLiveEncoding opus_encodings[] = {
  { &serve_live_encoder_opus, NULL, NULL },
  { NULL },
};
static const char *const opus_decoders[] = { "opusdec use-inband-fec=true plc=true", NULL };

static const ServeWebrtcCodec opus = {
  .name = "opus",
  .blurb = "Opus: every browser has to have it",
  .medium = "audio",
  .encoding = "OPUS",
  .encodings = opus_encodings,
  .payloader = "rtpopuspay",
  .depayloader = "rtpopusdepay",
  .decoders = opus_decoders,
};

const ServeWebrtcCodec *const serve_webrtc_codecs[] = { &vp8, &h264, &opus, NULL };

const ServeWebrtcCodec *
serve_webrtc_codec_find (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (int i = 0; serve_webrtc_codecs[i] != NULL; i++) {
    if (strcmp (serve_webrtc_codecs[i]->name, name) == 0)
      return serve_webrtc_codecs[i];
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", serve_webrtc_codecs[i]->name);
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
      "there is no codec %s for WebRTC; there are %s", name, names->str);
  return NULL;
}

/* --- what is installed --- */

/* Of a launch line that begins with an element. */
static gboolean
is_installed (const char *line)
{
  g_autofree char *name = g_strndup (line, strcspn (line, " "));
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

const ServeLiveEncoding *
serve_webrtc_codec_get_encoding (const ServeWebrtcCodec *codec)
{
  return serve_live_encoding_find (codec->encodings, codec->name, NULL);
}

const char *
serve_webrtc_codec_get_decoder (const ServeWebrtcCodec *codec)
{
  for (int i = 0; codec->decoders[i] != NULL; i++)
    if (is_installed (codec->decoders[i]))
      return codec->decoders[i];
  return NULL;
}

/* --- bins --- */

static gboolean
is_video (const ServeWebrtcCodec *codec)
{
  return strcmp (codec->medium, "video") == 0;
}

static GstElement *
make_bin (const char *line, GError **error)
{
  GstElement *bin = gst_parse_bin_from_description_full (
      line, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS | GST_PARSE_FLAG_NO_SINGLE_ELEMENT_BINS, error);

  return bin != NULL ? gst_object_ref_sink (bin) : NULL;
}

GstElement *
serve_webrtc_codec_make_sender (
    const ServeWebrtcCodec *codec, int payload, guint bitrate, ServeRate rate, GError **error)
{
  const ServeLiveEncoding *encoding =
      serve_live_encoding_find (codec->encodings, codec->name, error);
  g_autofree char *encoder = NULL, *line = NULL;
  g_autoptr (GstElement) queue = NULL;
  GstElement *sender;

  if (encoding == NULL)
    return NULL;
  encoder = serve_live_encoding_describe (encoding);
  line = g_strdup_printf ("queue name=waiting ! %s ! %s ! %s pt=%d",
      is_video (codec) ? "videoconvert" : "audioconvert ! audioresample", encoder, codec->payloader,
      payload);
  sender = make_bin (line, error);
  if (sender == NULL)
    return NULL;
  queue = gst_bin_get_by_name (GST_BIN (sender), "waiting");
  serve_waiting_limit (queue, is_video (codec) ? rate : (ServeRate){ 0, 1 });
  serve_webrtc_codec_set_bitrate (codec, sender, bitrate);
  return sender;
}

GstElement *
serve_webrtc_codec_make_receiver (
    const ServeWebrtcCodec *codec, int width, int height, GError **error)
{
  const char *decoder = serve_webrtc_codec_get_decoder (codec);
  g_autofree char *line = NULL, *limits = NULL;

  if (decoder == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "there is no decoder of %s: %s is not installed", codec->name, codec->decoders[0]);
    return NULL;
  }
  limits = g_strdup_printf ("video/x-raw,width=[1,%d],height=[1,%d] ! videoconvert", width, height);
  line = g_strdup_printf ("queue ! %s ! %s ! %s", codec->depayloader, decoder,
      is_video (codec) ? limits : "audioconvert ! audioresample");
  return make_bin (line, error);
}

void
serve_webrtc_codec_set_bitrate (const ServeWebrtcCodec *codec, GstElement *sender, guint bitrate)
{
  g_autoptr (GstElement) encoder = gst_bin_get_by_name (GST_BIN (sender), "encoder");

  serve_live_encoding_set_bitrate (serve_webrtc_codec_get_encoding (codec), encoder, bitrate);
}
