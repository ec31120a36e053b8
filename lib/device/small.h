/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of 8 bits and fewer that weights are kept in. Nothing computes in them. */
#pragma once

#include <generative/operator.h>

/* What becomes of a number that is out of a type's range, and, for powers of two, between two. */
typedef struct {
  gboolean saturate; /* the largest, not infinity or not a number; 4-bit floats always do so */
  enum { GEN_ROUND_UP, GEN_ROUND_DOWN, GEN_ROUND_NEAREST } rounding;
} GenSmallRules;

static inline gboolean
gen_type_is_small_float (GenDataType type)
{
  return (type >= GEN_TYPE_FLOAT8E4M3FN && type <= GEN_TYPE_FLOAT8E5M2FNUZ) ||
         type == GEN_TYPE_FLOAT4E2M1 || type == GEN_TYPE_FLOAT8E8M0;
}

/* The integer that one of fewer bits is kept as: its own type where it is none. */
GenDataType gen_type_kept_as (GenDataType type);

/* `n` floats of a small type as float32. */
void gen_small_widen (GenDataType type, const guint8 *from, float *to, gsize n);
/* `n` of float32 to the nearest of a small float, ties to even. */
void gen_small_narrow (
    GenDataType type, const GenSmallRules *rules, const float *from, guint8 *to, gsize n);
/* `n` integers, kept as gen_type_kept_as says: the bits above those of `type` are dropped. */
void gen_small_wrap (GenDataType type, guint8 *values, gsize n);
