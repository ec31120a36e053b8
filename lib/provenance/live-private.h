/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What signing and reading live streams share: names, and what is hashed. */
#pragma once

#include "bmff.h"

/* Assertions. */
#define GEN_LIVE_SEGMENT_LABEL "c2pa.livevideo.segment"
#define GEN_LIVE_KEYS_LABEL "c2pa.session-keys"
/* The method by which segments follow each other. */
#define GEN_LIVE_BY_MANIFEST "c2pa.manifestId"

/* The message of a segment, and where its scheme begins in its box. */
#define GEN_LIVE_SCHEME "urn:c2pa:verifiable-segment-info"
#define GEN_LIVE_VALUE "fseg"
#define GEN_LIVE_SCHEME_AT (GEN_BMFF_HEADER + 4)

/* Whether a box is such a message, by its scheme alone. */
static inline gboolean
gen_live_is_message (const guint8 *box, gsize size)
{
  return size >= GEN_LIVE_SCHEME_AT + sizeof GEN_LIVE_SCHEME && memcmp (box + 4, "emsg", 4) == 0 &&
         memcmp (box + GEN_LIVE_SCHEME_AT, GEN_LIVE_SCHEME, strlen (GEN_LIVE_SCHEME)) == 0;
}

/* The hash of a segment that is written here, whose boxes fit: of one with a message without that,
 * and else without C2PA's boxes and ftyp. */
GenDigestValue gen_live_hash (const guint8 *data, gsize size, gboolean message);
