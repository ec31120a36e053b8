/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a playlist of HLS holds, for the files that make it. */
#pragma once

#include "hls-playlist.h"

typedef struct {
  GBytes *bytes;
  guint64 number; /* of all parts */
  gint64 duration;
  gboolean independent;
} GenHlsKeptPart;

typedef struct {
  guint64 number; /* the media sequence number */
  GPtrArray *parts;
  gint64 duration, time;
  gsize bytes;
  guint init; /* which initialization segment */
} GenHlsSegment;

struct _GenHlsPlaylist {
  GenHlsSettings settings;
  char *name;
  GPtrArray *inits;     /* of GBytes; those that nothing needs any more are NULL */
  GPtrArray *segments;  /* whole ones, the oldest first; more than are listed */
  GenHlsSegment *open;  /* the one that is coming, or NULL */
  guint64 next_segment; /* the number of the next one */
  guint64 next_part;    /* the number of the next part */
  guint64 interruptions;
  gint64 length; /* since the last interruption */
  guint64 cells; /* segments on the grid since then */
  guint64 peak;
  gboolean ended;
};

/* What is promised of segments, in seconds. */
static inline guint
gen_hls_target (const GenHlsPlaylist *playlist)
{
  return MAX (1, (guint)((playlist->settings.segment + GEN_HLS_SECOND / 2) / GEN_HLS_SECOND));
}

/* The first of `segments` that is listed. */
static inline guint
gen_hls_first (const GenHlsPlaylist *playlist)
{
  const guint n = playlist->segments->len, most = playlist->settings.most_segments;

  return n > most ? n - most : 0;
}
