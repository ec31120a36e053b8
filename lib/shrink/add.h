/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nodes that quantisation puts into a graph. */
#pragma once

#include "layers.h"

/* What a new node makes of the `n` inputs, of which some may be NULL; both are named like `like`,
 * with `suffix` behind. `domain` NULL: ONNX's own. */
GenTensor *gen_shrink_add (GenGraph *graph, const char *domain, const char *op, int opset,
    GenTensor *const *inputs, int n, const GenTensor *like, const char *suffix, GError **error);
/* A constant named like `like`. Takes over `data`, made with g_malloc. */
GenTensor *gen_shrink_add_constant (GenGraph *graph, const GenTensor *like, const char *suffix,
    GenDataType type, const GenShape *shape, void *data, gsize size);
/* Let the result of `layer` be what `last` is, which has been made of it or in its place: `last`
 * takes its name. */
void gen_shrink_take_result (const GenShrinkLayer *layer, GenTensor *last);
