/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What quantisation looks at in a graph: layers with weights, and what follows them. */
#pragma once

#include <generative/quantize.h>

#include "../graph/graph-private.h"

/* Whether `node` is ONNX's own operator of that name. */
gboolean gen_shrink_is (const GenNode *node, const char *name);
/* The node's name, or, where it has none, its result's. */
const char *gen_shrink_name (const GenNode *node);
/* Whether the settings say that `node` stays as it is. */
gboolean gen_shrink_keeps (const GenQuantizeSettings *settings, const GenNode *node);

/* A Conv, ConvTranspose, Gemm or MatMul by constant weights of floats. */
typedef struct {
  GenNode *node;
  GenTensor *weights, *bias; /* `bias` NULL: it has none, or none of its own */
  int axis;                  /* of the weights, along which they have a scale each */
  gint64 channels;           /* of that axis */
} GenShrinkLayer;

/* FALSE where it is none. */
gboolean gen_shrink_find_layer (GenNode *node, GenShrinkLayer *layer);

/* Add to `layers` what became of `node`, unless `layers` is NULL. `format` says it. */
void gen_shrink_tell (GPtrArray *layers, const GenShrinkLayer *layer, gboolean quantized,
    gsize after, double sqnr, const char *format, ...) G_GNUC_PRINTF (6, 7);

/* Make constants of weights that follow from constants, as those that are scaled do, so that layers
 * by them are seen. */
void gen_shrink_settle (GenGraph *graph);
/* Put batch normalisations with constant statistics into the weights before them, and activations
 * in front of what only reshapes. */
gboolean gen_shrink_fold (GenGraph *graph, GError **error);

/* Remove nodes and constants that nobody reads any more. */
void gen_shrink_clean (GenGraph *graph);
/* The opset at which nodes that are added speak: that of the others, at least `least`; 0 with
 * `error` where those do not go with it. */
int gen_shrink_find_opset (const GenGraph *graph, int least, const char *what, GError **error);
