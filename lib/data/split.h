/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which items a part of a dataset has. */
#pragma once

#include <generative/dataset.h>

/* The items of the part, in the dataset's order; there may be none. By content, `left_out` is what
 * no part has, or NULL. NULL with `error` where they cannot be dealt. (both transfer full) */
guint32 *gen_split_deal (const GenDataset *dataset, const GenSequenceSettings *settings,
    guint32 *length, char ***left_out, GError **error);

/* By content: the part of each source, or GEN_SPLIT_ALL of one that is left out. (transfer full) */
guint8 *gen_split_by_content (const GenDataset *sources, const GenSequenceSettings *settings,
    char ***left_out, GError **error);
