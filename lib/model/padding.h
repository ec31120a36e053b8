/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model-private.h"

/* The least size that is no smaller than that of `extents` along axes that the model leaves free,
 * and of which shapes fit: `larger`, multiples of `step`, which is 1 where it is the same. FALSE
 * where there is none. */
gboolean gen_padding_find_size (
    const GenModel *model, const GenExtents *extents, GenExtents *larger, int *step);

/* What pictures lack that go into `port`, which is `use->input` or of one of its sides. */
GenPadding gen_padding_of (const GenModelUse *use, const GenPort *port);
/* Pictures x of `port`, [N, C, H, W], with what `use` says that they lack. */
GenTensor *gen_padding_add (
    GenGraph *graph, const GenModelUse *use, const GenPort *port, GenTensor *x, GError **error);
/* Of pictures x, [N, C, H, W], the upper left part of `height` x `width`, where `use` has added to
 * what they are made of. */
GenTensor *gen_padding_cut (
    GenGraph *graph, const GenModelUse *use, int height, int width, GenTensor *x, GError **error);
