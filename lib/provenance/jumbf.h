/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JUMBF (ISO 19566-5): boxes that have labels, in boxes. */
#pragma once

#include <gio/gio.h>

#include "../private-api.h"

/* Kinds of superboxes: the first four bytes of their UUID, of which the rest is always the same. */
#define GEN_JUMBF_STORE "c2pa"
#define GEN_JUMBF_MANIFEST "c2ma"
#define GEN_JUMBF_UPDATE "c2um"
#define GEN_JUMBF_ASSERTIONS "c2as"
#define GEN_JUMBF_CLAIM "c2cl"
#define GEN_JUMBF_SIGNATURE "c2cs"
#define GEN_JUMBF_CBOR "cbor"
#define GEN_JUMBF_JSON "json"

/* Superboxes within each other at most: a store, manifests, their stores of assertions, these. */
#define GEN_JUMBF_NESTING 8

/**
 * GenJumbf: a superbox that was read. All pointers go into the bytes that it was read from.
 */
typedef struct _GenJumbf GenJumbf;
struct _GenJumbf {
  char kind[5];         /* of GEN_JUMBF_…; empty where the UUID is none of that family */
  char *label;          /* "" where it has none */
  gsize start;          /* of its header in the bytes */
  gsize size;           /* with its header */
  const guint8 *inside; /* what is hashed: description and content, without the header */
  gsize inside_size;
  const guint8 *content; /* of its first content box that is no superbox; NULL: none */
  gsize content_size;
  char content_type[5];
  GPtrArray *children; /* of GenJumbf */
};

/* The superbox that `bytes` begin with. Zeros may follow. (transfer full) */
GenJumbf *gen_jumbf_read (GBytes *bytes, GError **error);
void gen_jumbf_free (GenJumbf *box);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenJumbf, gen_jumbf_free)
/* The child of that label; NULL where there is none, or where several have it. */
GenJumbf *gen_jumbf_child (const GenJumbf *box, const char *label);

/* Begin a superbox at the end of `bytes`; what it gives back is for gen_jumbf_close. `salt` of 16
 * bytes keeps what is short from being guessed by its hash, or is NULL. */
GEN_PRIVATE_API guint gen_jumbf_open (
    GByteArray *bytes, const char *kind, const char *label, const guint8 *salt);
GEN_PRIVATE_API void gen_jumbf_close (GByteArray *bytes, guint start);
/* A content box. */
GEN_PRIVATE_API void gen_jumbf_content (GByteArray *bytes, const char *type, GBytes *content);
