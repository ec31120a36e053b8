/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tensor-data.h"

/* A model that is being read. */
typedef struct {
  GenGraph *graph;
  GenOnnxSource *source;
  GHashTable *opsets; /* domain to version */
  GHashTable *later;  /* names that nodes make, to tell a wrong order from a missing tensor */
} GenOnnxReader;

/* The operator of a node as text: "Relu", "com.microsoft.Gelu". (transfer full) */
char *gen_onnx_node_operator (const Onnx__NodeProto *proto);

/* Whether there is such an operator here. `opset` is the version that the model imports, 0 when
 * it does not say. */
gboolean gen_onnx_node_is_known (
    const GenOnnxReader *reader, const Onnx__NodeProto *proto, int *opset);

/* Append a node. */
gboolean gen_onnx_read_node (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error);
