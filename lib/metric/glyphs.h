/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>

/* Letters of 5 by 7 pixels, with two rows below the line, in cells of 6 by 10. Those that there
 * are: digits, small letters (capitals are drawn as such) and a few signs; others are a box. */
#define GEN_GLYPH_WIDTH 6
#define GEN_GLYPH_HEIGHT 10

/* Draw `text` with its top left corner at x and y, `scale` times as large, as 255. What is outside
 * is left out. */
void gen_glyphs_draw (GenPicture *grey, int x, int y, int scale, const char *text);
