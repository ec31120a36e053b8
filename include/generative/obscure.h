/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/picture.h>

G_BEGIN_DECLS

/**
 * Parts of a picture that nobody is to recognise. What is put in the place of pixels hangs on those
 * within the region alone, and little of them is left: blurring is three means over squares, which
 * is near a Gaussian (to two or three levels, by way of a smaller picture), and pixelating a mean a
 * square. Both keep what is as large as the squares: of a region that may be guessed at (a number
 * on a plate), fill. Since: 0.2
 */
typedef enum {
  GEN_OBSCURE_BLUR,
  GEN_OBSCURE_PIXELATE,
  GEN_OBSCURE_FILL, /* with one colour */
} GenObscure;

/* In pixels; what lies outside of the picture is left out. */
typedef struct {
  int x, y, width, height;
} GenRegion;

typedef struct {
  GenObscure how;
  /* PIXELATE: the side of the squares, BLUR: the standard deviation, as a share of the region's
   * larger side, (0, 1]; never less than 2 pixels. */
  double strength;
  guint32 colour; /* FILL: 0xRRGGBB; of grey pictures its luma, by BT.601 */
} GenObscuring;

/* Of 1, 3 or 4 channels, of which the fourth is left as it is. `scratch` is memory for the work,
 * which is kept from frame to frame so that none is allocated. */
GEN_API void gen_picture_obscure (GenPicture *picture, const GenRegion *region,
    const GenObscuring *obscuring, GByteArray *scratch);

/* One of the planes of a frame. */
typedef struct {
  GenPicture samples;   /* 1 to 4 channels, of which the fourth is left as it is */
  int shift_x, shift_y; /* each sample is of 2^shift_x by 2^shift_y pixels of the frame */
  guint8 fill[4];       /* FILL: one a channel; the colour of GenObscuring is not looked at */
} GenPicturePlane;

/* The same of a frame in planes, such as luma and chroma of Y'CbCr, the first of which has a sample
 * for each pixel. `region` is in pixels of the frame, and widened to samples that are whole in all
 * planes; so are the squares of PIXELATE. */
GEN_API void gen_planes_obscure (GenPicturePlane *planes, guint n, const GenRegion *region,
    const GenObscuring *obscuring, GByteArray *scratch);

G_END_DECLS
