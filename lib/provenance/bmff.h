/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes of ISO/IEC 14496-12 (MP4, MOV), and what is hashed of them. */
#pragma once

#include <string.h>

#include "digest.h"
#include "format.h"

#define GEN_BMFF_HEADER 8
#define GEN_BMFF_LARGE_HEADER 16
#define GEN_BMFF_UUID_SIZE 16
/* Of an mdat, as many bytes are hashed with the file; the blocks of a Merkle tree begin behind. */
#define GEN_BMFF_MDAT_HEAD 16
#define GEN_BMFF_HASH_LABEL "c2pa.hash.bmff.v3"

typedef struct {
  char type[5];
  guint64 start, size;
  guint header; /* 8, or 16 where the size has 64 bits */
} GenBmffBox;

/* Makes a box of a header's first bytes, of which there are `available`, 16 where the first four
 * say 1. `rest` is what is left of the file from its start; a box of size 0 goes as far. FALSE:
 * they are no header. */
gboolean gen_bmff_header (
    const guint8 *data, gsize available, guint64 start, guint64 rest, GenBmffBox *box);
/* The box at `at` of `size` bytes. FALSE with `error` where it does not fit. */
gboolean gen_bmff_read (const guint8 *data, gsize size, gsize at, GenBmffBox *box, GError **error);
static inline gboolean
gen_bmff_is (const GenBmffBox *box, const char *type)
{
  return memcmp (box->type, type, 4) == 0;
}
/* Whether a box of which `available` bytes are there is one of C2PA's; `purpose` is then what it is
 * for, and `content` where that begins. */
gboolean gen_bmff_is_c2pa (const guint8 *box, gsize available);
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
