/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transposing matrices in memory. */
#pragma once

#include <glib.h>

/* Rows or columns that are best done together: what one line of the cache holds of elements of
 * `size` bytes. */
#define GEN_TRANSPOSITION_TILE(size) (64 / (gint64)(size))

/* to[c * to_stride + r] = from[r * from_stride + c] for elements of 1, 2, 4 or 8 bytes. */
void gen_transpose (gsize size, const void *from, gint64 from_stride, void *to, gint64 to_stride,
    gint64 rows, gint64 columns);
