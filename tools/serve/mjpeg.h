/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as JPEG, one after the other (multipart/x-mixed-replace), and single ones (snapshots). */
#pragma once

#include "stream-player.h"

/* --- a stream of frames, in mjpeg-frames.c --- */

typedef struct _MjpegFrames MjpegFrames;

typedef struct {
  void (*came) (gpointer data);  /* there is a frame */
  void (*ended) (gpointer data); /* none will come; whoever has the frames frees them */
} MjpegEvents;

/* Those of a new session of `mount`, for `owner` or all. NULL with `error` (SERVE_ERROR). Frames
 * that the main loop is too late for are counted by `lost`, which outlives them. */
MjpegFrames *mjpeg_frames_new (ServeServer *server, ServeMount *mount, const char *owner,
    const MjpegEvents *events, gpointer data, GenCounter *lost, GError **error);
void mjpeg_frames_free (MjpegFrames *frames);
/* The last frame, as JPEG, or NULL: none has come. (transfer none) */
GBytes *mjpeg_frames_get (const MjpegFrames *frames);
/* The same as it was before. (transfer full) */
GstSample *mjpeg_frames_get_raw (const MjpegFrames *frames);
/* How many have come. */
guint64 mjpeg_frames_count (const MjpegFrames *frames);
ServeSession *mjpeg_frames_get_session (MjpegFrames *frames);

/* --- a stream and those who watch it, in mjpeg-stream.c --- */

typedef struct _MjpegStream MjpegStream;

struct _MjpegStream {
  ServeServer *server;
  ServeMount *mount;
  MjpegFrames *frames; /* NULL: it does not play */
  GenCounter *lost;    /* frames that viewers of the mount have not taken in time: it stays */
  GBytes *part;        /* frame `part_number` as viewers get it, or NULL */
  guint64 part_number;
  GPtrArray *viewers;   /* that get all frames they take */
  GPtrArray *snapshots; /* requests that wait for the first frame */
  gboolean alone;       /* it is there for one viewer, and goes with it */
};

MjpegStream *mjpeg_stream_new (ServeServer *server, ServeMount *mount);
void mjpeg_stream_free (MjpegStream *stream);
/* Play, for `owner` or all, if it does not. FALSE with `error` (SERVE_ERROR). */
gboolean mjpeg_stream_play (MjpegStream *stream, const char *owner, GError **error);
/* Whoever asks sees what it plays from now on; `alone`: the stream is freed with it. */
void mjpeg_stream_add_viewer (MjpegStream *stream, ServeRequest *request);

/* --- single frames, in mjpeg-snapshot.c --- */

/* Answer with a frame of the stream, which plays, of "image/png" or "image/jpeg". */
void mjpeg_snapshot (MjpegStream *stream, ServeRequest *request, const char *type);
/* There is a frame: answer those that have waited. */
void mjpeg_snapshot_waiting (MjpegStream *stream);
/* There will be none. */
void mjpeg_snapshot_none (MjpegStream *stream);
