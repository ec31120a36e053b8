/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes by the names that C2PA has for them. */
#pragma once

#include <gio/gio.h>

#include "../private-api.h"

#define GEN_DIGEST_NAME "sha256" /* of what is written */
#define GEN_DIGEST_SIZE 32       /* its bytes */
#define GEN_DIGEST_MOST 64       /* of any of them */

typedef struct {
  guint8 data[GEN_DIGEST_MOST];
  gsize size;
} GenDigestValue;

typedef struct _GenDigest GenDigest;

/* sha256, sha384 or sha512; NULL of any other name. (transfer full) */
GenDigest *gen_digest_new (const char *name);
void gen_digest_free (GenDigest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenDigest, gen_digest_free)
void gen_digest_add (GenDigest *digest, const void *data, gsize size);
/* The eight bytes of a number, the highest first. */
void gen_digest_add_number (GenDigest *digest, guint64 number);
/* What it is, after which the digest is that of nothing again. */
GenDigestValue gen_digest_take (GenDigest *digest);
/* As it stands, to go on with on its own. (transfer full) */
GenDigest *gen_digest_copy (const GenDigest *digest);

/* Of one piece by sha256. */
GEN_PRIVATE_API GenDigestValue gen_digest_of (const void *data, gsize size);
/* Whether the value is `size` bytes of `data`. */
gboolean gen_digest_equal (const GenDigestValue *value, const guint8 *data, gsize size);
