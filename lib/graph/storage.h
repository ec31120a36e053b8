/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

#include "../private-api.h"

G_BEGIN_DECLS

/**
 * Where each tensor of a compiled graph lies. Tensors that share bytes (a view and what it
 * looks at, a result written over an operand, a state and its next value) are one storage.
 */
typedef enum {
  GEN_STORAGE_ARENA,    /* `offset` in the arena */
  GEN_STORAGE_INPUT,    /* input number `number`, can be bound to the user's memory */
  GEN_STORAGE_OUTPUT,   /* likewise */
  GEN_STORAGE_CONSTANT, /* the bytes of `tensor` */
  GEN_STORAGE_STATE,    /* the plan's own copy of the state `tensor`: number `number` */
} GenStorageKind;

typedef struct {
  GenStorageKind kind;
  guint number;
  GenTensor *tensor;
  gsize size;
  int first, last; /* nodes between which it is needed */
  gsize offset;
} GenStorage;

/* Bytes to be copied after the last node. */
typedef struct {
  GenTensor *from;
  GenStorage *to;
} GenCopy;

typedef struct {
  GPtrArray *storages;    /* GenStorage, owned */
  GenStorage **by_tensor; /* by tensor->index; NULL for tensors that nothing needs */
  gboolean *is_view;      /* by number of the node: nothing has to be run */
  GenStorage **outputs;   /* by number of the output */
  GPtrArray *states;      /* GenStorage of kind STATE, not owned */
  GArray *copies;         /* of GenCopy */
  gsize arena_size;
} GenStorages;

GenStorages *gen_storages_new (GenGraph *graph);
/* `scratch` is the scratch size of each node's kernel, `scratch_offsets` receives where in
 * the arena it lies. Everything begins at a multiple of `alignment`. */
GEN_PRIVATE_API void gen_storages_plan_arena (GenStorages *storages, const GenGraph *graph,
    const gsize *scratch, gsize *scratch_offsets, gsize alignment);
void gen_storages_free (GenStorages *storages);

G_END_DECLS
