/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The equation of Einsum, read: which label each dimension of each operand and of the result has.
 */
#pragma once

#include <generative/operator.h>

/* 52 letters, and the dimensions that an ellipsis stands for, counted from the last. */
#define GEN_EINSUM_LETTERS 52
#define GEN_EINSUM_LABELS (GEN_EINSUM_LETTERS + GEN_MAX_RANK)

typedef struct {
  int n;
  int at[GEN_MAX_RANK];
} GenLabels;

typedef struct {
  guint n_operands;
  GenLabels *operands;
  GenLabels result;
  gint64 extents[GEN_EINSUM_LABELS]; /* -1 for a label that does not occur */
} GenEquation;

/* The equation of `node`, fitted to its operands; `operands` is to be freed in any
 * case. */
gboolean gen_equation_read (GenEquation *equation, const GenNode *node, GError **error);
