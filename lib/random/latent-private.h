/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What making latents and changing them have in common. */
#pragma once

#include <generative/latent.h>

/* Of TRUNCATED numbers. */
float gen_latent_bound (const GenLatent *latent);
/* Numbers into the bounds of the distribution, where it has any. */
void gen_latent_clip (const GenLatent *latent, float *numbers, gsize n);
double gen_latent_product (const float *a, const float *b, gsize n);
/* a = weight_a a + weight_b b. */
void gen_latent_weigh (float *a, float weight_a, const float *b, float weight_b, gsize n);
/* The weights of vectors a and b at `t` of the way from a to b, from their scalar products. */
void gen_latent_walk_weights (const GenLatent *latent, double t, double aa, double ab, double bb,
    double *weight_a, double *weight_b);
