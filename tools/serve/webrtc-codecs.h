/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codecs that are spoken by WebRTC, a constant each. Which of the encoders of one is there is
 * known when the server starts. */
#pragma once

#include "live-encoders.h"
#include "waiting.h"

typedef struct {
  const char *name;     /* as the configuration has it */
  const char *blurb;    /* a sentence */
  const char *medium;   /* "video" or "audio" */
  const char *encoding; /* as SDP has it */
  const ServeLiveEncoding *encodings;
  const char *payloader;
  const char *depayloader;
  const char *const *decoders; /* the best one first, NULL-terminated */
  /* Whether a format of this codec in an offer, its caps, is one that the payloader makes; NULL:
   * each is. */
  gboolean (*fits) (const GstStructure *format);
} ServeWebrtcCodec;

/* NULL-terminated. */
extern const ServeWebrtcCodec *const serve_webrtc_codecs[];

const ServeWebrtcCodec *serve_webrtc_codec_find (const char *name, GError **error);

/* How it is encoded and decoded with what is installed, or NULL. */
const ServeLiveEncoding *serve_webrtc_codec_get_encoding (const ServeWebrtcCodec *codec);
const char *serve_webrtc_codec_get_decoder (const ServeWebrtcCodec *codec);

/* Raw frames to RTP with a payload type: a bin with the pads "sink" and "src", and the encoder in
 * it by the name "encoder". Frames of `rate` wait in front of it (waiting.h). */
GstElement *serve_webrtc_codec_make_sender (
    const ServeWebrtcCodec *codec, int payload, guint bitrate, ServeRate rate, GError **error);
/* RTP to raw frames: a bin with the pads "sink" and "src". Pictures that are larger than `width` x
 * `height` are an error of it. */
GstElement *serve_webrtc_codec_make_receiver (
    const ServeWebrtcCodec *codec, int width, int height, GError **error);
/* What the encoder of a sender makes from now on. */
void serve_webrtc_codec_set_bitrate (
    const ServeWebrtcCodec *codec, GstElement *sender, guint bitrate);
