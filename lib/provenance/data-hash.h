/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* c2pa.hash.data: the hash of a file but for one range. */
#pragma once

#include "../private-api.h"
#include "digest.h"
#include "status.h"

#define GEN_DATA_HASH_LABEL "c2pa.hash.data"

/* Always of the same size, whatever the numbers. (transfer full) */
GEN_PRIVATE_API GBytes *gen_data_hash_make (
    guint64 start, guint64 size, const GenDigestValue *hash);
