/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise: what random numbers of its own make of each pixel, row by row. */
#pragma once

#include "picture.h"

/* Random numbers of a pixel are at most so many. */
#define GEN_ROW_NOISE_NUMBERS 4

typedef struct {
  /* gen_random_normal or gen_random_uniform. */
  void (*numbers) (const GenRandom *random, guint64 stream, guint64 first, float *numbers, gsize n);
  int numbers_each; /* of a pixel; 0: one for each channel */
  /* `n` pixels in place. */
  void (*add) (guint8 *pixels, const float *numbers, double amount, int channels, int n);
} GenRowNoise;

/* Of a step whose first value is the amount. */
void gen_augment_noise_row (const GenRowNoise *noise, const GenAugmentPictureDraw *draw,
    const GenAugmentPictureStep *step, int row, guint8 *pixels, int n, int channels);
/* A new last step, whose pixels draw from the augmentation's stream. */
void gen_augment_add_noise (
    GenAugmentPictureDraw *draw, const GenPictureChange *change, double amount);
