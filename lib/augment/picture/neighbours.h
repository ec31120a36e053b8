/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What filters of neighbourhoods share: the picture as it was, with a margin that is mirrored at
 * the first and last pixel, so that their loops know no edges. */
#pragma once

#include "picture.h"
#include "workspace.h"

/* A copy of `picture` in the workspace, whose pixel (0, 0) has `margin` pixels on all sides. */
GenPicture gen_augment_pad (const GenPicture *picture, GenAugmentWorkspace *workspace, int margin);
/* What is at `position` when what is beyond `extent` is mirrored. */
int gen_augment_reflect (int position, int extent);
/* `n` pixels to `out`, which keeps its alpha. */
void gen_augment_store (const guint8 *pixels, guint8 *out, int n, int channels);
