/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over all that belongs to a channel, and maps that differ by channel: what
 * normalisations consist of. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

/* A tensor [batch, channels, …] as it lies in memory: `outer` times `channels` times `inner`.
 * Channels-last tensors and matrices have an inner extent of 1. */
typedef struct {
  gsize outer, channels, inner;
} GenChannels;

GEN_PRIVATE_API GenChannels gen_channels_of (const GenTensor *tensor);
/* Elements of a channel. */
static inline gsize
gen_channels_count (const GenChannels *c)
{
  return c->outer * c->inner;
}

/* Sums over a share of `outer`, for each channel: of d = x - shift, d * d, and with `dy` not
 * NULL also of dy and dy * d. `sums` has 4 * channels doubles, one sum after the other. */
void gen_channels_sum (const GenChannels *c, const float *x, const float *dy, const float *shift,
    gsize first, gsize end, double *sums);
/* The first value of each channel, near enough to the mean to keep the sums exact. */
void gen_channels_shift (const GenChannels *c, const float *x, float *shift);
/* out = a[c] * x + b[c] * y + s[c] over a share of `outer`; y may be NULL. */
GEN_PRIVATE_API void gen_channels_map (const GenChannels *c, const float *x, const float *a,
    const float *y, const float *b, const float *s, float *out, gsize first, gsize end);
