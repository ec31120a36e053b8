/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/**
 * Read-only memory of which the process has one copy, however many plans use it: the packed
 * weights of models that are played twice, constants, and mapped files. Whoever holds one of the
 * (transfer full) GBytes below holds the memory; the last one frees it. All functions may be called
 * from any thread. What changes between runs, a trainer's weights, is never brought here.
 */

/* What a file is found by: device, inode, size and its times. */
typedef struct {
  guint64 words[6];
} GenSharedKey;

/* What is there under `key`, or NULL. */
GBytes *gen_shared_find (const GenSharedKey *key);
/* The same, and if there is nothing yet, `bytes` (transfer none) are put there. */
GBytes *gen_shared_add (const GenSharedKey *key, GBytes *bytes);

/* Memory to be filled and given to gen_shared_take: zeros, at a multiple of 64. */
GEN_PRIVATE_API void *gen_shared_alloc (gsize size);
/* Gives back what was not taken; `memory` may be NULL. */
void gen_shared_free (void *memory, gsize size);
/* Takes over `memory`, of gen_shared_alloc, which nobody may write to any more. The result is that
 * memory, or what has the same bytes and was there before. */
GEN_PRIVATE_API GBytes *gen_shared_take (void *memory, gsize size);
/* Takes it over as it is, shared with nobody. */
GBytes *gen_shared_keep (void *memory, gsize size);

/* A hash of the bytes, as fast as memory. */
GEN_PRIVATE_API guint64 gen_shared_hash (const void *memory, gsize size);
/* Bytes of all that is shared, each counted once. */
gsize gen_shared_size (void);
