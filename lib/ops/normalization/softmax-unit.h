/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Softmax and its logarithm in the best form that this machine's vector unit takes. */
typedef struct {
  int lanes;
  void (*row) (const float *x, float *out, gint64 n, gboolean logarithm);
  /* Each column of x, [n, vectors * lanes], in place. */
  void (*columns) (float *x, gint64 n, int vectors, gboolean logarithm);
  /* to[columns, rows] = from[rows, columns]'. */
  void (*transpose) (const float *from, gint64 from_stride, gint64 rows, gint64 columns, float *to,
      gint64 to_stride);
} GenSoftmaxUnit;

const GenSoftmaxUnit *gen_softmax_unit (void);
