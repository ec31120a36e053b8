/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of every type as int64 keys that sort as the numbers do, so that what looks for the
 * largest, sorts or tells apart is written once. */
#pragma once

#include <generative/operator.h>

/* Whether elements of `type` have keys. */
gboolean gen_order_has_keys (GenDataType type);
/* The keys of `n` elements that are `stride` elements apart. Zeros have one key, whatever their
 * sign; NaN is above all numbers. */
void gen_order_keys (GenDataType type, const void *from, gint64 stride, gint64 *keys, gsize n);
