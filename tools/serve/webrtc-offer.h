/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The offer of a peer: a session description of which the server can be the other side. What is
 * wrong with one is told before anything is started for it. */
#pragma once

#include <gst/sdp/sdp.h>

#include "webrtc-codecs.h"

/* Media lines that an offer may have: pictures, sound and a data channel are three. */
#define SERVE_WEBRTC_MEDIA_MOST 8

/* A medium of the offer that is answered, and by which of its formats. */
typedef struct {
  guint line; /* its place in the offer, from 0 */
  const ServeWebrtcCodec *codec;
  int payload;   /* the type of the format */
  GstCaps *caps; /* that tell it from the others */
} ServeWebrtcMedium;

typedef struct {
  GstSDPMessage *sdp;
  GPtrArray *names; /* what its media are called, in their order; ends on NULL */
  char *user;       /* of ICE */
  GPtrArray *media; /* of ServeWebrtcMedium: those that are answered */
} ServeWebrtcOffer;

typedef enum {
  SERVE_WEBRTC_SEND,    /* the peer receives */
  SERVE_WEBRTC_RECEIVE, /* the peer sends */
} ServeWebrtcDirection;

/* G_IO_ERROR_INVALID_DATA: it is no offer. */
ServeWebrtcOffer *serve_webrtc_offer_parse (const char *text, gsize length, GError **error);
void serve_webrtc_offer_free (ServeWebrtcOffer *offer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeWebrtcOffer, serve_webrtc_offer_free)

/* Choose a format of the first "video" or "audio" that goes into `direction`: that of the codec
 * `preferred` where there is one, or else of any. FALSE where there is none.
 * G_IO_ERROR_NOT_SUPPORTED: there is the medium, but no codec that is known. */
gboolean serve_webrtc_offer_choose (ServeWebrtcOffer *offer, const char *medium,
    ServeWebrtcDirection direction, const char *preferred, GError **error);
