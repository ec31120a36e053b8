/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes of ISO/IEC 14496-12 (MP4, MOV), and what is hashed of them. */
#pragma once

#include "../base/bmff-box.h"
#include "digest.h"
#include "format.h"

/* Of an mdat, as many bytes are hashed with the file; the blocks of a Merkle tree begin behind. */
#define GEN_BMFF_MDAT_HEAD 16
#define GEN_BMFF_HASH_LABEL "c2pa.hash.bmff.v3"

/* What a box of C2PA's is for, and `content` is where that begins; NULL of others. */
const char *gen_bmff_purpose (const guint8 *box, gsize size, gsize *content);

/* The box for a store, `total` bytes with zeros at its end; NULL with G_IO_ERROR_NO_SPACE where
 * that is too short. `merkle` is where the first box is that goes with it, or 0. (transfer full) */
GBytes *gen_bmff_store_box (GBytes *store, guint64 merkle, gsize total, GError **error);
/* Its bytes without the store. */
#define GEN_BMFF_STORE_EXTRA (GEN_BMFF_HEADER + GEN_BMFF_UUID_SIZE + 4 + 9 + 8)

/* --- offsets --- */

/* Where a byte of the file has gone. */
typedef guint64 (*GenBmffMap) (guint64 offset, gpointer user_data);
/* Moves what a moov, moof, mfra or sidx says of places in the file. `start` is where the box was.
 * FALSE with `error` where an offset of 32 bits does not hold what it should, or boxes within it do
 * not fit. */
gboolean gen_bmff_move (
    guint8 *box, gsize size, guint64 start, GenBmffMap map, gpointer user_data, GError **error);

/* --- Merkle trees --- */

/* Leaves, of which pairs are hashed until `row` are left; what is odd goes up as it is. Changes
 * `nodes`, and their number. */
void gen_merkle_reduce (GArray *nodes, gsize row, const char *digest);
/* What a leaf becomes in the row of `row` nodes, by its place and what it is hashed with on the
 * way. FALSE where that does not come out. */
gboolean gen_merkle_climb (GenDigestValue *leaf, gsize count, gsize row, gsize *location,
    const GPtrArray *proof, const char *digest);

/* --- the assertion --- */

/* A block of an mdat. */
typedef struct {
  GenDigestValue hash;
  guint64 size;
} GenBmffBlock;

/* One mdat, or all fragments. */
typedef struct {
  GArray *blocks;             /* of GenBmffBlock */
  const GenDigestValue *init; /* of fragmented files: what is in front of them */
} GenBmffTree;

/* `hash` is NULL of fragmented files. (transfer full) */
GBytes *gen_bmff_hash_make (const GenDigestValue *hash, const GenBmffTree *trees, guint n);
/* What goes into the box in front of a fragment. (transfer full) */
GBytes *gen_bmff_merkle_box (guint location, gsize total);
