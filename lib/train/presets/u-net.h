/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "layers.h"

/* A U-Net (Ronneberger et al., "U-Net: convolutional networks for biomedical image segmentation",
 * 2015) for restorers of pictures, from `x` to the channels of `options`. Extents are halved
 * three times where those of `options` can be, else less often: they are to be multiples of that
 * later, too. Its finest features have `width` channels. */
GenTensor *gen_u_net (
    GenLayers *layers, const GenPresetOptions *options, GenTensor *x, gint64 width, GError **error);
