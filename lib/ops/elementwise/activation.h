/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* What heavy operators do to a tile that they have just made: x[r][c] = activation (x[r][c] +
 * bias[c] + added[r][c]), the activation perhaps by slopes[c]. */
typedef struct {
  GenActivation activation;
  const float *bias, *slopes; /* NULL: none */
  const float *added;         /* likewise; rows are `added_stride` elements apart */
  gsize added_stride;
} GenFinish;

/* That of a kernel whose result is a matrix of `columns`, for the tile that begins at a row and a
 * column. */
GenFinish gen_finish_of (const GenKernel *kernel, gint64 columns, gint64 row, gint64 column);
/* `rows` rows of `columns`, `stride` elements apart. */
void gen_finish_apply (const GenFinish *finish, float *x, gsize rows, gsize columns, gsize stride);
/* The same with a bias, which may be NULL, and no more. */
void gen_activation_apply (const GenActivation *activation, float *x, gsize rows, gsize columns,
    gsize stride, const float *bias);
