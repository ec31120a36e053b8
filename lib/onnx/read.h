/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tensor-data.h"

/* What all graphs of a model that is being read have in common. */
typedef struct {
  GenOnnxSource *source;
  GHashTable *functions; /* the model's own, by the key that gen_onnx_function_key makes */
  guint64 inlined;       /* what calls have put into the graphs, in bytes, see gen_onnx_charge */
  gboolean located;      /* the error says which function it is in */
} GenOnnxModel;

/* A call of a function, whose body is being read. */
typedef struct _GenOnnxCall GenOnnxCall;
struct _GenOnnxCall {
  const Onnx__FunctionProto *function;
  const GenOnnxCall *outer; /* the call whose body has this one; NULL */
  const char *name;         /* of the node that calls */
  GHashTable *attributes;   /* name to the Onnx__AttributeProto that it has in this call */
};

/* A model's graph, a graph that is a node's attribute, or the body of a function, which adds to
 * the graph of its caller: whatever has names of its own. */
typedef struct _GenOnnxReader GenOnnxReader;
struct _GenOnnxReader {
  GenOnnxModel *model;
  GenGraph *graph;
  GHashTable *opsets;    /* domain to version */
  GHashTable *scope;     /* name to GenTensor; NULL for what a call leaves out */
  GHashTable *later;     /* names that nodes make, to tell a wrong order from a missing tensor */
  GHashTable *reserved;  /* those of the graph, which what calls make must not take */
  GHashTable *results;   /* of a function's body: name to the tensor that the caller made for it */
  GenOnnxReader *parent; /* of what is around this one; NULL for the model's own graph */
  GPtrArray *captured;   /* tensors of the parent's graph that the last inputs stand for; NULL for
                            what sees nothing of its parent */
  const GenOnnxCall *call; /* of the function that this is, or is within; NULL */
};

/* Whether `name` is known here, or in what is around, for which this graph then gets an input.
 * `tensor` may become NULL: a call leaves it out. */
gboolean gen_onnx_find_tensor (GenOnnxReader *reader, const char *name, GenTensor **tensor);

/* `name`, behind the names of the calls that it is within. (transfer full) */
char *gen_onnx_path (const GenOnnxReader *reader, const char *name);

/* The name that a tensor which the file calls `name` gets in the graph: its own in what the file
 * has of the graph, and one that is free in a function. (transfer full) */
char *gen_onnx_graph_name (const GenOnnxReader *reader, const char *name);

/* A tensor of the file as the constant `name`. One of a type that nothing here computes with is
 * there without its elements: perhaps nobody reads it. */
gboolean gen_onnx_add_constant (
    GenOnnxReader *reader, const char *name, const Onnx__TensorProto *tensor, GError **error);
/* A constant of such a type. */
void gen_onnx_add_unreadable (GenOnnxReader *reader, const char *name, int type);

/* A graph that is a node's attribute. `captured` receives the tensors of the parent's graph that
 * its last inputs stand for. (transfer full) */
GenGraph *gen_onnx_read_graph (
    GenOnnxReader *parent, const Onnx__GraphProto *proto, GPtrArray *captured, GError **error);

/* The version of each domain, into `opsets`; `version` (may be NULL) receives that of ONNX's own.
 */
gboolean gen_onnx_read_opsets (GHashTable *opsets, Onnx__OperatorSetIdProto *const *imports,
    gsize n, int *version, GError **error);

/* A file's bytes; what is wrong with the file is told as a GenOnnxError. (transfer full) */
GBytes *gen_onnx_load_file (const char *path, GError **error);

/* --- nodes (read-node.c) --- */

/* "" for ONNX's own, which has two names. */
const char *gen_onnx_domain (const char *domain);
/* The operator of a node as text: "Relu", "com.microsoft.Gelu". (transfer full) */
char *gen_onnx_node_operator (const Onnx__NodeProto *proto);
/* The node's name or, where it has none, that of what it makes. */
const char *gen_onnx_node_name (const Onnx__NodeProto *proto);

/* Whether there is such an operator here. `opset` is the version that is imported, 0 where that is
 * not said. */
gboolean gen_onnx_node_is_known (GHashTable *opsets, const Onnx__NodeProto *proto, int *opset);

/* The tensors that a node reads; NULL for those left out. */
gboolean gen_onnx_find_inputs (
    GenOnnxReader *reader, const Onnx__NodeProto *proto, GenTensor **inputs, GError **error);
/* The tensor that `name`, of the results of a node, will be. */
GenTensor *gen_onnx_add_value (GenOnnxReader *reader, const char *name);

/* Append the nodes, or what they stand for. */
gboolean gen_onnx_read_nodes (
    GenOnnxReader *reader, Onnx__NodeProto *const *nodes, gsize n, GError **error);

/* --- functions (function.c) --- */

/* The model's functions by their keys; FALSE for two of one key. */
gboolean gen_onnx_list_functions (
    GHashTable *functions, const Onnx__ModelProto *model, GError **error);
/* The function that a node calls; NULL where it is an operator. */
const Onnx__FunctionProto *gen_onnx_find_function (
    const GenOnnxModel *model, const Onnx__NodeProto *proto);
/* The versions that hold in its body: a domain that it does not import is as in `around`. (transfer
 * full) */
GHashTable *gen_onnx_function_opsets (
    const Onnx__FunctionProto *function, GHashTable *around, GError **error);
/* "pkg.nn.Linear", for errors. (transfer full) */
char *gen_onnx_function_name (const Onnx__FunctionProto *function);

/* Put what a function does in the place of the node that calls it. */
gboolean gen_onnx_read_call (GenOnnxReader *reader, const Onnx__NodeProto *proto,
    const Onnx__FunctionProto *function, GError **error);
/* The attribute itself or, for a reference to one of the function's, what that is in this call;
 * NULL where the call has none. */
gboolean gen_onnx_resolve_attribute (const GenOnnxReader *reader, const Onnx__AttributeProto *proto,
    const Onnx__AttributeProto **resolved, GError **error);
/* Count a node that is read for a call; FALSE where calls make too much of a file. */
gboolean gen_onnx_charge (GenOnnxReader *reader, const Onnx__NodeProto *proto, GError **error);
