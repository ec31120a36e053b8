/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What transforms of pictures are made of. */
#pragma once

#include "../augment-private.h"

/* --- what a step does --- */

typedef enum {
  GEN_CHANGE_MATRIX, /* place: values are 3 rows of a projective map */
  GEN_CHANGE_WARP,   /* place: any other map */
  GEN_CHANGE_MIX,    /* colour: values are 3 rows of 3 factors and what is added, white being 1 */
  GEN_CHANGE_CURVE,  /* tone: a function of each sample */
  GEN_CHANGE_ROW,    /* what can be done to a row without others */
  GEN_CHANGE_WHOLE,  /* what needs the picture */
} GenChangeKind;

struct _GenPictureChange {
  GenChangeKind kind;
  /* WARP. From where what comes to be at positions of the result is taken, both in pixels from the
   * picture's centre, in place; `n` at most GEN_AUGMENT_CHUNK. */
  void (*place) (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, float *x,
      float *y, int n);
  /* WARP. The way back, of one point. NULL: the map moves points by so much less than they are
   * apart that it is found by approaching it. */
  void (*back) (
      const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, double *x, double *y);
  /* CURVE. What becomes of a sample, white being 255; what is beyond black and white is brought
   * back at the end. */
  double (*curve) (const GenAugmentPictureStep *step, double value);
  /* ROW. `row` of `n` pixels in place. */
  void (*row) (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, int row,
      guint8 *pixels, int n, int channels);
  /* WHOLE. Whether it is linear, of each channel alone, and its first value is a length in pixels,
   * so that it can be done to planes of fewer samples. */
  gboolean by_channel;
  /* WHOLE. In place. */
  void (*whole) (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
      GenAugmentWorkspace *workspace, GenPicture *picture);
  /* What is to be said of the step besides its values; NULL: nothing. */
  void (*describe) (
      const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step, GString *text);
};

#define GEN_AUGMENT_CHUNK 256

extern const GenPictureChange gen_picture_change_matrix;
extern const GenPictureChange gen_picture_change_mix;

/* A new last step, of the augmentation that is being drawn; its first values are those `n`. */
GenAugmentPictureStep *gen_augment_picture_add (
    GenAugmentPictureDraw *draw, const GenPictureChange *change, const double *values, int n);
/* `n` more uniform numbers of the augmentation that is being drawn, from its number `first` on. */
void gen_augment_picture_numbers (
    const GenAugmentPictureDraw *draw, int first, float *numbers, int n);
/* Room for `n` numbers of the step's. */
float *gen_augment_picture_room (GenAugmentPictureDraw *draw, GenAugmentPictureStep *step, int n);
/* Give the step a stream for its pixels. */
void gen_augment_picture_draw_pixels (
    const GenAugmentPictureDraw *draw, GenAugmentPictureStep *step);
/* Its parameter, within its bounds. */
double gen_augment_picture_parameter (const GenAugmentPictureDraw *draw, int index);
/* Draw augmentation number `index` of the list and take it in, so likely, by the numbers of
 * instance `instance` of its stream: the properties' is 0, a policy's step has its own. */
void gen_augment_picture_take (GenAugmentPictureDraw *draw, const GenAugmentation *augmentation,
    double amount, const double *parameters, double probability, guint64 instance);

/* --- geometry: what comes to be at (x, y) is from the map of it --- */

void gen_augment_move (GenAugmentPictureDraw *draw, const double x[3], const double y[3]);
void gen_augment_project (GenAugmentPictureDraw *draw, const double map[9]);
void gen_augment_rotate (GenAugmentPictureDraw *draw, double degrees);
/* (x, y) from (x + across * y, y + down * x). */
void gen_augment_shear (GenAugmentPictureDraw *draw, double across, double down);
/* By so many pixels. */
void gen_augment_translate (GenAugmentPictureDraw *draw, double x, double y);

/* --- tone and colour --- */

/* value * gain + offset. */
void gen_augment_tone (GenAugmentPictureDraw *draw, double gain, double offset);
void gen_augment_mix (GenAugmentPictureDraw *draw, const double rows[3][4]);
/* From grey at 0 over what it is at 1 to twice as colourful at 2. */
void gen_augment_saturate (GenAugmentPictureDraw *draw, double factor);
void gen_augment_posterise (GenAugmentPictureDraw *draw, int kept_bits);
/* What is at `threshold` of 255 or above is inverted. */
void gen_augment_solarise (GenAugmentPictureDraw *draw, double threshold);
void gen_augment_equalise (GenAugmentPictureDraw *draw);
void gen_augment_auto_contrast (GenAugmentPictureDraw *draw);
/* Away from the picture's mean grey. */
void gen_augment_contrast_of_mean (GenAugmentPictureDraw *draw, double factor);
/* Away from the smoothed picture, as Pillow's ImageEnhance.Sharpness: 1 leaves it. */
void gen_augment_sharpness (GenAugmentPictureDraw *draw, double factor);

/* --- chains --- */

/* Begin a mixture of `n` chains, at most GEN_AUGMENT_CHAINS: `weights` [n + 1] are those of the
 * picture itself and of what each chain makes of it, and together 1. Each chain is then the steps
 * that are added until the next one begins, or the mixture ends: they need no numbers but their
 * values. */
#define GEN_AUGMENT_CHAINS 8
void gen_augment_mixture_begin (GenAugmentPictureDraw *draw, const double *weights, int n);
void gen_augment_mixture_end_chain (GenAugmentPictureDraw *draw, int chain);

/* Of steps [n], "rotate 12.5, noise 0.03". */
void gen_augment_describe_steps (
    const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *steps, int n, GString *text);

/* Luma of ITU-R BT.601. */
#define GEN_LUMA_RED 0.299
#define GEN_LUMA_GREEN 0.587
#define GEN_LUMA_BLUE 0.114

/* --- what there is --- */

extern const GenAugmentation gen_augmentation_picture_flip;
extern const GenAugmentation gen_augmentation_picture_crop;
extern const GenAugmentation gen_augmentation_picture_resized_crop;
extern const GenAugmentation gen_augmentation_picture_scale;
extern const GenAugmentation gen_augmentation_picture_rotate;
extern const GenAugmentation gen_augmentation_picture_shear;
extern const GenAugmentation gen_augmentation_picture_translate;
extern const GenAugmentation gen_augmentation_picture_perspective;
extern const GenAugmentation gen_augmentation_picture_grid_distortion;
extern const GenAugmentation gen_augmentation_picture_elastic;
extern const GenAugmentation gen_augmentation_picture_fog;
extern const GenAugmentation gen_augmentation_picture_shadow;
extern const GenAugmentation gen_augmentation_picture_defocus;
extern const GenAugmentation gen_augmentation_picture_blur;
extern const GenAugmentation gen_augmentation_picture_motion_blur;
extern const GenAugmentation gen_augmentation_picture_brightness;
extern const GenAugmentation gen_augmentation_picture_contrast;
extern const GenAugmentation gen_augmentation_picture_saturation;
extern const GenAugmentation gen_augmentation_picture_hue;
extern const GenAugmentation gen_augmentation_picture_gamma;
extern const GenAugmentation gen_augmentation_picture_auto_contrast;
extern const GenAugmentation gen_augmentation_picture_equalise;
extern const GenAugmentation gen_augmentation_picture_clahe;
extern const GenAugmentation gen_augmentation_picture_posterise;
extern const GenAugmentation gen_augmentation_picture_solarise;
extern const GenAugmentation gen_augmentation_picture_invert;
extern const GenAugmentation gen_augmentation_picture_grey;
extern const GenAugmentation gen_augmentation_picture_channel_shuffle;
extern const GenAugmentation gen_augmentation_picture_sharpen;
extern const GenAugmentation gen_augmentation_picture_shot_noise;
extern const GenAugmentation gen_augmentation_picture_iso_noise;
extern const GenAugmentation gen_augmentation_picture_noise;
extern const GenAugmentation gen_augmentation_picture_salt_and_pepper;
extern const GenAugmentation gen_augmentation_picture_downscale;
extern const GenAugmentation gen_augmentation_picture_jpeg;
extern const GenAugmentation gen_augmentation_picture_mpeg;
extern const GenAugmentation gen_augmentation_picture_cutout;
extern const GenAugmentation gen_augmentation_picture_grid_mask;
