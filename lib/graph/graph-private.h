/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/graph share. */
#pragma once

#include <generative/operator.h>

/* A node outside the list of nodes, without inputs and outputs. */
GenNode *gen_graph_new_node (GenGraph *graph, const char *name, const GenOperator *op, int opset);
/* Give `tensor` the name `name`, or one like it that is free. */
void gen_graph_rename (GenGraph *graph, GenTensor *tensor, const char *name);
/* Types and shapes of the outputs of `node`, by its operator. */
gboolean gen_node_infer (GenNode *node, GError **error);
/* Fails when an attribute has been asked for that is of another type. */
gboolean gen_node_check_attributes (const GenNode *node, GError **error);
/* Infer the nodes from number `first` on, and fold what is constant. */
gboolean gen_graph_infer_from (GenGraph *graph, guint first, GError **error);

/* Put what node number `index` is made of in its place; `*lowered` tells whether it is made of
 * others. */
gboolean gen_graph_lower_node (GenGraph *graph, guint index, gboolean *lowered, GError **error);
/* Whether a node has 16-bit floats that its operator does not know; and that: casts are put around it.
 * `number` is the node's in the graph. */
gboolean gen_node_is_widened (const GenNode *node);
gboolean gen_graph_widen_node (GenGraph *graph, guint number, GError **error);
/* The outputs of a node whose operator computes at once, as constants; all its inputs must be
 * constant. */
gboolean gen_node_compute (GenNode *node, GError **error);

/* Take nodes whose outputs nobody uses out of the list. */
void gen_graph_remove_dead (GenGraph *graph);
/* Put `to` wherever `from` is read: node inputs, graph outputs, next values. */
void gen_graph_replace (GenGraph *graph, GenTensor *from, GenTensor *to);
/* How often `tensor` is read: by nodes, as a graph output, as a next value. */
guint gen_graph_count_uses (const GenGraph *graph, const GenTensor *tensor);

/* The passes of compilation, in the order in which plan.c applies them. */
gboolean gen_graph_free_weights (GenGraph *graph, GError **error);
gboolean gen_graph_fuse (GenGraph *graph, GError **error);
gboolean gen_graph_choose_layouts (GenGraph *graph, GError **error);

/* Compute one node on the CPU outside any plan, its inputs being constants; its outputs
 * become constants. */
gboolean gen_graph_fold_node (GenNode *node, GError **error);
