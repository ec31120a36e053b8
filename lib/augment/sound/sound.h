/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <math.h>

#include "../augment-private.h"

/* A new last step that does `run`; its values are 0. */
GenAugmentSoundStep *gen_augment_sound_add (
    GenAugmentSoundDraw *draw, void (*run) (const GenAugmentSoundDraw *draw,
                                   const GenAugmentSoundStep *step, GenSound *part, gsize first));

/* A parameter of the augmentation that is drawn, within its bounds. */
double gen_augment_sound_parameter (const GenAugmentSoundDraw *draw, int index);

/* All samples times `factor`. */
void gen_augment_sound_scale (GenAugmentSoundDraw *draw, double factor);

/* A number from `low` to `high`, of which there are as many in each octave. */
static inline double
gen_augment_evenly (double low, double high, float uniform)
{
  return low * pow (high / low, uniform);
}

/* The root of the mean square of all samples. */
double gen_augment_sound_level (const GenSound *sound);
/* The greatest absolute value of them. */
double gen_augment_sound_peak (const GenSound *sound);
/* Add `other`, which is as long, at `level` times the level of the part. Where one of them is
 * silent, or has samples that are no numbers, nothing is added. */
void gen_augment_sound_mix (GenSound *part, const GenSound *other, double level);
/* Make the part as loud as that, unless it is silent. */
void gen_augment_sound_bring (GenSound *part, double level);
/* Each of `n` frames times its gain. */
void gen_augment_sound_weigh (float *samples, const float *gains, int channels, int n);

typedef enum {
  GEN_AUGMENT_PINK,
  GEN_AUGMENT_BROWN,
} GenAugmentColour;

/* Above this the spectrum of noise falls (Hz). */
#define GEN_AUGMENT_LOWEST_NOISE 20.0

/* Noise at `level` times that of the window. */
void gen_augment_sound_add_noise (GenAugmentSoundDraw *draw, GenAugmentColour kind, double level);

typedef enum {
  GEN_AUGMENT_LOW_PASS,
  GEN_AUGMENT_HIGH_PASS,
} GenAugmentFilter;

/* The highest frequency of a filter, as a share of the rate. */
#define GEN_AUGMENT_HIGHEST 0.4995

/* The filter of second order (b0 + b1 z + b2 z^2) / (a0 + a1 z + a2 z^2), z a delay of a frame. */
void gen_augment_sound_biquad (GenAugmentSoundDraw *draw, const double b[3], const double a[3]);
/* Do it at once, in place, with values b0, b1, b2, a1, a2, where a0 is 1. */
void gen_augment_sound_run_biquad (const double values[5], GenSound *part);
/* A Butterworth filter of second order, whose gain at `frequency` is -3 dB. */
void gen_augment_sound_filter (GenAugmentSoundDraw *draw, GenAugmentFilter kind, double frequency);

typedef enum {
  GEN_AUGMENT_THROUGH,
  GEN_AUGMENT_STOP,
} GenAugmentBand;

/* A Butterworth filter of fourth order to either side, whose gain at both edges is -3 dB. */
void gen_augment_sound_butterworth (
    GenAugmentSoundDraw *draw, GenAugmentBand kind, double low, double high);

/* Filters of second order: a band, whose width is at -3 dB; a boost or cut at a frequency, whose
 * width is at half of the decibels; and one of all that is below (low pass) or above it. */
void gen_augment_sound_band (GenAugmentSoundDraw *draw, double frequency, double octaves);
void gen_augment_sound_peaking (
    GenAugmentSoundDraw *draw, double frequency, double octaves, double decibels);
void gen_augment_sound_shelf (
    GenAugmentSoundDraw *draw, GenAugmentFilter kind, double frequency, double decibels);

extern const GenAugmentation gen_augmentation_sound_time_stretch;
extern const GenAugmentation gen_augmentation_sound_pitch_shift;
extern const GenAugmentation gen_augmentation_sound_shift;
extern const GenAugmentation gen_augmentation_sound_crop;
extern const GenAugmentation gen_augmentation_sound_reverse;
extern const GenAugmentation gen_augmentation_sound_time_mask;
extern const GenAugmentation gen_augmentation_sound_channel_swap;
extern const GenAugmentation gen_augmentation_sound_channel_drop;
extern const GenAugmentation gen_augmentation_sound_room;
extern const GenAugmentation gen_augmentation_sound_low_pass;
extern const GenAugmentation gen_augmentation_sound_high_pass;
extern const GenAugmentation gen_augmentation_sound_band_pass;
extern const GenAugmentation gen_augmentation_sound_peak;
extern const GenAugmentation gen_augmentation_sound_low_shelf;
extern const GenAugmentation gen_augmentation_sound_high_shelf;
extern const GenAugmentation gen_augmentation_sound_frequency_mask;
extern const GenAugmentation gen_augmentation_sound_spectrogram_mask;
extern const GenAugmentation gen_augmentation_sound_loudness;
extern const GenAugmentation gen_augmentation_sound_gain;
extern const GenAugmentation gen_augmentation_sound_polarity;
extern const GenAugmentation gen_augmentation_sound_fade;
extern const GenAugmentation gen_augmentation_sound_noise;
extern const GenAugmentation gen_augmentation_sound_pink_noise;
extern const GenAugmentation gen_augmentation_sound_brown_noise;
extern const GenAugmentation gen_augmentation_sound_background;
extern const GenAugmentation gen_augmentation_sound_compress;
extern const GenAugmentation gen_augmentation_sound_limit;
extern const GenAugmentation gen_augmentation_sound_soft_clip;
extern const GenAugmentation gen_augmentation_sound_hard_clip;
extern const GenAugmentation gen_augmentation_sound_decimate;
extern const GenAugmentation gen_augmentation_sound_bit_depth;
extern const GenAugmentation gen_augmentation_sound_telephone;
extern const GenAugmentation gen_augmentation_sound_opus;
extern const GenAugmentation gen_augmentation_sound_mp3;
