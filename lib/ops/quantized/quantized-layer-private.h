/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A layer as quantized_layer.c prepares it, for the files that make its parameters and run it. */
#pragma once

#include "../../device/integer-layer.h"
#include "quantized-layer.h"
#include "quantized-sum.h"
#include "quantized-winograd.h"

/* Tiles whose pointers are made at once. */
#define GEN_QUANTIZED_MOST_TILES 16

/* What results are made of beside sums; it follows from the smaller inputs, and is constant where
 * they are. Offsets are in bytes. */
typedef struct {
  gsize size, shift, scale, offset, zeros; /* `zeros`: a source of zero points */
  gint64 padded;                           /* elements of each array */
} GenQuantizedParameters;

typedef struct {
  gint64 by[3]; /* the first pixel's source is at step_in * i + by */
} GenQuantizedTap;

struct _GenQuantizedProblem {
  gint64 phase[3], count[3]; /* results of an item along each axis */
  gint64 low[3], high[3];    /* of the taps */
  gint64 rows;               /* of all items */
  GenQuantizedTap *taps;
  gint64 *bytes;   /* from the source at step_in * i to that of each tap */
  gint64 *weights; /* the offset of each pixel's of each tap */
  GenIntegerShape shape;
  gsize packed; /* bytes before its panels */
};

typedef struct {
  GenQuantizedGeometry geometry;
  const GenIntegerLayer *layer;
  GArray *problems; /* GenQuantizedProblem */
  GenQuantizedWinograd winograd;
  gboolean depthwise, by_winograd, converts, constant;
  gint64 group_bytes, pixel_bytes; /* of a source as the layer reads it */
  gint64 most_pixels;              /* of a tap */
  GenQuantizedParameters parameters;
  char *own; /* constant parameters */
  GBytes *packed;
  gint32 *column_sums; /* of the weights without their zero points, of each problem */
  gint32 *w_zero;      /* zero points of packed weights; NULL: they have none */
  gint64 tiles, chunk; /* tiles at once; panels that parts share */
  gint64 units;
  gsize source_at, parts_at, part_size; /* bytes of the scratch */
  gsize pointers_size, borders_size;    /* of a part's */
  GenQuantizedSum afters[GEN_QUANTIZED_AFTERS];
  guint n_afters;
  gint64 result_size; /* bytes of an element of the result */
} GenQuantizedLayer;

static inline gint64
gen_quantized_results (const GenQuantizedLayer *l)
{
  return l->geometry.groups * l->geometry.results;
}

static inline gboolean
gen_quantized_x_is_signed (const GenNode *node)
{
  return gen_node_input (node, GEN_QUANTIZED_X)->type == GEN_TYPE_INT8;
}

/* Value `i` of a byte input, or its only one; 0 where it is absent. */
gint32 gen_quantized_byte (const GenNode *node, guint input, const void *values, gint64 i);

/* quantized-problems.c: l->problems, and taps, which are so many steps along each axis, as
 * distances in bytes. */
void gen_quantized_find_problems (GenQuantizedLayer *l, const GenIntegerShape *shape);
void gen_quantized_place_taps (GenQuantizedLayer *l);

/* quantized-pack.c: whether no two neighbouring weights add up to more than 16 bits hold; what
 * those of a result add up to at most in absolute values; and all of them, packed for the layer's
 * way. */
gboolean gen_quantized_pairs_fit (const GenQuantizedLayer *l, const GenNode *node);
gint64 gen_quantized_find_heaviest (const GenQuantizedLayer *l, const GenNode *node);
void gen_quantized_pack (GenQuantizedLayer *l, GenKernel *kernel);

/* quantized-parameters.c: of the inputs' values, as l->parameters says. */
void gen_quantized_fill_parameters (
    const GenQuantizedLayer *l, const GenNode *node, const void *const *inputs, char *to);
void gen_quantized_run_parameters (const GenKernel *kernel, int part, int parts);

/* quantized-after.c: the sums and products behind the layer's own results. */
gboolean gen_quantized_infer_afters (
    GenNode *node, gint64 channels, const GenShape *shape, GError **error);
void gen_quantized_find_afters (GenQuantizedLayer *l, const GenNode *node);
/* What they make, in place, of columns [column, column + n) of the rows at `results`, column 0 of
 * which is channel `channel`. Rows that are not the result's are left alone. */
void gen_quantized_run_afters (const GenKernel *kernel, void *const *results, int rows,
    gint64 channel, gint64 column, gint64 n);

/* All of `finish` but its arrays, by what the node says. */
void gen_quantized_begin_finish (const GenKernel *kernel, GenIntegerFinish *finish);
/* quantized-run.c: the source in the form that the layer reads; the layer; the same Winograd's way.
 */
void gen_quantized_run_convert (const GenKernel *kernel, int part, int parts);
void gen_quantized_run (const GenKernel *kernel, int part, int parts);
void gen_quantized_run_winograd (const GenKernel *kernel, int part, int parts);
