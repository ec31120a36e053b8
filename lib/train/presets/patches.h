/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "layers.h"

/* Layers of nets that translate pictures. */
#define GEN_TRANSLATION_WIDTH 32 /* channels beside the picture, where nothing is said of them */
#define GEN_TRANSLATION_SPREAD 0.02f /* of first weights, as the papers have it */

/* A discriminator that scores parts of pictures, each by what it sees of it (PatchGAN: Isola et
 * al., "Image-to-image translation with conditional adversarial networks", 2017): from pictures of
 * `channels` channels and any extents to probabilities of being real [batch, 1, rows, columns]. A
 * part is of 26 pixels, or of 54 where pictures of `options` have 128 and more. */
GenGraph *gen_patches (
    const char *name, const GenPresetOptions *options, gint64 channels, GError **error);
