/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is being looked at by bmff-check.c, for bmff-check-trees.c, too. */
#pragma once

#include "bmff-check.h"
#include "bmff.h"

#define PATH_MOST 12

typedef struct {
  char type[4];
  gint64 index; /* from 1 among those of its type; 0: any */
} GenBmffNode;

typedef struct {
  GenBmffNode path[PATH_MOST];
  guint depth;
  const cbor_item_t *map;
} GenBmffExclusion;

typedef struct {
  guint64 start, end;
} GenBmffRange;

typedef struct {
  const guint8 *data;
  gsize size;
  GArray *exclusions; /* of GenBmffExclusion */
  guint deepest;      /* of their paths */
  GArray *ranges;     /* of GenBmffRange, what is not hashed */
  GArray *outer;      /* of GenBmffBox: those that are not inside others */
  GArray *markers;    /* of guint64: those of which the place is hashed */
  guint boxes;
} GenBmffCheck;

/* Of what is not left out between two places. */
GenDigestValue gen_bmff_hash_part (
    const GenBmffCheck *check, guint64 start, guint64 end, const char *kind);
gboolean gen_bmff_is_bytes (const GenDigestValue *value, const cbor_item_t *item);
/* The Merkle trees of an assertion; `digest` is the kind of hash of those that name none. `hashed`:
 * the assertion has a hash of what is around the media data, which has been looked at. */
GenBmffFinding gen_bmff_check_trees (
    GenBmffCheck *check, const cbor_item_t *trees, const char *digest, gboolean hashed);
