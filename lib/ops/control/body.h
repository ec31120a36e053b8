/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graphs that If, Loop and Scan run: given shapes for their inputs, and compiled into a plan
 * inside the node's kernel. */
#pragma once

#include <generative/operator.h>
#include <generative/plan.h>

/* What is known of an input of the graph. */
typedef struct {
  GenDataType type;
  GenShape shape;
  GBytes *value; /* NULL: not before it runs */
} GenBodyInput;

/* What is known of a tensor around the graph. */
GenBodyInput gen_body_input (const GenTensor *tensor);

/* The graph attribute `name` of the node; NULL with `error` where it is none. */
const GenAttribute *gen_body_attribute (const GenNode *node, const char *name, GError **error);

/* A copy of `graph` with its inputs as `inputs` say, inferred. (transfer full) */
GenGraph *gen_body_shape (
    const GenNode *node, const GenGraph *graph, const GenBodyInput *inputs, GError **error);

/* Tensors joined along a new dimension `axis`, in the nodes of a graph that is inferred later. */
GenTensor *gen_body_stack (GenGraph *graph, GenTensor *const *rows, guint n, int axis);

typedef struct {
  GenPlan *plan;
  int *ports; /* of each input of the graph: the plan's input, -1 where its value is known */
  guint n_inputs, n_outputs;
} GenBody;

/* Compile the graph for such inputs. */
gboolean gen_body_init (GenBody *body, const GenKernel *kernel, const GenGraph *graph,
    const GenBodyInput *inputs, GError **error);
void gen_body_clear (GenBody *body);
/* Where the graph's input `i` is read from in the next runs. */
void gen_body_bind (const GenBody *body, guint i, const void *data);
