/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * What attention does to blocks, in the best form that this machine's vector unit takes. Queries
 * stand in panels, side by side in one or two vectors of `lanes`: scores are [keys, panel], results
 * [width, panel], so that the largest and the sums need no work across a vector, and weights are
 * the packed operand of the product with the values as they are made. Of few queries, which would
 * leave most lanes empty, each has a row: scores are [panel, keys], results [panel, width]. Keys
 * and values are read where they lie in either.
 */
#define GEN_ATTENTION_MAX_PANEL 32
#define GEN_ATTENTION_FEW 4

/* out = out * keep + `n` rows by a panel of k, or the product alone without `keep`, which has a
 * factor for each query. `side` is the vectors of a panel, or its queries where these are rows. */
typedef void (*GenAttentionProductFunc) (gint64 n, const float *a, gint64 stride,
    const float *panel, int side, gint64 k, const float *keep, float *out);

typedef struct {
  int lanes;                        /* 1: queries are rows */
  int rows;                         /* of a tile: keys best come in multiples */
  GenAttentionProductFunc apart;    /* a[row * stride + k]: of keys */
  GenAttentionProductFunc together; /* a[k * stride + row]: of values */
  /* Scores, and `mask` (which may be NULL) added to them, become weights e^(score - highest);
   * `keep` gets the factors of what has been added up so far. */
  void (*weigh) (float *scores, const float *mask, gint64 keys, int side, float *highest,
      float *sums, float *keep);
  void (*cap) (float *scores, float most, gint64 n);
  /* to[columns, rows] = from[rows, columns]'. */
  void (*transpose) (const float *from, gint64 from_stride, gint64 rows, gint64 columns, float *to,
      gint64 to_stride);
} GenAttentionUnit;

/* For so many queries that share keys. */
const GenAttentionUnit *gen_attention_unit (gint64 queries);
