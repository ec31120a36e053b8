/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/**
 * Who reads each tensor of a graph, found once and kept up while passes change the inputs of
 * nodes. A pass that has one changes inputs through it alone.
 */
typedef struct _GenReaders GenReaders;

GenReaders *gen_readers_new (GenGraph *graph);
void gen_readers_free (GenReaders *readers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenReaders, gen_readers_free)

/* How often `tensor` is read: by nodes, as a graph output, as a next value. */
guint gen_readers_count (const GenReaders *readers, const GenTensor *tensor);
/* The only node that reads `tensor`, if nothing else does; NULL else. */
GenNode *gen_readers_only (const GenReaders *readers, const GenTensor *tensor);

/* Input `k` of `node` becomes `tensor`; the list of inputs grows where it has to. */
void gen_readers_set_input (GenReaders *readers, GenNode *node, guint k, GenTensor *tensor);
/* `node` reads nothing any more. */
void gen_readers_drop (GenReaders *readers, GenNode *node);
/* If nobody reads `tensor`, the node that makes it alone reads nothing any more, and so on. */
void gen_readers_sweep (GenReaders *readers, GenTensor *tensor);
/* Whether nodes that are keys of `set` alone read `tensor`, and at least one does. */
gboolean gen_readers_all_in (const GenReaders *readers, const GenTensor *tensor, GHashTable *set);
/* Whether `tensor` is a graph output or a next value. */
gboolean gen_readers_is_kept (const GenReaders *readers, const GenTensor *tensor);
/* Nodes read `to` instead of `from`, which is no graph output and no next value. */
void gen_readers_replace (GenReaders *readers, GenTensor *from, GenTensor *to);
/* `node` makes what `next` made; `next` is left dead, without outputs. Whatever else `next` read,
 * `node` may read now, perhaps before it is made: gen_graph_sort puts that right in the end. */
void gen_node_take_output (GenReaders *readers, GenNode *node, GenNode *next);
