/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Weights that a BlockProduct takes: 4 bits, in blocks of a multiple of this. */
#define GEN_BLOCK_PRODUCT_UNIT 32
/* Rows that it is better for than a product of numbers, and weights from which on: fewer stay in
 * the caches as numbers, too. */
#define GEN_BLOCK_PRODUCT_ROWS 2
#define GEN_BLOCK_PRODUCT_WEIGHTS ((gint64)1 << 20)
