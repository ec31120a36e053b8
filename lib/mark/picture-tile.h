/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tile that marks of pictures are made of: waves whose periods divide its sides, each with a
 * place in the spectrum and a phase that the key has drawn. */
#pragma once

#include <generative/mark.h>

#include "code.h"

/* The unit of length is a 360th of a picture's shorter side. */
#define GEN_TILE_ROWS 360
/* Of smaller pictures it is as of these: finer waves than a pixel's would be none. */
#define GEN_TILE_SMALLEST 180
#define GEN_TILE_SIZE 128
/* Waves of so many periods a tile, from least to most: lower ones are seen first and drown in what
 * pictures are made of, higher ones are what encoders leave out. */
#define GEN_TILE_LEAST 8
#define GEN_TILE_MOST 30
#define GEN_TILE_PILOTS 96
/* How much higher than others they are. */
#define GEN_TILE_PILOT_HEIGHT 2.2f

typedef struct {
  int across, down;   /* periods a tile; of it and its negative, the one that goes down */
  float cosine, sine; /* of its phase */
} GenTileWave;

typedef struct {
  guint n; /* of waves, the first GEN_TILE_PILOTS of which are pilots */
  GenTileWave waves[2048];
} GenPictureTile;

/* How many units a pixel of a picture is. */
GEN_PRIVATE_API double gen_picture_tile_unit (int width, int height);
GEN_PRIVATE_API void gen_picture_tile_init (GenPictureTile *tile, const GenMarkKey *key);
/* Which two symbols wave `wave`, no pilot, carries, as its real and its imaginary part. */
void gen_picture_tile_symbols (guint wave, guint symbols[2]);
/* Draw it, `size` by `size` numbers of mean 0 and variance 1. */
void gen_picture_tile_draw (
    const GenPictureTile *tile, const gint8 symbols[GEN_MARK_SYMBOLS], int size, float *drawn);
