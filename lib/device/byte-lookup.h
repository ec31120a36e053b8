/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Each of `n` bytes, as an unsigned one, replaced by that of a table of 256. `x` and `y` may be the
 * same. */
void gen_byte_lookup (const guint8 *x, const guint8 *table, guint8 *y, gsize n);
