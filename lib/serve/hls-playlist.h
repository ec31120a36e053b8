/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The playlist of one rendition of a live stream (HLS, RFC 8216, with low latency by RFC 8216bis),
 * and what it lists: parts, each a fragment of MP4, of which segments are made.
 *
 * What comes is a row of parts. A segment ends where it is as long as segments are to be, on a grid
 * that starts with the stream, so that those of pictures and of sound end at about the same time;
 * players of old get segments, later ones parts as they come. Both lists are one text.
 *
 * A list may never say of a segment that it is longer than it has promised for all
 * (TARGETDURATION), nor of a part (PART-TARGET): whoever hands over parts keeps to the length of
 * parts, and a segment in which nothing can be begun is ended where it would break the promise.
 *
 * Lengths are nanoseconds: a stream that goes on for years stays on its grid. Nothing here knows of
 * time, threads, files or sockets: times are those of the parts, in microseconds. */
#pragma once

#include <glib.h>

#include "../private-api.h"

#define GEN_HLS_SECOND G_GINT64_CONSTANT (1000000000)

/* What a request for the list asks for (_HLS_msn, _HLS_part, _HLS_skip). */
typedef struct {
  gint64 segment; /* the list is to have this one, or its part; -1: the list as it is */
  gint64 part;    /* -1: the whole segment */
  gboolean skip;  /* what is old may be left out */
} GenHlsRequest;

/* Values of a request's query, NULL where they are not there. FALSE with `error`, which says what
 * would be right. */
GEN_PRIVATE_API gboolean gen_hls_request_parse (GenHlsRequest *request, const char *segment,
    const char *part, const char *skip, GError **error);

typedef enum {
  GEN_HLS_READY,   /* it is there */
  GEN_HLS_COMING,  /* it will be */
  GEN_HLS_MISSING, /* it is not, or no more */
  GEN_HLS_TOO_FAR, /* it is not to be waited for */
} GenHlsState;

typedef struct {
  const char *name;    /* what files are called by: NAME-part-12.m4s */
  gint64 segment;      /* how long segments are to be, in nanoseconds */
  gint64 part;         /* no part is longer, in nanoseconds */
  guint most_segments; /* that are listed */
} GenHlsSettings;

typedef struct {
  GBytes *bytes;
  gint64 duration;      /* nanoseconds */
  gint64 time;          /* of the first sample: microseconds since 1970 */
  gboolean independent; /* decoding can begin with it */
} GenHlsPart;

typedef struct _GenHlsPlaylist GenHlsPlaylist;

GEN_PRIVATE_API GenHlsPlaylist *gen_hls_playlist_new (const GenHlsSettings *settings);
GEN_PRIVATE_API void gen_hls_playlist_free (GenHlsPlaylist *playlist);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenHlsPlaylist, gen_hls_playlist_free)

/* The initialization segment (EXT-X-MAP) of all parts that follow; the first one has to come before
 * them. */
GEN_PRIVATE_API void gen_hls_playlist_set_init (GenHlsPlaylist *playlist, GBytes *init);
/* The next part. */
GEN_PRIVATE_API void gen_hls_playlist_add (GenHlsPlaylist *playlist, const GenHlsPart *part);
/* What follows does not go on from what has come, which is no longer listed nor there: nobody has
 * been watching. It begins with an initialization segment; numbers go on. */
GEN_PRIVATE_API void gen_hls_playlist_interrupt (GenHlsPlaylist *playlist);
/* Nothing follows. */
GEN_PRIVATE_API void gen_hls_playlist_end (GenHlsPlaylist *playlist);

/* Whether the list has what a request wants. */
GEN_PRIVATE_API GenHlsState gen_hls_playlist_judge (
    const GenHlsPlaylist *playlist, const GenHlsRequest *request);
/* Segments that are listed, and bits a second of the largest segment. */
GEN_PRIVATE_API guint gen_hls_playlist_count (const GenHlsPlaylist *playlist);
GEN_PRIVATE_API guint64 gen_hls_playlist_get_peak (const GenHlsPlaylist *playlist);
/* What a request may wait for at most: three times what segments are promised to be, in seconds. */
GEN_PRIVATE_API guint gen_hls_playlist_get_patience (const GenHlsPlaylist *playlist);

/* The list. `skip`: without what a player that asks so has got already. Of each of the `others`
 * (NULL-terminated, of the same stream, or NULL) it says how far they are, under `uris`.
 * (transfer full) */
GEN_PRIVATE_API char *gen_hls_playlist_write (const GenHlsPlaylist *playlist, gboolean skip,
    const GenHlsPlaylist *const *others, const char *const *uris);

/* A file that is or was listed, or that is told to come next. What it consists of is appended to
 * `pieces` (of GBytes), which may be NULL. */
GEN_PRIVATE_API GenHlsState gen_hls_playlist_find (
    const GenHlsPlaylist *playlist, const char *file, GPtrArray *pieces);
