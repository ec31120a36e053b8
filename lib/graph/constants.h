/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../private-api.h"

/* Constants of this size and more are slices of the file that they were read from, wherever they
 * begin in it; gen_tensor_constant makes an aligned copy when one is asked for. */
#define GEN_LARGE_CONSTANT (64 * 1024)

/* Give up the bytes of a constant that nothing reads any more; of all such constants. */
void gen_tensor_give_up (GenTensor *tensor);
void gen_graph_drop_constants (GenGraph *graph);
/* `size` bytes of mapped files have been read. If these are many, the system may have the memory of
 * the files back: what is touched again is read again. */
void gen_graph_release_mapped (const GenGraph *graph, gsize size);

/**
 * Giving up constants while a graph's kernels are prepared, one after the other: what has been
 * packed is not needed twice.
 */
typedef struct {
  GenGraph *graph;
  GHashTable *readers; /* tensor to how often it is read */
  gsize read;          /* bytes of constants that were packed since mapped files were given back */
} GenConstants;

/* Gives up what nobody reads, too. */
GEN_PRIVATE_API void gen_constants_init (GenConstants *constants, GenGraph *graph);
/* The node's kernel is prepared, and does not read these of its inputs any more, bit by bit. */
GEN_PRIVATE_API void gen_constants_packed (
    GenConstants *constants, const GenNode *node, guint packed_inputs);
/* All are: what is left moves to where other plans that have it find it. */
GEN_PRIVATE_API void gen_constants_finish (GenConstants *constants);
