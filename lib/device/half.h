/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The 16-bit floats, float16 and bfloat16. No operator computes in them: rows are widened to
 * float32 in a buffer on the stack, a chunk at a time, and the results narrowed again. */
#pragma once

#include <generative/operator.h>

#include <math.h>
#include <string.h>

#include "../private-api.h"

/* Elements that are widened at a time: few enough to stay in the first cache. */
#define GEN_HALF_CHUNK 512

static inline gboolean
gen_type_is_half (GenDataType type)
{
  return type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16;
}

/* The type that elements of `type` are computed in. */
static inline GenDataType
gen_type_computed (GenDataType type)
{
  return gen_type_is_half (type) ? GEN_TYPE_FLOAT32 : type;
}

/* `n` elements of a 16-bit float, `stride` elements apart, as float32. */
GEN_PRIVATE_API void gen_half_widen (
    GenDataType type, const void *from, gint64 stride, float *to, gsize n);
/* `n` of float32 to the nearest of a 16-bit float, ties to even. */
GEN_PRIVATE_API void gen_half_narrow (GenDataType type, const float *from, void *to, gsize n);
