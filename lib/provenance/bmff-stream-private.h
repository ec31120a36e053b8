/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A film that is being signed (bmff-stream.c says how): what its files share. */
#pragma once

#include "bmff-stream.h"
#include "bmff.h"

/* Of media data, as many bytes are kept: they are hashed with the file where the header is short.
 */
#define GEN_FILM_DATA_KEPT (GEN_BMFF_MDAT_HEAD - GEN_BMFF_HEADER)

/* The box in front of a fragment. */
#define GEN_FILM_MERKLE_SIZE 96

/* Bytes of the muxer's file that are kept, one after the other. */
typedef struct {
  guint64 start;
  GByteArray *bytes;
} GenFilmKept;

typedef struct {
  guint64 start, end;
} GenFilmRange;

/* From `start` on, bytes go `by` further; it wraps where they go back. */
typedef struct {
  guint64 start, by;
} GenFilmShift;

/* Media data. */
typedef struct {
  guint64 start;            /* of its content, in the muxer's file */
  guint64 end;              /* G_MAXUINT64 while it is not known */
  GArray *blocks;           /* of GenBmffBlock, those behind the first GEN_FILM_DATA_KEPT bytes */
  GenDigest *block, *early; /* of the first block, `early` is with those bytes */
  GenDigestValue early_hash;
  gboolean early_done;
  guint64 in_block;
} GenFilmData;

/* A box as it was written with its offsets moved. */
typedef struct {
  guint64 start;
  GBytes *bytes;
} GenFilmMoved;

typedef enum { GEN_FILM_IN_BOX, GEN_FILM_IN_DATA } GenFilmState;

struct _GenProvenanceStream {
  GenProvenanceManifest *manifest;
  GenProvenanceWrite write;
  gpointer user_data;
  gsize reserve;
  gboolean failed;

  /* The muxer's file. */
  guint64 end; /* of what has been appended */
  guint64 at;  /* where it writes */
  GenFilmState state;
  GenBmffBox box;   /* that is being appended */
  gboolean has_box; /* its header has been read */
  guint64 box_start;
  GArray *kept; /* of GenFilmKept */
  gsize kept_size;
  GArray *rewritten; /* of GenFilmRange */
  GArray *dropped;   /* of GenFilmRange: boxes with a manifest that was there */
  GPtrArray *data;   /* of GenFilmData */
  GPtrArray *moved;  /* of GenFilmMoved */

  /* What comes out. */
  GArray *shifts;  /* of GenFilmShift */
  guint64 written; /* where it ends */
  gboolean has_room;
  guint64 room;       /* where the manifest goes */
  GBytes *xmp;        /* a box that follows it; NULL: none */
  gboolean drops_xmp; /* of the muxer's file, since it is in that one */
  guint64 xmp_at;

  /* Fragments. */
  gboolean fragmented;
  guint64 first_fragment; /* in the muxer's file */
  guint64 first_merkle;   /* in what comes out */
  GenDigest *fragment;
  GArray *fragments;          /* of GenBmffBlock */
  guint64 index_end, indexed; /* of the last index behind the first fragment, and of what it is of;
                                 0: there is none */
};

/* --- bmff-stream-kept.c: what is kept, and what goes where --- */

/* Where a byte of the muxer's file has gone: a GenBmffMap, of a GenProvenanceStream. */
guint64 gen_film_map (guint64 offset, gpointer user_data);
/* From `start` on, bytes go where the stream is written now. */
void gen_film_shift (GenProvenanceStream *stream, guint64 start);
/* Write what comes next. */
gboolean gen_film_emit (
    GenProvenanceStream *stream, const guint8 *data, gsize size, GError **error);
/* Keep what the muxer appends now. */
gboolean gen_film_keep (
    GenProvenanceStream *stream, const guint8 *data, gsize size, GError **error);
/* The bytes from `start` on, as many as are kept in one piece; NULL: none. */
guint8 *gen_film_find_kept (const GenProvenanceStream *stream, guint64 start, gsize *size);
gboolean gen_film_has_offsets (const GenBmffBox *box);
/* A box as it goes, with its places moved where it has some. (transfer full) */
GBytes *gen_film_move_box (GenProvenanceStream *stream, guint64 start, const guint8 *data,
    gsize size, gboolean offsets, GError **error);
/* Always FALSE. */
gboolean gen_film_error (GError **error, const char *what, guint64 at);

/* --- bmff-stream-pass.c: boxes and media data that pass --- */

/* Leave room for the manifest in front of `start`. */
gboolean gen_film_leave_room (GenProvenanceStream *stream, guint64 start, GError **error);
/* A whole box, which ends where the muxer is. */
gboolean gen_film_pass_box (GenProvenanceStream *stream, const guint8 *data, GError **error);
/* A box begins where the muxer is. */
void gen_film_begin_box (GenProvenanceStream *stream);
/* Media data begin: their header has come. `open`: it does not say how much there will be. */
gboolean gen_film_begin_data (
    GenProvenanceStream *stream, const guint8 *header, gboolean open, GError **error);
gboolean gen_film_pass_data (
    GenProvenanceStream *stream, const guint8 *bytes, gsize size, GError **error);
void gen_film_end_data (GenProvenanceStream *stream);
GenFilmData *gen_film_last_data (const GenProvenanceStream *stream);
guint64 gen_film_data_end (const GenProvenanceStream *stream);
/* Whether what comes is not media data any more, of which nobody said how much there are. */
gboolean gen_film_ends_open_data (
    const GenProvenanceStream *stream, const guint8 *bytes, gsize size);
void gen_film_end_block (GenFilmData *data);
void gen_film_end_fragment (GenProvenanceStream *stream);

/* --- bmff-stream-end.c: what is written again, and the assertion (transfer full) --- */

GBytes *gen_film_bind_plain (GenProvenanceStream *stream, GError **error);
GBytes *gen_film_bind_fragments (GenProvenanceStream *stream, GError **error);
