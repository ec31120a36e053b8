/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tensor-data.h"

/* A model that is being read. */
typedef struct {
  GenGraph *graph;
  GenOnnxSource *source;
  GHashTable *opsets; /* domain to version */
  GHashTable *later;  /* names that nodes make, to tell a wrong order from a missing tensor */
  GPtrArray *unknown; /* of char *: "Foo (opset 13, first in node 'x')" */
  GHashTable *unknown_seen;
} GenOnnxReader;

/* The operator of a node as text: "Relu", "com.microsoft.Gelu". (transfer full) */
char *gen_onnx_node_operator (const Onnx__NodeProto *proto);

/* Append a node. One whose operator is not known is noted in `unknown` instead, so that all
 * of them can be told at once. */
gboolean gen_onnx_read_node (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error);
