/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in the future are of no use to a live stream: encoders look ahead at none, and each works
 * in one thread, since there are as many as there are streams. Key frames come when they are asked
 * for, and at no change of scenes, so that parts and segments of HLS are as long as is promised. */
#include "stream-codecs.h"

#include <string.h>

#include <gio/gio.h>
#include <gst/video/video.h>

#include "configuration.h"

/* Samples of colour stand for two by two. */
#define EVEN "video/x-raw,format=I420,width=[2,16384,2],height=[2,16384,2]"

static const ServeStreamEncoder h264_encoders[] = {
  { "x264enc",
      "tune=zerolatency speed-preset=veryfast threads=1 bframes=0 b-adapt=false rc-lookahead=0 "
      "key-int-max=600 option-string=scenecut=0 ! capsfilter caps=video/x-h264,stream-format=avc",
      "bitrate", 1000 },
  { "openh264enc",
      "complexity=low rate-control=bitrate gop-size=600 scene-change-detection=false ! h264parse ! "
      "capsfilter caps=video/x-h264,stream-format=avc,alignment=au",
      "bitrate", 1 },
  { NULL },
};

static const ServeStreamCodec h264 = {
  .name = "h264",
  .blurb = "H.264: what every player decodes",
  .encoders = h264_encoders,
  .raw = EVEN,
  .payloader = "rtph264pay config-interval=-1 aggregate-mode=zero-latency",
  .in_mp4 = TRUE,
};

static const ServeStreamEncoder vp8_encoders[] = {
  { "vp8enc", "deadline=1 cpu-used=8 threads=1 end-usage=cbr lag-in-frames=0 keyframe-max-dist=600",
      "target-bitrate", 1 },
  { NULL },
};

static const ServeStreamCodec vp8 = {
  .name = "vp8",
  .blurb = "VP8: by RTSP alone, as MP4 has no place for it",
  .encoders = vp8_encoders,
  .raw = EVEN,
  .payloader = "rtpvp8pay",
};

static const ServeStreamEncoder aac_encoders[] = {
  { "avenc_aac", "", "bitrate", 1 },
  { "voaacenc", "", "bitrate", 1 },
  { NULL },
};

static const ServeStreamCodec aac = {
  .name = "aac",
  .blurb = "AAC: what every player decodes",
  .is_audio = TRUE,
  .encoders = aac_encoders,
  .raw = "audio/x-raw,rate=48000,channels=[1,2]",
  .frame = 1024,
  .rate = 48000,
  .payloader = "rtpmp4gpay",
  .in_mp4 = TRUE,
};

static const ServeStreamEncoder opus_encoders[] = {
  { "opusenc", "frame-size=20 bitrate-type=constrained-vbr", "bitrate", 1 },
  { NULL },
};

static const ServeStreamCodec opus = {
  .name = "opus",
  .blurb = "Opus: where there is no encoder of AAC",
  .is_audio = TRUE,
  .encoders = opus_encoders,
  .raw = "audio/x-raw,rate=48000,channels=[1,2]",
  .frame = 960,
  .rate = 48000,
  .payloader = "rtpopuspay",
  .in_mp4 = TRUE,
};

const ServeStreamCodec *const serve_stream_codecs[] = { &h264, &vp8, &aac, &opus, NULL };

/* --- what is installed --- */

static const ServeStreamEncoder *
find_encoder (const ServeStreamCodec *codec)
{
  for (const ServeStreamEncoder *encoder = codec->encoders; encoder->element != NULL; encoder++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (encoder->element);

    if (factory != NULL)
      return encoder;
  }
  return NULL;
}

static const ServeStreamCodec *
check (const ServeStreamCodec *codec, GError **error)
{
  if (find_encoder (codec) != NULL)
    return codec;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "there is no encoder of %s: the element %s is not installed", codec->name,
      codec->encoders[0].element);
  return NULL;
}

const ServeStreamCodec *
serve_stream_codec_for_video (int codec, GError **error)
{
  return check (codec == SERVE_CODEC_VP8 ? &vp8 : &h264, error);
}

const ServeStreamCodec *
serve_stream_codec_for_audio (GError **error)
{
  return find_encoder (&aac) != NULL ? &aac : check (&opus, error);
}

/* --- what they make --- */

#define SOUND_BITS 128000

char *
serve_stream_codec_describe (const ServeStreamCodec *codec)
{
  const ServeStreamEncoder *encoder = find_encoder (codec);

  return g_strdup_printf ("%s ! %s ! %s name=encoder %s",
      codec->is_audio ? "audioconvert ! audioresample" : "videoconvert ! videoscale", codec->raw,
      encoder->element, encoder->settings);
}

typedef struct {
  const ServeStreamEncoder *encoder;
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

static void
set_bitrate (GstElement *element, const ServeStreamEncoder *encoder, int bits)
{
  g_autofree char *text = g_strdup_printf ("%d", MAX (1, bits / encoder->unit));

  gst_util_set_object_arg (G_OBJECT (element), encoder->bitrate, text);
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
    set_bitrate (element, pictures->encoder,
        1000 * serve_mount_get_bitrate (pictures->mount, info.width, info.height));
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
    set_bitrate (element, find_encoder (codec), SOUND_BITS);
    return;
  }
  pictures = g_new0 (Pictures, 1);
  pictures->encoder = find_encoder (codec);
  pictures->mount = serve_mount_ref (mount);
  pictures->frames = MAX (frames, 1);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      look_at_pictures, pictures, free_pictures);
}
