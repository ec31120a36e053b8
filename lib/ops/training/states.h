/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a graph hands from one iteration to the next, for Loop and Scan: two buffers for each
 * state, one read while the other is written. */
#pragma once

#include "../control/body.h"

typedef struct {
  guint n;
  gsize *sizes;   /* bytes of each state */
  gsize *offsets; /* of each in a set, in bytes */
  gsize set_size; /* of all of them; two sets lie one behind the other in the scratch memory */
} GenStates;

/* States like the node's inputs from `first` on, each of which holds those of `batch` sequences. */
void gen_states_init (GenStates *states, const GenNode *node, guint first, guint n, gint64 batch);
void gen_states_clear (GenStates *states);
/* The first set becomes item `batch` of the node's inputs from `first` on. */
void gen_states_begin (
    const GenStates *states, const GenKernel *kernel, guint first, gint64 batch, char *memory);
/* Bind the body's inputs and outputs from the given numbers on for iteration `iteration`. */
void gen_states_bind (const GenStates *states, const GenBody *body, guint first_input,
    guint first_output, gint64 iteration, char *memory);
/* After `iterations`, give item `batch` of the node's first outputs their values. */
void gen_states_finish (const GenStates *states, const GenKernel *kernel, gint64 batch,
    gint64 iterations, const char *memory);
