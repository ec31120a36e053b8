/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers of a graph whose weights can have a difference of low rank beside them: a product of two
 * small weights. `down` is applied to what goes into the layer, and `up` to what comes of that, so
 * that a layer's result becomes y + up (down (x)), and its weights are left alone. Weights that are
 * read otherwise (scaled by a style, of a table that is looked up) have their difference added to
 * them where they are read, which costs more in each run. */
#pragma once

#include <generative/graph.h>

#include "../private-api.h"

/* How the two make the difference of the weights W, group by group:
 *   OUT_IN      W [out, in…]  down [groups * rank, in…], up [out, rank, 1…]: up · down
 *   IN_OUT      W [in, out]   down [in, rank], up [rank, out]: down · up
 *   TRANSPOSED  W [in, out…]  down [groups * rank, in, 1…], up [groups * rank, out…]: downᵀ · up */
typedef enum {
  GEN_FACTORS_OUT_IN,
  GEN_FACTORS_IN_OUT,
  GEN_FACTORS_TRANSPOSED,
} GenFactors;

typedef struct {
  GenTensor *weight; /* of the graph */
  GenFactors factors;
  gint64 groups, rows, columns; /* of the matrix that a group's weights are */
  gboolean whole;               /* the difference is added to the weights, OUT_IN, of one group */
} GenAdaptedLayer;

/* The layer whose weights `weight` is: it is `whole` where that is read otherwise than as those of
 * one kind of layer (Conv, ConvTranspose, Gemm, MatMul). FALSE where it is no matrix of weights. */
GEN_PRIVATE_API gboolean gen_adapted_layer_find (
    const GenGraph *graph, GenTensor *weight, GenAdaptedLayer *layer);
/* All of a graph, in the order of its nodes. (transfer full) */
GEN_PRIVATE_API GArray *gen_adapted_layers_list (const GenGraph *graph);

/* The shapes of the two for `rank`, and how many numbers they have together. */
GEN_PRIVATE_API void gen_adapted_layer_shapes (
    const GenAdaptedLayer *layer, gint64 rank, GenShape *down, GenShape *up);
GEN_PRIVATE_API gint64 gen_adapted_layer_count (const GenAdaptedLayer *layer, gint64 rank);
/* The rank of two of these shapes; 0 where they are none of the layer's. */
GEN_PRIVATE_API gint64 gen_adapted_layer_rank (
    const GenAdaptedLayer *layer, const GenShape *down, const GenShape *up);
/* That of a factor for each rank of what goes from one to the other: it is broadcast to that. */
GEN_PRIVATE_API GenShape gen_adapted_layer_ranks (const GenAdaptedLayer *layer, gint64 rank);

/* weights += scale * difference */
GEN_PRIVATE_API void gen_adapted_layer_add (const GenAdaptedLayer *layer, gint64 rank,
    const float *down, const float *up, double scale, float *weights);
/* Append the two beside each node that reads the weights. What goes from one to the other is
 * multiplied by each of the `n` `factors`. The nodes of the graph are sorted by the caller. */
GEN_PRIVATE_API gboolean gen_adapted_layer_insert (GenGraph *graph, const GenAdaptedLayer *layer,
    GenTensor *down, GenTensor *up, GenTensor *const *factors, guint n, GError **error);
