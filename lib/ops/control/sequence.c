/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequences: made of tensors, added to, taken from. */
#include "sequence.h"

GPtrArray *
gen_sequence_items (const GenNode *node, guint i, GError **error)
{
  const GenTensor *sequence = gen_node_input (node, i);

  if (sequence != NULL && sequence->kind == GEN_KIND_SEQUENCE && sequence->items != NULL)
    return sequence->items;
  gen_node_error (node, error, "input %u is not a sequence", i);
  return NULL;
}

gboolean
gen_sequence_place (const GenNode *node, guint i, gint64 n, gboolean behind, gint64 missing,
    gint64 *place, GError **error)
{
  const GenTensor *input = gen_node_input (node, i);
  int count;

  *place = missing;
  if (input == NULL)
    return TRUE;
  if (!gen_tensor_ints (input, place, 1, &count) || count != 1)
    return gen_node_error (
        node, error, "its position must be one integer that is known before it runs");
  if (*place < -n || *place >= n + behind)
    return gen_node_error (node, error,
        "position %" G_GINT64_FORMAT " is outside of a sequence of %" G_GINT64_FORMAT, *place, n);
  if (*place < 0)
    *place += n;
  return TRUE;
}

static gboolean
give (GenNode *node, const GPtrArray *items, GenTensor **results, GError **error)
{
  results[0] = gen_graph_add_items (
      node->graph, GEN_KIND_SEQUENCE, (GenTensor **)items->pdata, items->len, error);
  return results[0] != NULL;
}

static gboolean
construct (GenNode *node, GenTensor **results, GError **error)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input == NULL || input->kind != GEN_KIND_TENSOR)
      return gen_node_error (node, error, "input %u is not a tensor", i);
  }
  return gen_node_same_type (node, 1, node->inputs->len - 1, error) &&
         give (node, node->inputs, results, error);
}

const GenOperator gen_operator_sequence_construct = {
  .name = "SequenceConstruct",
  .summary = "A sequence of tensors",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = -1,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .lower = construct,
};

static gboolean
empty (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = gen_graph_add_items (node->graph, GEN_KIND_SEQUENCE, NULL, 0, error);
  if (results[0] != NULL)
    results[0]->type = (GenDataType)gen_node_int (node, "dtype", GEN_TYPE_FLOAT32);
  return results[0] != NULL;
}

const GenOperator gen_operator_sequence_empty = {
  .name = "SequenceEmpty",
  .summary = "A sequence of nothing",
  .since = 11,
  .min_inputs = 0,
  .max_inputs = 0,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = empty,
};

static gboolean
insert (GenNode *node, GenTensor **results, GError **error)
{
  GPtrArray *items = gen_sequence_items (node, 0, error);
  g_autoptr (GPtrArray) longer = NULL;
  GenTensor *tensor = gen_node_input (node, 1);
  gint64 place, n;

  if (items == NULL)
    return FALSE;
  n = items->len;
  if (tensor == NULL || tensor->kind != GEN_KIND_TENSOR)
    return gen_node_error (node, error, "input 1 is not a tensor");
  if (n > 0 && ((GenTensor *)g_ptr_array_index (items, 0))->type != tensor->type)
    return gen_node_error (node, error, "a tensor of type %s does not go into the sequence",
        gen_data_type_name (tensor->type));
  if (!gen_sequence_place (node, 2, n, TRUE, n, &place, error))
    return FALSE;
  longer = g_ptr_array_copy (items, NULL, NULL);
  g_ptr_array_insert (longer, (int)place, tensor);
  return give (node, longer, results, error);
}

const GenOperator gen_operator_sequence_insert = {
  .name = "SequenceInsert",
  .summary = "A sequence with one tensor more",
  .since = 11,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .decides = 1 << 2,
  .lower = insert,
};

static gboolean
erase (GenNode *node, GenTensor **results, GError **error)
{
  GPtrArray *items = gen_sequence_items (node, 0, error);
  g_autoptr (GPtrArray) shorter = NULL;
  gint64 place;

  if (items == NULL)
    return FALSE;
  if (items->len == 0)
    return gen_node_error (node, error, "the sequence is empty");
  if (!gen_sequence_place (node, 1, items->len, FALSE, (gint64)items->len - 1, &place, error))
    return FALSE;
  shorter = g_ptr_array_copy (items, NULL, NULL);
  g_ptr_array_remove_index (shorter, (guint)place);
  return give (node, shorter, results, error);
}

const GenOperator gen_operator_sequence_erase = {
  .name = "SequenceErase",
  .summary = "A sequence with one tensor less",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .decides = 1 << 1,
  .lower = erase,
};

static gboolean
at (GenNode *node, GenTensor **results, GError **error)
{
  GPtrArray *items = gen_sequence_items (node, 0, error);
  gint64 place;

  if (items == NULL || !gen_sequence_place (node, 1, items->len, FALSE, 0, &place, error))
    return FALSE;
  results[0] = g_ptr_array_index (items, place);
  return TRUE;
}

const GenOperator gen_operator_sequence_at = {
  .name = "SequenceAt",
  .summary = "One tensor of a sequence",
  .since = 11,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .decides = 1 << 1,
  .lower = at,
};

static gboolean
length (GenNode *node, GenTensor **results, GError **error)
{
  GPtrArray *items = gen_sequence_items (node, 0, error);
  gint64 n;

  if (items == NULL)
    return FALSE;
  n = items->len;
  results[0] = gen_graph_add_constant (
      node->graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&n, sizeof n));
  return TRUE;
}

const GenOperator gen_operator_sequence_length = {
  .name = "SequenceLength",
  .summary = "The number of tensors in a sequence",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .takes_items = TRUE,
  .lower = length,
  .gradient_is_zero = TRUE,
};
