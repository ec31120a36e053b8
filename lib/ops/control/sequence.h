/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operators on sequences share. They have no kernels: lower() puts tensors in their place. */
#pragma once

#include <generative/operator.h>

/* The items of input `i`, a sequence; NULL with `error` where it is none. */
GPtrArray *gen_sequence_items (const GenNode *node, guint i, GError **error);
/* The place that input `i`, one integer, names among `n`, counted from the end where it is
 * negative; with `behind` also the one behind the last. `missing` where there is no such input. */
gboolean gen_sequence_place (const GenNode *node, guint i, gint64 n, gboolean behind,
    gint64 missing, gint64 *place, GError **error);
