/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/graph share. */
#pragma once

#include <generative/operator.h>

#include "../private-api.h"
#include "readers.h"

/* A node outside the list of nodes, without inputs and outputs. */
GEN_PRIVATE_API GenNode *gen_graph_new_node (
    GenGraph *graph, const char *name, const GenOperator *op, int opset);
/* Give `tensor` the name `name`, or one like it that is free. */
void gen_graph_rename (GenGraph *graph, GenTensor *tensor, const char *name);
void gen_attribute_free (gpointer attribute);
/* `map`: tensors of the graph copied from to those of the new one. (transfer full) */
GEN_PRIVATE_API GenAttribute *gen_attribute_copy (const GenAttribute *attribute, GHashTable *map);
/* Types and shapes of the outputs of `node`, by its operator. */
gboolean gen_node_infer (GenNode *node, GError **error);
/* Fails when an attribute has been asked for that is of another type. */
gboolean gen_node_check_attributes (const GenNode *node, GError **error);
/* gen_graph_append without inference. */
void gen_graph_bring (GenGraph *graph, const GenGraph *other, const char *prefix,
    GenTensor *const *inputs, GenTensor **outputs, GHashTable *map);
/* The result of a new node of GEN_OPSET, whose shape is not inferred, so that extents may be free.
 * NULL where an input is. */
GenTensor *gen_graph_write (
    GenGraph *graph, const char *op, GenTensor *const *inputs, int n, GError **error);
/* Whether the node's value changes from run to run: it is random, or its graphs are. */
gboolean gen_node_is_random (const GenNode *node);
/* The draw of a node in run number `run` of its plan. */
GEN_PRIVATE_API guint64 gen_draw_of (const GenDraw *draw, guint64 run);
/* Iteration `i` of a loop around the node, whose kernel would run it as (draw << GEN_DRAW_SHIFT) +
 * i. `like` is the node in the loop's graph. */
#define GEN_DRAW_SHIFT 20
void gen_node_draw_in_loop (GenNode *node, const GenNode *like, const GenDraw *loop, guint64 i);
/* Random node number `number` of those that stand for `like`. */
void gen_node_draw_as (GenNode *node, const GenNode *like, guint number);
/* sum (output * dy) over the outputs that a gradient flows to; the dy become inputs of `written`,
 * which computes outputs[i]. */
GenTensor *gen_gradient_weigh (
    GenGradient *gradient, GenGraph *written, GenTensor *const *outputs, GError **error);
/* The tensors in `tensor`, one after the other: itself where it is one. */
void gen_tensor_flatten (GenTensor *tensor, GPtrArray *into);
/* Give `to` the kind and the items of `from`. */
void gen_tensor_share_items (GenTensor *to, const GenTensor *from);
/* Put the items of outputs in their place; once the graph is inferred. */
void gen_graph_flatten_outputs (GenGraph *graph);
/* Whether an input of the node is a sequence or optional. */
gboolean gen_node_has_items (const GenNode *node);
/* Infer node by node. FALSE with `error` where it cannot go on: before node number `at`. */
gboolean gen_graph_infer_until (GenGraph *graph, guint *at, GError **error);
/* A copy of the nodes [first, end) alone. What they read of the others becomes inputs, what others
 * (or the graph's outputs) want of them outputs; constant outputs of the graph come with the first
 * node. */
GenGraph *gen_graph_cut (const GenGraph *graph, guint first, guint end);
/* Infer the nodes from number `first` on, and fold what is constant. */
gboolean gen_graph_infer_from (GenGraph *graph, guint first, GError **error);

/* Put what node number `index` is made of in its place; `*lowered` tells whether it is made of
 * others. */
gboolean gen_graph_lower_node (GenGraph *graph, guint index, gboolean *lowered, GError **error);
/* Whether a node has elements of a type that its operator does not know; and that: casts are put
 * around it. `number` is the node's in the graph. */
gboolean gen_node_is_widened (const GenNode *node);
gboolean gen_graph_widen_node (GenGraph *graph, guint number, GError **error);
/* Fails where an input is missing, or its type or shape is not known. */
gboolean gen_node_check_inputs (const GenNode *node, GError **error);
/* The outputs of a node whose operator computes at once, as constants; all its inputs must be
 * constant. */
gboolean gen_node_compute (GenNode *node, GError **error);
/* The same of inputs that lie in `inputs`; their shapes are known. What is in `results`, one for
 * each output that the operator may have, is the caller's then. */
gboolean gen_node_compute_results (
    GenNode *node, const void *const *inputs, GenResult *results, GError **error);

/* Take back the nodes from number `first` on, whose outputs nobody has come to read. */
void gen_graph_take_back (GenGraph *graph, guint first);
/* Take nodes whose outputs nobody uses out of the list. */
void gen_graph_remove_dead (GenGraph *graph);
/* Put `to` wherever `from` is read: node inputs, graph outputs, next values. */
void gen_graph_replace (GenGraph *graph, GenTensor *from, GenTensor *to);
/* Put each node behind those that make what it reads, and otherwise leave the order as it is. */
void gen_graph_sort (GenGraph *graph);

/* What fusion can let a node do beside what its operator says (take.c). */
typedef enum {
  GEN_TAKE_NORMALIZATION, /* a scale and a shift for each channel, in its weights and bias */
  GEN_TAKE_BIAS,          /* a value for each channel or column */
  GEN_TAKE_SUM,           /* a tensor of its result's shape */
  GEN_TAKE_SLOPES,        /* of a PRelu, one for each channel or column */
  GEN_TAKE_ACTIVATION,
} GenTake;
/* Whether `node` can do that to its result after all that it has taken already. */
gboolean gen_node_can_take (const GenNode *node, GenTake what);
/* Whether the node does what its operator says, and no more. Only such a node can be taken over, or
 * be part of a formula. */
gboolean gen_node_is_plain (const GenNode *node);

/* The passes of compilation, in the order in which plan.c applies them. */
gboolean gen_graph_free_weights (GenGraph *graph, GError **error);
gboolean gen_graph_fuse (GenGraph *graph, GError **error);
/* Let `node`, the MatMul by the values, take over the attention before it, if there is one. */
gboolean gen_graph_fuse_attention (GenReaders *readers, GenNode *node);
/* Let attention read heads before the Transpose that moves them, and write behind one. */
gboolean gen_graph_fuse_heads (GenReaders *readers, GenNode *node);
/* Let the convolution `node` take over the border of zeros before it, if there is one. */
gboolean gen_graph_fuse_pad (GenReaders *readers, GenNode *node);
/* Let `node` stand for the nodes before it that are a known formula written out. */
gboolean gen_graph_fuse_pattern (GenReaders *readers, GenNode *node);
/* Let `node` compute the activation that alone reads its result, if it can. */
gboolean gen_node_take_activation (GenReaders *readers, GenNode *node);
/* Make one node of what is a layer of 8-bit integers with all that is around it. */
gboolean gen_graph_fuse_quantized (GenGraph *graph, GError **error);
/* Let products of few rows read their weights of few bits as they are. */
void gen_graph_fuse_blocks (GenGraph *graph);
/* Of those, what goes from bytes to bytes element by element. */
gboolean gen_graph_fuse_bytes (GenGraph *graph, GenReaders *readers, GError **error);
/* The DequantizeLinear that makes `tensor` with one positive scale, if bytes are what it is made
 * of. */
GenNode *gen_graph_find_dequantize (const GenTensor *tensor);
/* Whether two scales or zero points are the same constant; what is not there is 0. */
gboolean gen_graph_same_constant (const GenTensor *a, const GenTensor *b);
/* The zero point that a QuantizeLinear goes by: a constant 0 where it names none. */
GenTensor *gen_graph_zero_point (const GenNode *quantize);
/* Fold what inference has left as it was: weights of few bits of which layers can be made. */
gboolean gen_graph_fold_weights (GenGraph *graph, GError **error);
/* Make nodes that work element by element one node, as many as can be. */
void gen_graph_fuse_elementwise (GenGraph *graph, GenReaders *readers);
gboolean gen_graph_choose_layouts (GenGraph *graph, GError **error);

/* Compute one node on the CPU outside any plan, its inputs being constants; its outputs
 * become constants. */
gboolean gen_graph_fold_node (GenNode *node, GError **error);
