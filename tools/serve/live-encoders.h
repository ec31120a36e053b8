/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encoders of live streams, a constant each, and the ways in which protocols use them. Which of
 * them are installed is known when the server runs. */
#pragma once

#include <gst/gst.h>

typedef struct {
  const char *element;
  const char *settings; /* as in a launch line: what each live stream wants */
  const char *bitrate;  /* the property that says how many bits a second it makes, */
  guint unit;           /* and how many one of its units is */
} ServeLiveEncoder;

extern const ServeLiveEncoder serve_live_encoder_vp8, serve_live_encoder_x264,
    serve_live_encoder_openh264, serve_live_encoder_avenc_aac, serve_live_encoder_voaac,
    serve_live_encoder_opus;

/* How a codec of a protocol is made. Lists of these have the best one first, and end on one without
 * an encoder. */
typedef struct {
  const ServeLiveEncoder *encoder;
  const char *settings; /* besides the encoder's own, or NULL */
  const char *then;     /* what follows it, as in a launch line, or NULL */
} ServeLiveEncoding;

/* The first one of a list whose encoder is installed. NULL with `error`, which names `codec`. */
const ServeLiveEncoding *serve_live_encoding_find (
    const ServeLiveEncoding *encodings, const char *codec, GError **error);

/* As in a launch line; the encoder in it is called "encoder". (transfer full) */
char *serve_live_encoding_describe (const ServeLiveEncoding *encoding);
/* How much `encoder`, the element, makes from now on. */
void serve_live_encoding_set_bitrate (
    const ServeLiveEncoding *encoding, GstElement *encoder, guint bits);
