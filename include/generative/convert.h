/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/graph.h>

G_BEGIN_DECLS

/**
 * The same model in other words: of another opset, with pictures laid out otherwise at its ends,
 * with numbers of 32 bits, with extents that are known, or not. Each changes `graph` and, where it
 * fails, leaves it half changed: work on a copy. Since: 0.2
 */
#define GEN_CONVERT_ERROR (gen_convert_error_quark ())
GEN_API GQuark gen_convert_error_quark (void);

typedef enum {
  GEN_CONVERT_ERROR_SETTING, /* an opset or port that cannot be */
  GEN_CONVERT_ERROR_MODEL,   /* a node that has no words there */
} GenConvertError;

/* The opsets that models can be brought to. */
#define GEN_CONVERT_OPSET_MIN 11
#define GEN_CONVERT_OPSET_MAX 26

/**
 * gen_graph_set_opset: say all of ONNX's own operators in `opset`, from opset 7 on: attributes
 * become inputs and inputs attributes, and operators that came later are written out in others.
 * `shaped` is a copy that has been inferred, for those that hang on ranks. Fails with the name of a
 * node that has no words there, as one whose axes are computed in an opset where they are an
 * attribute.
 */
GEN_API gboolean gen_graph_set_opset (
    GenGraph *graph, const GenGraph *shaped, int opset, GError **error);

/* Lay `port`, an input or output of four extents, out as [batch, height, width, channels]
 * (`channels_last`) where it is [batch, channels, height, width], or the other way round: a
 * Transpose behind or in front of it. Its name stays. */
GEN_API gboolean gen_graph_turn_port (
    GenGraph *graph, GenTensor *port, gboolean channels_last, GError **error);

/* Let all constants, inputs, outputs and casts of 16-bit floats be of float32. Returns: how many
 * tensors that changes. */
GEN_API guint gen_graph_widen_floats (GenGraph *graph);

/* Let the first extent of all inputs and outputs, the batch, be free, which was known. Shapes
 * within that name it follow it. `batch` is what it was. Fails where something within hangs on it.
 */
GEN_API gboolean gen_graph_free_batch (GenGraph *graph, gint64 *batch, GError **error);

G_END_DECLS
