/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which tensors share bytes, and for how long the bytes are needed. */
#include "storage.h"

#include "memory.h"

typedef struct {
  GenGraph *graph;
  GenStorages *result;
  int *last_use;     /* of each tensor: number of the last node that reads it */
  gboolean *is_next; /* of each tensor: a state takes its value at the end */
} Pass;

static GenStorage *
add_storage (Pass *pass, GenTensor *tensor, GenStorageKind kind, guint number, int first)
{
  GenStorage *storage = g_new0 (GenStorage, 1);

  storage->kind = kind;
  storage->number = number;
  storage->tensor = tensor;
  storage->size = gen_tensor_size (tensor);
  storage->first = first;
  storage->last = MAX (first, pass->last_use[tensor->index]);
  g_ptr_array_add (pass->result->storages, storage);
  pass->result->by_tensor[tensor->index] = storage;
  return storage;
}

static void
join (Pass *pass, GenStorage *storage, GenTensor *tensor)
{
  pass->result->by_tensor[tensor->index] = storage;
  storage->last = MAX (storage->last, pass->last_use[tensor->index]);
}

static int
output_number (const GenGraph *graph, const GenTensor *tensor)
{
  for (guint i = 0; i < graph->outputs->len; i++)
    if (g_ptr_array_index (graph->outputs, i) == tensor)
      return i;
  return -1;
}

static void
find_last_uses (Pass *pass)
{
  GenGraph *graph = pass->graph;
  int end = graph->nodes->len;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    for (guint k = 0; k < node->inputs->len; k++)
      if (g_ptr_array_index (node->inputs, k) != NULL)
        pass->last_use[gen_node_input (node, k)->index] = i;
  }
  for (guint i = 0; i < graph->outputs->len; i++)
    pass->last_use[((GenTensor *)g_ptr_array_index (graph->outputs, i))->index] = end;
  for (guint i = 0; i < graph->tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (graph->tensors, i);

    if (tensor->next == NULL)
      continue;
    pass->last_use[tensor->next->index] = end;
    pass->is_next[tensor->next->index] = TRUE;
  }
}

/* The state whose next value `tensor` is, if the node may write it over the old one: nobody
 * reads the old one any more. */
static GenStorage *
state_to_overwrite (Pass *pass, const GenNode *node, const GenTensor *tensor, int position)
{
  if (!node->op->elementwise)
    return NULL;
  for (guint k = 0; k < node->inputs->len; k++) {
    GenTensor *input = gen_node_input (node, k);
    GenStorage *storage = input != NULL ? pass->result->by_tensor[input->index] : NULL;

    if (input != NULL && input->role == GEN_ROLE_STATE && input->next == tensor &&
        storage->last <= position && input->type == tensor->type &&
        gen_tensor_size (input) == gen_tensor_size (tensor))
      return storage;
  }
  return NULL;
}

/* An operand that dies here and has the result's size. */
static GenStorage *
operand_to_overwrite (Pass *pass, const GenNode *node, const GenTensor *tensor, int position)
{
  if (!node->op->elementwise)
    return NULL;
  for (guint k = 0; k < node->inputs->len; k++) {
    GenTensor *input = gen_node_input (node, k);
    GenStorage *storage = input != NULL ? pass->result->by_tensor[input->index] : NULL;

    if (input == NULL || storage->kind != GEN_STORAGE_ARENA || storage->last != position ||
        input->type != tensor->type || input->layout != tensor->layout ||
        !gen_shape_equal (&input->shape, &tensor->shape))
      continue;
    return storage;
  }
  return NULL;
}

static void
place_output (Pass *pass, const GenNode *node, GenTensor *tensor, int position)
{
  GenStorages *result = pass->result;
  int number = output_number (pass->graph, tensor);
  GenStorage *storage = state_to_overwrite (pass, node, tensor, position);

  if (storage == NULL)
    storage = operand_to_overwrite (pass, node, tensor, position);
  if (storage == NULL) {
    add_storage (pass, tensor, number >= 0 ? GEN_STORAGE_OUTPUT : GEN_STORAGE_ARENA,
        MAX (number, 0), position);
    if (number >= 0)
      result->outputs[number] = result->by_tensor[tensor->index];
    return;
  }
  join (pass, storage, tensor);
  /* Another output of the node must not take the same operand. */
  storage->last = MAX (storage->last, position + 1);
  if (number >= 0 && storage->kind == GEN_STORAGE_ARENA) {
    storage->kind = GEN_STORAGE_OUTPUT;
    storage->number = number;
    result->outputs[number] = storage;
  }
}

static gboolean
place_view (Pass *pass, const GenNode *node, int position)
{
  GenStorage *storage = pass->result->by_tensor[gen_node_input (node, 0)->index];
  GenTensor *output = gen_node_output (node, 0);
  int number = output_number (pass->graph, output);

  if (number >= 0 && storage->kind != GEN_STORAGE_ARENA)
    return FALSE;
  /* One state may have taken its next value before another one reads the old one. */
  if (pass->is_next[output->index] && storage->kind == GEN_STORAGE_STATE &&
      storage->tensor->next != output)
    return FALSE;
  join (pass, storage, output);
  if (number >= 0) {
    storage->kind = GEN_STORAGE_OUTPUT;
    storage->number = number;
    pass->result->outputs[number] = storage;
  }
  return TRUE;
}

static void
place_roots (Pass *pass)
{
  guint n_inputs = 0;

  for (guint i = 0; i < pass->graph->inputs->len; i++)
    add_storage (
        pass, g_ptr_array_index (pass->graph->inputs, i), GEN_STORAGE_INPUT, n_inputs++, 0);
  for (guint i = 0; i < pass->graph->tensors->len; i++) {
    GenTensor *tensor = g_ptr_array_index (pass->graph->tensors, i);

    if (tensor->role == GEN_ROLE_STATE) {
      GenStorage *storage =
          add_storage (pass, tensor, GEN_STORAGE_STATE, pass->result->states->len, 0);

      g_ptr_array_add (pass->result->states, storage);
    } else if (tensor->role == GEN_ROLE_CONSTANT && pass->last_use[tensor->index] >= 0) {
      add_storage (pass, tensor, GEN_STORAGE_CONSTANT, 0, 0);
    }
  }
}

/* What did not come to lie where it is wanted is copied there at the end. */
static void
add_copies (Pass *pass)
{
  GenStorages *result = pass->result;

  for (guint i = 0; i < pass->graph->outputs->len; i++) {
    GenTensor *tensor = g_ptr_array_index (pass->graph->outputs, i);
    GenStorage *own = result->by_tensor[tensor->index];
    GenCopy copy = { tensor, NULL };

    if (result->outputs[i] != NULL)
      continue;
    copy.to = g_new0 (GenStorage, 1);
    *copy.to = (GenStorage){
      .kind = GEN_STORAGE_OUTPUT, .number = i, .tensor = tensor, .size = own->size
    };
    g_ptr_array_add (result->storages, copy.to);
    result->outputs[i] = copy.to;
    g_array_append_val (result->copies, copy);
  }
  for (guint i = 0; i < result->states->len; i++) {
    GenStorage *state = g_ptr_array_index (result->states, i);
    GenTensor *next = state->tensor->next;
    GenCopy copy = { next, state };

    if (next != NULL && result->by_tensor[next->index] != state)
      g_array_append_val (result->copies, copy);
  }
}

GenStorages *
gen_storages_new (GenGraph *graph)
{
  GenStorages *result = g_new0 (GenStorages, 1);
  g_autofree int *last_use = g_new (int, graph->tensors->len);
  g_autofree gboolean *is_next = g_new0 (gboolean, graph->tensors->len);
  Pass pass = { graph, result, last_use, is_next };

  for (guint i = 0; i < graph->tensors->len; i++) {
    ((GenTensor *)g_ptr_array_index (graph->tensors, i))->index = i;
    last_use[i] = -1;
  }
  result->storages = g_ptr_array_new_with_free_func (g_free);
  result->by_tensor = g_new0 (GenStorage *, graph->tensors->len);
  result->is_view = g_new0 (gboolean, graph->nodes->len);
  result->outputs = g_new0 (GenStorage *, graph->outputs->len);
  result->states = g_ptr_array_new ();
  result->copies = g_array_new (FALSE, FALSE, sizeof (GenCopy));

  find_last_uses (&pass);
  place_roots (&pass);
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    result->is_view[i] = node->op->view && place_view (&pass, node, i);
    for (guint k = 0; k < node->outputs->len && !result->is_view[i]; k++)
      if (gen_node_output (node, k) != NULL)
        place_output (&pass, node, gen_node_output (node, k), i);
  }
  add_copies (&pass);
  return result;
}

void
gen_storages_plan_arena (GenStorages *storages, const GenGraph *graph, const gsize *scratch,
    gsize *scratch_offsets, gsize alignment)
{
  g_autofree GenBlock *blocks = g_new0 (GenBlock, storages->storages->len + graph->nodes->len);
  guint n = 0;

  for (guint i = 0; i < storages->storages->len; i++) {
    const GenStorage *storage = g_ptr_array_index (storages->storages, i);

    if (storage->kind == GEN_STORAGE_ARENA)
      blocks[n++] = (GenBlock){ storage->size, storage->first, storage->last, 0 };
  }
  for (guint i = 0; i < graph->nodes->len; i++)
    blocks[n++] = (GenBlock){ scratch[i], i, i, 0 };
  storages->arena_size = gen_memory_plan (blocks, n, alignment);

  n = 0;
  for (guint i = 0; i < storages->storages->len; i++) {
    GenStorage *storage = g_ptr_array_index (storages->storages, i);

    if (storage->kind == GEN_STORAGE_ARENA)
      storage->offset = blocks[n++].offset;
  }
  for (guint i = 0; i < graph->nodes->len; i++)
    scratch_offsets[i] = blocks[n++].offset;
}

void
gen_storages_free (GenStorages *storages)
{
  g_ptr_array_unref (storages->storages);
  g_free (storages->by_tensor);
  g_free (storages->is_view);
  g_free (storages->outputs);
  g_ptr_array_unref (storages->states);
  g_array_unref (storages->copies);
  g_free (storages);
}
