/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment-mix.h>

/* A number of Beta (concentration, concentration), by the numbers of `random` from `first` on. */
double gen_augment_draw_share (
    const GenRandom *random, guint64 number, guint64 first, double concentration);
/* `n` shares of the Dirichlet distribution whose parameters are all `concentration`, likewise. */
void gen_augment_draw_shares (const GenRandom *random, guint64 number, guint64 first,
    double concentration, double *shares, int n);
/* The area of a part, of that of the picture. */
double gen_augment_mix_area (const GenAugmentMixDraw *draw, const GenAugmentMixPart *part);
/* To a whole pair of pixels, which has one chroma where chroma is sampled so. */
int gen_augment_mix_even (double position, int extent);

extern const GenAugmentMixing gen_augment_mixing_mixup;
extern const GenAugmentMixing gen_augment_mixing_cutmix;
extern const GenAugmentMixing gen_augment_mixing_mosaic;
