/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The codecs of streams that many see (RTSP, HLS), a constant each. Which of the encoders of one is
 * installed is known when the server runs. */
#pragma once

#include "live-encoders.h"
#include "mount.h"

typedef struct {
  const char *name, *blurb;
  gboolean is_audio;
  const ServeLiveEncoding *encodings;
  const char *raw;       /* caps of what they take */
  int frame;             /* samples of sound that are a frame, or 0 */
  int rate;              /* of sound: what `raw` says */
  const char *payloader; /* of RTP */
  gboolean in_mp4;
} ServeStreamCodec;

/* Ended by NULL; of each medium the best one first. */
extern const ServeStreamCodec *const serve_stream_codecs[];

/* The codec of a mount's pictures, by its SERVE_CODEC_…, and the first one for sound that has an
 * encoder. NULL with `error` where nothing is installed that makes it. */
const ServeStreamCodec *serve_stream_codec_for_video (int codec, GError **error);
const ServeStreamCodec *serve_stream_codec_for_audio (GError **error);

/* As in a launch line: raw media become what the codec makes. The encoder is called "encoder".
 * (transfer full) */
char *serve_stream_codec_describe (const ServeStreamCodec *codec);
/* Let the encoder in `bin` make as much as `mount` says that suits its pictures. Each `frames`th
 * frame, and the first, is to be a key frame. */
void serve_stream_codec_prepare (
    const ServeStreamCodec *codec, GstElement *bin, ServeMount *mount, guint frames);
