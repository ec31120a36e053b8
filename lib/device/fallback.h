/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes for which a device has no kernel: their operands travel to the CPU, the CPU's kernel runs,
 * the results travel back. What travels, and in which memory of the CPU's it arrives, the device
 * knows alone; the rest is here. */
#pragma once

#include "../graph/kernel.h"
#include "../private-api.h"

typedef struct _GenFallback GenFallback;

/* The CPU's kernel for `node`: as it is, or in float32 where the CPU knows no 16-bit floats or the
 * device has asked for them. */
GEN_PRIVATE_API GenFallback *gen_fallback_new (const GenNode *node, int threads,
    GenPrecision precision, guint64 seed, GenExchange *exchange, GError **error);
GEN_PRIVATE_API void gen_fallback_free (GenFallback *fallback);

/* The CPU's kernel, whose state tells how it works. */
GEN_PRIVATE_API const GenKernel *gen_fallback_kernel (const GenFallback *fallback);

/* Memory that the device copies to and from, at least a byte; NULL with `error`. */
typedef void *(*GenFallbackAllocate) (gsize size, GError **error);

/* Room for what travels. `release` frees what `allocate` has made. */
GEN_PRIVATE_API gboolean gen_fallback_take_buffers (
    GenFallback *fallback, GenFallbackAllocate allocate, GDestroyNotify release, GError **error);
/* Where the bytes of an input are to be copied, or those of an output to be fetched; NULL where
 * there are none, and for constants, which are read where they are. */
GEN_PRIVATE_API void *gen_fallback_input (const GenFallback *fallback, guint i);
GEN_PRIVATE_API void *gen_fallback_output (const GenFallback *fallback, guint i);
/* Constants have come to lie where they stay: let the kernel read them there. */
GEN_PRIVATE_API void gen_fallback_find_constants (GenFallback *fallback);

/* Before each run. */
GEN_PRIVATE_API void gen_fallback_set_draw (GenFallback *fallback, guint64 draw);
/* From the inputs that have arrived to the outputs. */
GEN_PRIVATE_API void gen_fallback_run (const GenFallback *fallback);
