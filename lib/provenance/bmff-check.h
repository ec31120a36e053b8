/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a film is what a c2pa.hash.bmff assertion says. */
#pragma once

#include "cbor-reader.h"
#include "format.h"

typedef enum {
  GEN_BMFF_MATCH,
  GEN_BMFF_MISMATCH,
  GEN_BMFF_MALFORMED,
  GEN_BMFF_UNSUPPORTED, /* the kind of hash */
} GenBmffFinding;

/* `digest` is the claim's kind of hash, for assertions that do not name one; NULL: it has none.
 * `why` is a literal then, where there is more to say. */
GenBmffFinding gen_bmff_check (
    GBytes *file, const cbor_item_t *assertion, const char *digest, const char **why);
