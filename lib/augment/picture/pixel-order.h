/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>

/* `n` pixels of `channels` to RGB or RGBA, and back, in place or not; what is of fewer than three
 * channels is in no order. */
void gen_augment_order_to_rgb (
    GenAugmentOrder order, const guint8 *in, guint8 *out, int n, int channels);
void gen_augment_order_from_rgb (
    GenAugmentOrder order, const guint8 *in, guint8 *out, int n, int channels);
