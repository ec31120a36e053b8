/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures tile by tile: what the properties and the model say of it. */
#pragma once

#include <generative/tiles.h>

typedef struct {
  gboolean used;
  int height, width;      /* of a tile, at most; 0: what suits */
  int overlap;            /* -1: what results hang on */
  gboolean endless;       /* they hang on the whole picture */
  GenTileContext context; /* else on that much */
} GstGeneratorTiling;

/* Read "auto" or "WIDTHxHEIGHT"; NULL and "" are none. FALSE with `error` for other texts. */
gboolean gst_generator_tiling_read (GstGeneratorTiling *tiling, const char *tile, GError **error);
/* Find out what tiles of what `model` takes need around them. */
void gst_generator_tiling_choose (
    GstGeneratorTiling *tiling, GenModel *model, const GenPort *input, const GenPort *output);
/* What they need for `output` as well, which is as large. */
void gst_generator_tiling_widen (
    GstGeneratorTiling *tiling, GenModel *model, const GenPort *input, const GenPort *output);
gboolean gst_generator_tiling_equal (const GstGeneratorTiling *a, const GstGeneratorTiling *b);
/* Whether tiles may have to fade into each other, which is done in the system's memory. */
gboolean gst_generator_tiling_may_fade (const GstGeneratorTiling *tiling);
