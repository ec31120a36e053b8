/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020: what a
 * discriminator sees is changed at random, real and made pictures alike, and gradients flow through
 * that to the generator, which learns to make pictures as they were before. */
#pragma once

#include <generative/graph.h>

#include "../../private-api.h"

/* Numbers that are drawn for a picture. */
#define GEN_AUGMENTATION_DRAWS 10

/* Pictures `x` [batch, channels, height, width], each with another colour, moved, and with a hole,
 * each of the three with `probability`, a scalar. `draws` [batch, GEN_AUGMENTATION_DRAWS] are
 * uniform from 0 to 1; what is moved in, and holes, are half-way from `low` to `high`, black and
 * white. */
GEN_PRIVATE_API GenTensor *gen_differentiable_augment (GenGraph *graph, GenTensor *x,
    GenTensor *draws, GenTensor *probability, float low, float high, GError **error);
