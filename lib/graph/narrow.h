/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

G_BEGIN_DECLS

/* What a device makes of a node's float32 tensors where 16 bits are asked for. */
typedef enum {
  GEN_NARROW_NEVER,  /* it stays as it is */
  GEN_NARROW_FOLLOW, /* as its input 0: it only moves elements */
  GEN_NARROW_ALWAYS, /* the inputs and outputs in the masks become 16-bit floats */
  GEN_NARROW_TAKE,   /* the inputs in the mask are taken as they are made, of whichever type */
  GEN_NARROW_STOP,   /* its result is float32, and so is what is made of such results alone, ... */
  GEN_NARROW_END,    /* ... up to here */
} GenNarrowing;

typedef struct {
  GenNarrowing narrowing;
  guint inputs, outputs; /* bit k: input k, output k */
} GenNarrow;

typedef GenNarrow (*GenNarrowFunc) (const GenNode *node, GenDataType type);

/* A pass before all that look for float32: nodes that `ask` says can be narrowed, and that read
 * 16-bit floats in the model, read and make float32. What of that stands for 16 bits is added to
 * `held`. Returns the type that has been lifted so, undefined where the graph has none. */
GenDataType gen_graph_lift (GenGraph *graph, GenNarrowFunc ask, GHashTable *held);

/* `ask` for the CPU, which narrows nothing again. */
GenNarrow gen_node_lifts_on_cpu (const GenNode *node, GenDataType type);

/* The last pass for a device that computes in `type`, a 16-bit float: nodes take and give it where
 * `ask` says that they can, casts stand where others meet them, constants are converted. Inputs,
 * outputs and states of the graph stay as they are. With `held`, only what is in it is narrowed, by
 * nodes all of whose operands are. */
void gen_graph_narrow (GenGraph *graph, GenDataType type, GenNarrowFunc ask, GHashTable *held);

/* --- for both --- */

/* What the graph hands out: its outputs and next values. (transfer full) */
GHashTable *gen_graph_find_wanted (const GenGraph *graph);
/* A node that casts `from` to `to`, outside the list of nodes. */
GenNode *gen_graph_new_cast (GenGraph *graph, GenTensor *from, GenTensor *to);
gboolean gen_node_is_cast (const GenNode *node);
/* The list of nodes becomes `nodes`, which has all that are in it, less those that nobody reads. */
void gen_graph_set_nodes (GenGraph *graph, const GPtrArray *nodes);

G_END_DECLS
