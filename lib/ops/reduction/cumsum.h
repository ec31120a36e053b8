/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* A node of CumSum: its operand is `outer` times the axis, of `n`, times `inner`. */
typedef struct {
  gint64 outer, n, inner;
  gboolean exclusive, reverse;
} GenCumSum;

GEN_PRIVATE_API gboolean gen_cumsum_init (GenCumSum *sums, const GenNode *node, GError **error);
