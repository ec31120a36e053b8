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

/* The last pass for a device that computes in `type`, a 16-bit float: nodes take and give it where
 * `ask` says that they can, casts stand where others meet them, constants are converted. Inputs,
 * outputs and states of the graph stay as they are. */
void gen_graph_narrow (GenGraph *graph, GenDataType type, GenNarrowFunc ask);

G_END_DECLS
