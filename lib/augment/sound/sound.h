/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../augment-private.h"

/* A new last step that does `run`; its values are 0. */
GenAugmentSoundStep *gen_augment_sound_add (
    GenAugmentSoundDraw *draw, void (*run) (const GenAugmentSoundDraw *draw,
                                   const GenAugmentSoundStep *step, GenSound *part, gsize first));

/* All samples times `factor`. */
void gen_augment_sound_scale (GenAugmentSoundDraw *draw, double factor);

typedef enum {
  GEN_AUGMENT_LOW_PASS,
  GEN_AUGMENT_HIGH_PASS,
} GenAugmentFilter;

/* A Butterworth filter of second order, whose gain at `frequency` is -3 dB. */
void gen_augment_sound_filter (GenAugmentSoundDraw *draw, GenAugmentFilter kind, double frequency);

extern const GenAugmentation gen_augmentation_sound_shift;
extern const GenAugmentation gen_augmentation_sound_crop;
extern const GenAugmentation gen_augmentation_sound_low_pass;
extern const GenAugmentation gen_augmentation_sound_high_pass;
extern const GenAugmentation gen_augmentation_sound_gain;
extern const GenAugmentation gen_augmentation_sound_polarity;
extern const GenAugmentation gen_augmentation_sound_fade;
extern const GenAugmentation gen_augmentation_sound_noise;
