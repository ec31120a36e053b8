/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a reduction is over: its operand in the order of memory as groups of merged dimensions, each
 * kept or reduced, the innermost last. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

typedef struct {
  gint64 extent;
  /* Strides in elements of the operand and of the result; `to` is 0 when reduced. */
  gint64 from, to;
  gboolean reduced;
} GenReduceGroup;

/* Which axes are reduced; FALSE with `error` when one is out of range. */
GEN_PRIVATE_API gboolean gen_reduce_axes (
    const GenNode *node, gboolean reduced[GEN_MAX_RANK], GError **error);
/* How many elements go into one result. */
GEN_PRIVATE_API gint64 gen_reduce_count (const GenNode *node);
/* Dimensions that lie behind each other in both tensors are merged; returns how many groups there
 * are, at least 1. */
GEN_PRIVATE_API int gen_reduce_groups (
    const GenNode *node, const gboolean *reduced, GenReduceGroup groups[GEN_MAX_RANK]);
