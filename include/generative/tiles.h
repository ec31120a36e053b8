/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>

G_BEGIN_DECLS

/**
 * GenTiles: a picture that is larger than what a model takes, or is to take at a time, cut into
 * tiles that overlap; each is played as a picture of its own, and a part of what is made of it is
 * kept.
 *
 *     gen_model_find_tile_context (model, input, output, &context, &error);
 *     gen_tiles_plan (&tiles, model, input, output, &context, &request, &error);
 *     for (int i = 0; i < gen_tiles_count (&tiles); i++)
 *       tile = gen_tiles_get (&tiles, i);     where it is read, what is kept of it, and where to
 *
 * A net of convolutions makes of tiles what it makes of the whole picture: those at the picture's
 * borders lie at these, so that the net pads where it would; they overlap by what its results hang
 * on, and begin where its strides do. Of such nets what is kept of tiles lies side by side. Where
 * results hang on the whole picture, tiles are to fade into each other.
 */

/* What a tile needs around it, along both axes. */
typedef struct {
  GenContext rows, columns;
} GenTileContext;

/* Found from what its operators do along rows and columns: kernels, strides, pixels that are
 * shuffled. FALSE with `error`, which names the node, where results hang on the whole picture. */
GEN_API gboolean gen_model_find_tile_context (GenModel *model, const GenPort *input,
    const GenPort *output, GenTileContext *context, GError **error);
GEN_API gboolean gen_tile_contexts_equal (const GenTileContext *a, const GenTileContext *b);

/* What is wanted. */
typedef struct {
  int height, width;           /* of the whole picture */
  int tile_height, tile_width; /* at most, where the model takes any size; 0: what suits */
  int overlap; /* pixels of what goes in that tiles share; -1: what results hang on */
  /* Two by two pixels share their chroma, of what goes in and of what comes out. */
  gboolean chroma_in, chroma_out;
} GenTileRequest;

/* Rows, or columns. */
typedef struct {
  int in, out;           /* of the whole picture: pixels that go in and come out */
  int tile_in, tile_out; /* of a tile */
  int padding;           /* that the only tile lacks for the model to take it (GenPadding) */
  int n;                 /* tiles */
  int hop;               /* of what goes in, from tile to tile; the last one ends where `in` does */
  int taken, made;       /* for so many pixels that go in, so many come out */
  /* Pixels that come out at a tile's beginning and end which are not as in the whole picture, where
   * it has neighbours there. */
  int unsure_before, unsure_after;
  gboolean even; /* parts that are kept begin at even places */
} GenTileAxis;

typedef struct {
  GenTileAxis rows, columns;
  /* Tiles share what they keep, to be faded; else each pixel is one tile's. */
  gboolean fade;
} GenTiles;

typedef struct {
  int x, y;         /* of the tile in what goes in */
  GenKeptPart kept; /* of what is made of it, */
  int to_x, to_y;   /* and where that goes */
} GenTile;

/**
 * gen_tiles_plan: how a picture is played in tiles by `model`; `context` is NULL where its results
 * hang on the whole picture. Where the model takes any size tiles are as large as is asked for or a
 * little smaller, so that little is made twice, and there is one where the picture is not larger.
 * A picture that is smaller than what the model takes is padded. FALSE with `error` when tiles are
 * too small for what they need around them.
 */
GEN_API gboolean gen_tiles_plan (GenTiles *tiles, GenModel *model, const GenPort *input,
    const GenPort *output, const GenTileContext *context, const GenTileRequest *request,
    GError **error);
GEN_API int gen_tiles_count (const GenTiles *tiles);
/* Number `i`, row by row. */
GEN_API GenTile gen_tiles_get (const GenTiles *tiles, int i);

G_END_DECLS
