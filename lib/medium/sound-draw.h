/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>
#include <generative/sound.h>

/* A sound as people look at them, in an RGB picture of this size: the waves of its channels over a
 * mel spectrum of all of them, from left to right the whole of it. */
#define GEN_SOUND_DRAW_WIDTH 160
#define GEN_SOUND_DRAW_HEIGHT 120
void gen_sound_draw (const GenSound *sound, GenPicture *picture);
