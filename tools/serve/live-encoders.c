/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in the future are of no use to a live stream: encoders look ahead at none, and each works
 * in one thread, since there are as many as there are streams. */
#include "live-encoders.h"

#include <gio/gio.h>

const ServeLiveEncoder serve_live_encoder_vp8 = { "vp8enc",
  "deadline=1 cpu-used=8 threads=1 end-usage=cbr lag-in-frames=0", "target-bitrate", 1 };

const ServeLiveEncoder serve_live_encoder_x264 = { "x264enc",
  "tune=zerolatency threads=1 bframes=0 b-adapt=false", "bitrate", 1000 };

const ServeLiveEncoder serve_live_encoder_openh264 = { "openh264enc",
  "complexity=low rate-control=bitrate", "bitrate", 1 };

const ServeLiveEncoder serve_live_encoder_avenc_aac = { "avenc_aac", "", "bitrate", 1 };

const ServeLiveEncoder serve_live_encoder_voaac = { "voaacenc", "", "bitrate", 1 };

const ServeLiveEncoder serve_live_encoder_opus = { "opusenc",
  "frame-size=20 bitrate-type=constrained-vbr", "bitrate", 1 };

const ServeLiveEncoding *
serve_live_encoding_find (const ServeLiveEncoding *encodings, const char *codec, GError **error)
{
  for (const ServeLiveEncoding *encoding = encodings; encoding->encoder != NULL; encoding++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (encoding->encoder->element);

    if (factory != NULL)
      return encoding;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "there is no encoder of %s: the element %s is not installed", codec,
      encodings->encoder->element);
  return NULL;
}

char *
serve_live_encoding_describe (const ServeLiveEncoding *encoding)
{
  return g_strdup_printf ("%s name=encoder %s %s %s%s", encoding->encoder->element,
      encoding->encoder->settings, encoding->settings != NULL ? encoding->settings : "",
      encoding->then != NULL ? "! " : "", encoding->then != NULL ? encoding->then : "");
}

void
serve_live_encoding_set_bitrate (const ServeLiveEncoding *encoding, GstElement *encoder, guint bits)
{
  g_autofree char *text = g_strdup_printf ("%u", MAX (1, bits / encoding->encoder->unit));

  gst_util_set_object_arg (G_OBJECT (encoder), encoding->encoder->bitrate, text);
}
