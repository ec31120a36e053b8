/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of natural scenes (Ruderman, "The statistics of natural images", 1994), as BRISQUE and
 * NIQE take them (Mittal, Moorthy and Bovik 2012; Mittal, Soundararajan and Bovik 2013): levels,
 * less their mean within a Gaussian window and over the deviation there, and the products of
 * neighbours among these, are of asymmetric generalised Gaussian distributions, whose parameters
 * tell how natural a picture is. */
#pragma once

#include <generative/picture.h>

/* The distributions that a picture is described by: its own, and the products of a place with the
 * ones to the right, below, below to the right, and above to the right. */
#define GEN_SCENE_FITS 5

/* An asymmetric generalised Gaussian about 0 (Lasmar, Stitou and Berthoumieu 2009). */
typedef struct {
  double shape;       /* 0.2 to 10; 2 is a Gaussian */
  double left, right; /* root mean square of what is below 0, and of what is above */
} GenSceneFit;

typedef struct _GenScene GenScene;

GenScene *gen_scene_new (void);
void gen_scene_free (GenScene *scene);

/* The levels of the first `width` columns and `height` rows, less 128, which keeps single precision
 * good enough for differences of squares. */
void gen_scene_read (const GenPicture *luma, int width, int height, float *levels);
/* Take in a picture of levels from -128 to 127, which stand for 0 to 255: row after row, normalised
 * where a window of 7 by 7 (deviation 7/6) lies about each, the border repeated outwards, and 1
 * added to the deviation. What differs from the mean by no more than rounding is 0. `deviations`,
 * of as many, is filled with these where it is not NULL. */
void gen_scene_normalise (
    GenScene *scene, const float *levels, int width, int height, float *deviations);

/* Fit the distributions to an area of the picture. Beyond it are zeros, or, where it `wraps`, what
 * is at its other side. FALSE where one has nothing to either side of 0, as of what is flat. */
gboolean gen_scene_fit (GenScene *scene, int x, int y, int width, int height, gboolean wraps,
    GenSceneFit fits[GEN_SCENE_FITS]);
/* Γ(2/shape) / Γ(1/shape), by which the mean of products goes, and √(Γ(1/shape) / Γ(3/shape)), by
 * which deviations become scales. */
double gen_scene_mean_factor (double shape);
double gen_scene_scale_factor (double shape);
