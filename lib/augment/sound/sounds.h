/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>

/* Of the sound that `which` draws at most `most` frames, from a place that `where` draws; both are
 * in [0, 1). FALSE where it cannot be decoded, which is noted. */
gboolean gen_augment_sounds_load (GenAugmentSounds *sounds, double which, double where, int rate,
    int channels, gsize most, GenSound *sound);
