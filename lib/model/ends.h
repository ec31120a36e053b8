/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ends of a graph that plays: frames and sounds to what a model takes, and back. */
#pragma once

#include "model-private.h"

/* The `n` pictures of x, each by itself. */
gboolean gen_ends_split (
    GenGraph *graph, GenTensor *x, int n, GenTensor **pictures, GError **error);
/* What a plan takes and makes in the place of numbers of `type`. */
GenDataType gen_ends_outer_type (GenDataType type);
/* `x`, or NULL, as numbers of `type`. */
GenTensor *gen_ends_cast (GenGraph *graph, GenTensor *x, GenDataType type, GError **error);
/* What comes of frames, float32, to numbers of `type`. */
GenTensor *gen_ends_to_type (
    GenGraph *graph, GenTensor *x, const GenPort *port, GenDataType type, GError **error);
/* Pictures of `port`, [N, C, H, W], of `n` frames that lie as `from` says; with `luma` of theirs
 * alone. */
GenTensor *gen_ends_unpack_frames (GenGraph *graph, const GenModelUse *use, const GenPort *port,
    const GenFrameLayout *from, int n_frames, gboolean luma, GError **error);
/* What comes of the frames, as the model wants it. */
GenTensor *gen_ends_fit (GenGraph *graph, GenTensor *x, const GenShape *wanted, GError **error);
/* What is played of `use`, as its frames or sounds have it. */
GenTensor *gen_ends_unpack (GenGraph *graph, const GenModelUse *use, GError **error);
/* What the model makes of it, `x`, with `mask`, or NULL, as its alpha, into frames or sounds: the
 * outputs of the graph. */
gboolean gen_ends_pack (
    GenGraph *graph, const GenModelUse *use, GenTensor *x, GenTensor *mask, GError **error);
/* What a plan makes as numbers. */
gboolean gen_ends_give_numbers (GenGraph *graph, GenTensor *x, GError **error);
/* What it makes besides, into frames or as numbers. */
gboolean gen_ends_give_side (GenGraph *graph, const GenModelUse *use, const GenModelSide *side,
    GenTensor *x, GError **error);
