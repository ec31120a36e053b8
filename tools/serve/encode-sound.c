/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds. */
#include <string.h>

#include "encode-stream.h"
#include "encode-settle.h"

#define PREPARED "audioconvert dithering=none ! audioresample ! "

#define SOUND(kind, type, suffix, back, fix, launch_line, ...)                                     \
  static const ServeStreamKind kind##_kind = {                                                     \
    .launch = PREPARED launch_line, .goes_back = back, .settle = fix                               \
  };                                                                                               \
  static gboolean kind##_is_there (void)                                                           \
  {                                                                                                \
    const char *const elements[] = { "audioconvert", "audioresample", __VA_ARGS__, NULL };         \
    return serve_stream_has (elements);                                                            \
  }                                                                                                \
  static gpointer kind##_open (                                                                    \
      const ServeEncodeOptions *options, ServeEncodeFunc made, gpointer data, GError **error)      \
  {                                                                                                \
    return serve_stream_open (&kind##_kind, options, made, data, error);                           \
  }                                                                                                \
  const ServeEncoder serve_encoder_##kind = {                                                      \
    .format = { .name = #kind, .media_type = type, .extension = suffix, .sounds = TRUE },          \
    .is_there = kind##_is_there,                                                                   \
    .open = kind##_open,                                                                           \
    .add = serve_stream_add,                                                                       \
    .finish = serve_stream_finish,                                                                 \
    .free = serve_stream_free,                                                                     \
  }

SOUND (wav, "audio/wav", "wav", TRUE, NULL, "audio/x-raw,format=S16LE ! wavenc", "wavenc",
    "giostreamsink");
SOUND (flac, "audio/flac", "flac", TRUE, NULL, "audio/x-raw,format=S16LE ! flacenc", "flacenc",
    "giostreamsink");
SOUND (mp3, "audio/mpeg", "mp3", FALSE, NULL, "lamemp3enc ! id3v2mux", "lamemp3enc", "id3v2mux");
SOUND (opus, "audio/ogg", "ogg", FALSE, serve_settle_ogg, "opusenc ! oggmux", "opusenc", "oggmux");
SOUND (aac, "audio/aac", "aac", FALSE, NULL,
    "audio/x-raw,channels=[1,2] ! voaacenc ! "
    "capsfilter caps=audio/mpeg,mpegversion=4,stream-format=adts",
    "voaacenc", "capsfilter");
/* As clients of OpenAI's API expect it. */
SOUND (pcm, "audio/pcm", "pcm", FALSE, NULL,
    "capsfilter caps=audio/x-raw,format=S16LE,rate=24000,channels=1", "capsfilter");
