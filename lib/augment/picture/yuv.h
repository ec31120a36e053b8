/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>

/* Three rows of three factors and what is added; samples are from 0 to 255 on both sides. */
typedef double GenColourMatrix[3][4];

/* From the frame's luma, U and V to red, green and blue, and back. */
void gen_yuv_find_matrices (
    const GenAugmentFrame *frame, GenColourMatrix to_rgb, GenColourMatrix to_yuv);
/* First `b`, then `a`. */
void gen_yuv_multiply (const GenColourMatrix a, const GenColourMatrix b, GenColourMatrix product);

/* What steps from `first` to before `last`, all of GEN_CHANGE_MIX, are from YUV to YUV. */
void gen_yuv_find_mix (const GenAugmentPictureDraw *draw, int first, int last,
    const GenAugmentFrame *frame, GenColourMatrix matrix);

/* Whether such a matrix leaves luma, or chroma, as it is, whatever the samples are. */
gboolean gen_yuv_stays (const GenColourMatrix matrix, gboolean chroma);

/* The chroma that belongs to row `row` of luma, as wide as it. */
void gen_yuv_widen (const GenAugmentFrame *frame, int row, guint8 *u, guint8 *v);

/* Rows of as many luma samples as are one of chroma: `frame`'s from `row` on, as pixels of three
 * channels that follow each other. `chroma` [2 * width] is written to. */
void gen_yuv_read_rows (const GenAugmentFrame *frame, const GenColourMatrix to_rgb, int row,
    guint8 *chroma, guint8 *pixels);
/* And back. `sums` [2 * (width + 1)]. */
void gen_yuv_write_rows (const GenAugmentFrame *frame, const GenColourMatrix to_yuv, int row,
    const guint8 *pixels, float *sums);
/* A matrix from YUV to YUV, to the whole frame. `chroma` [2 * width], `sums` [width + 1] */
void gen_yuv_mix (
    const GenAugmentFrame *frame, const GenColourMatrix matrix, guint8 *chroma, float *sums);
