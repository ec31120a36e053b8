/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/sound.h>

/* Each channel of `sound` convolved with the `n` > 0 numbers of `response`, in place: what comes
 * behind its end is lost. */
void gen_augment_convolve (GenSound *sound, const float *response, gsize n);
