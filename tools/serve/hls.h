/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HLS, with low latency and without: a mount's stream as lists and fragments of MP4, from memory.
 * Whoever asks first starts it, and it stops when nobody has asked for a while. Pictures and sound
 * are renditions of their own, so that each fragment has one track. */
#pragma once

#include "../../lib/base/bmff-times.h"
#include "../../lib/serve/hls-playlist.h"
#include "hls-feed.h"
#include "stream-codecs.h"
#include "stream-player.h"

typedef struct _HlsStream HlsStream;

/* A track of a stream. */
typedef struct {
  HlsStream *stream;
  const ServeStreamCodec *codec;
  const char *name; /* "video" or "audio": its list is NAME.m3u8 */
  GenHlsPlaylist *playlist;
  guint fragment; /* milliseconds, as the muxer is told */
  guint keys;     /* frames from key frame to key frame, or 0 */

  /* of the pipeline that plays */
  GstElement *bin;
  HlsFeed *feed;
  GenBmffTimes times;
  gint64 end; /* nanoseconds up to the end of what has come */
  char *mime; /* of CODECS; NULL: not yet known */
  int width, height;
} HlsTrack;

#define HLS_TRACKS 2

struct _HlsStream {
  ServeServer *server;
  ServeMount *mount;
  HlsTrack tracks[HLS_TRACKS]; /* those that it has, pictures first */
  guint n_tracks;
  GPtrArray *waiting;        /* requests for what is not there yet; of hls-answer.c */
  ServeStreamPlayer *player; /* NULL: it does not play */
};

/* NULL with `error`: the mount cannot be seen so. */
HlsStream *hls_stream_new (ServeServer *server, ServeMount *mount, GError **error);
void hls_stream_free (HlsStream *stream);

/* Play, if it does not. FALSE with `error` (SERVE_ERROR): it cannot now. */
gboolean hls_stream_play (HlsStream *stream, GError **error);
/* That was all, for the time being: whoever waits is told so. */
void hls_stream_stop (HlsStream *stream);
/* That of a list, such as "video.m3u8", or NULL. */
HlsTrack *hls_stream_find_list (HlsStream *stream, const char *file);
/* Whether each of its tracks has a segment, and players can begin. */
gboolean hls_stream_is_ready (const HlsStream *stream);
/* The list of its renditions, and that of a track, without what is old. (transfer full) */
char *hls_stream_write (const HlsStream *stream);
char *hls_track_write (const HlsTrack *track, gboolean skip);

/* --- requests, in hls-answer.c --- */

/* Answer a request for a file of the stream, at once or as soon as it is there. */
void hls_answer (HlsStream *stream, ServeRequest *request, const char *file);
/* There is more: answer those that have waited for it. */
void hls_answer_waiting (HlsStream *stream);
/* There will be no more. */
void hls_answer_none (HlsStream *stream);
