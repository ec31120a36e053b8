/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How media that are no pictures are drawn. */
#pragma once

#include <generative/picture.h>

/* Part of an RGB picture, sharing its samples. */
GenPicture gen_draw_part (const GenPicture *picture, int x, int y, int width, int height);
void gen_draw_pixel (GenPicture *picture, int x, int y, const guint8 *rgb);
/* The colour of 0 to 1, from black by purple and red to a pale yellow, each step as far from the
 * next to the eye. */
void gen_draw_heat (float value, guint8 *rgb);
/* `n` numbers from the left to the right, -1 at the bottom and 1 at the top: in each column what
 * lies between its least and its greatest. They are `step` apart in memory, and multiplied by
 * `scale`; what is beyond 1 is drawn in red. */
void gen_draw_wave (GenPicture *picture, const float *numbers, gsize n, int step, float scale);
/* The same as bars from the middle. */
void gen_draw_bars (GenPicture *picture, const float *numbers, gsize n, float scale);
