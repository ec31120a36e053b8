/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key frames come when they are asked for, and at no change of scenes, so that parts and segments
 * of HLS are as long as is promised. */
#include "stream-codecs.h"

#include <gst/video/video.h>

#include "configuration.h"

/* Samples of colour stand for two by two. */
#define EVEN "video/x-raw,format=I420,width=[2,16384,2],height=[2,16384,2]"

static const ServeLiveEncoding h264_encodings[] = {
  { &serve_live_encoder_x264,
      "speed-preset=veryfast rc-lookahead=0 key-int-max=600 option-string=scenecut=0",
      "capsfilter caps=video/x-h264,stream-format=avc" },
  { &serve_live_encoder_openh264, "gop-size=600 scene-change-detection=false",
      "h264parse ! capsfilter caps=video/x-h264,stream-format=avc,alignment=au" },
  { NULL },
};

static const ServeStreamCodec h264 = {
  .name = "h264",
  .blurb = "H.264: what every player decodes",
  .encodings = h264_encodings,
  .raw = EVEN,
  .payloader = "rtph264pay config-interval=-1 aggregate-mode=zero-latency",
  .in_mp4 = TRUE,
};

static const ServeLiveEncoding vp8_encodings[] = {
  { &serve_live_encoder_vp8, "keyframe-max-dist=600", NULL },
  { NULL },
};

static const ServeStreamCodec vp8 = {
  .name = "vp8",
  .blurb = "VP8: by RTSP alone, as MP4 has no place for it",
  .encodings = vp8_encodings,
  .raw = EVEN,
  .payloader = "rtpvp8pay",
};

static const ServeLiveEncoding aac_encodings[] = {
  { &serve_live_encoder_avenc_aac, NULL, NULL },
  { &serve_live_encoder_voaac, NULL, NULL },
  { NULL },
};

static const ServeStreamCodec aac = {
  .name = "aac",
  .blurb = "AAC: what every player decodes",
  .is_audio = TRUE,
  .encodings = aac_encodings,
  .raw = "audio/x-raw,rate=48000,channels=[1,2]",
  .frame = 1024,
  .rate = 48000,
  .payloader = "rtpmp4gpay",
  .in_mp4 = TRUE,
};

static const ServeLiveEncoding opus_encodings[] = {
  { &serve_live_encoder_opus, NULL, NULL },
  { NULL },
};

static const ServeStreamCodec opus = {
  .name = "opus",
  .blurb = "Opus: where there is no encoder of AAC",
  .is_audio = TRUE,
  .encodings = opus_encodings,
  .raw = "audio/x-raw,rate=48000,channels=[1,2]",
  .frame = 960,
  .rate = 48000,
  .payloader = "rtpopuspay",
  .in_mp4 = TRUE,
};

const ServeStreamCodec *const serve_stream_codecs[] = { &h264, &vp8, &aac, &opus, NULL };

/* --- what is installed --- */

static const ServeLiveEncoding *
find_encoding (const ServeStreamCodec *codec, GError **error)
{
  return serve_live_encoding_find (codec->encodings, codec->name, error);
}

static const ServeStreamCodec *
check (const ServeStreamCodec *codec, GError **error)
{
  return find_encoding (codec, error) != NULL ? codec : NULL;
}

const ServeStreamCodec *
serve_stream_codec_for_video (int codec, GError **error)
{
  return check (codec == SERVE_CODEC_VP8 ? &vp8 : &h264, error);
}

const ServeStreamCodec *
serve_stream_codec_for_audio (GError **error)
{
  return check (&aac, NULL) != NULL ? &aac : check (&opus, error);
}

/* --- what they make --- */

#define SOUND_BITS 128000

char *
serve_stream_codec_describe (const ServeStreamCodec *codec)
{
  g_autofree char *encoder = serve_live_encoding_describe (find_encoding (codec, NULL));

  return g_strdup_printf ("%s ! %s ! %s",
      codec->is_audio ? "audioconvert ! audioresample" : "videoconvert ! videoscale", codec->raw,
      encoder);
}

typedef struct {
  const ServeLiveEncoding *encoding;
  ServeMount *mount;
  guint frames, left; /* from key frame to key frame, and up to the next one */
} Pictures;

static void
free_pictures (gpointer data)
{
  Pictures *pictures = data;

  serve_mount_unref (pictures->mount);
  g_free (pictures);
}

/* How large pictures are is known before the first of them is encoded. */
static void
look_at_event (GstPad *pad, GstEvent *event, Pictures *pictures)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);
  GstVideoInfo info;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return;
  gst_event_parse_caps (event, &caps);
  if (gst_video_info_from_caps (&info, caps))
    serve_live_encoding_set_bitrate (pictures->encoding, element,
        1000 * (guint)serve_mount_get_bitrate (pictures->mount, info.width, info.height));
}

static GstPadProbeReturn
look_at_pictures (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Pictures *pictures = data;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    look_at_event (pad, GST_PAD_PROBE_INFO_EVENT (info), pictures);
    return GST_PAD_PROBE_OK;
  }
  if (pictures->left == 0) {
    gst_pad_send_event (pad, gst_video_event_new_downstream_force_key_unit (GST_CLOCK_TIME_NONE,
                                 GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE, 0));
    pictures->left = pictures->frames;
  }
  pictures->left--;
  return GST_PAD_PROBE_OK;
}

void
serve_stream_codec_prepare (
    const ServeStreamCodec *codec, GstElement *bin, ServeMount *mount, guint frames)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (bin), "encoder");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "sink");
  Pictures *pictures;

  if (codec->is_audio) {
    serve_live_encoding_set_bitrate (find_encoding (codec, NULL), element, SOUND_BITS);
    return;
  }
  pictures = g_new0 (Pictures, 1);
  pictures->encoding = find_encoding (codec, NULL);
  pictures->mount = serve_mount_ref (mount);
  pictures->frames = MAX (frames, 1);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      look_at_pictures, pictures, free_pictures);
}
