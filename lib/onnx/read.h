/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tensor-data.h"

/* A model that is being read. */
typedef struct _GenOnnxReader GenOnnxReader;
struct _GenOnnxReader {
  GenGraph *graph;
  GenOnnxSource *source;
  GHashTable *opsets;    /* domain to version */
  GHashTable *later;     /* names that nodes make, to tell a wrong order from a missing tensor */
  GenOnnxReader *parent; /* of the graph around this one; NULL for the model's own */
  GPtrArray *captured;   /* tensors of the parent's graph that the last inputs stand for */
};

/* The tensor that a node means by `name`: this graph's, or one of those around it, for which this
 * graph gets an input; NULL where there is none. */
GenTensor *gen_onnx_find_tensor (GenOnnxReader *reader, const char *name);

/* A graph that is a node's attribute. `captured` receives the tensors of the parent's graph that
 * its last inputs stand for. (transfer full) */
GenGraph *gen_onnx_read_graph (
    GenOnnxReader *parent, const Onnx__GraphProto *proto, GPtrArray *captured, GError **error);

/* A file's bytes; what is wrong with the file is told as a GenOnnxError. (transfer full) */
GBytes *gen_onnx_load_file (const char *path, GError **error);

/* The operator of a node as text: "Relu", "com.microsoft.Gelu". (transfer full) */
char *gen_onnx_node_operator (const Onnx__NodeProto *proto);

/* Whether there is such an operator here. `opset` is the version that the model imports, 0 when
 * it does not say. */
gboolean gen_onnx_node_is_known (
    const GenOnnxReader *reader, const Onnx__NodeProto *proto, int *opset);

/* Append a node. */
gboolean gen_onnx_read_node (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error);
