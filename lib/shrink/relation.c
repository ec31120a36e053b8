/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relation.h"

#include <string.h>

#include <generative/operator.h>

static const GenChannelRelation *const lists[] = {
  gen_channel_relations_elementwise,
  gen_channel_relations_convolution,
  gen_channel_relations_product,
  gen_channel_relations_normalization,
  gen_channel_relations_reduction,
  gen_channel_relations_spatial,
  gen_channel_relations_movement,
  gen_channel_relations_view,
  NULL,
};

const GenChannelRelation *
gen_channel_relation_find (const GenNode *node)
{
  if (node->op->domain != NULL)
    return NULL;
  for (guint i = 0; lists[i] != NULL; i++)
    for (const GenChannelRelation *relation = lists[i]; relation->op != NULL; relation++)
      if (strcmp (relation->op, node->op->name) == 0)
        return relation;
  /* The first of its list is what all of them do. */
  return node->op->elementwise ? gen_channel_relations_elementwise : NULL;
}

gboolean
gen_channels_is (const GenNode *node, const char *op)
{
  return node->op->domain == NULL && strcmp (node->op->name, op) == 0;
}

gboolean
gen_channels_is_constant (const GenTensor *tensor)
{
  return tensor != NULL && tensor->role == GEN_ROLE_CONSTANT && tensor->data != NULL;
}

int
gen_channels_axis_of (
    const GenChannels *channels, const GenNode *node, const char *name, gint64 missing)
{
  return gen_axis (gen_node_int (node, name, missing),
      gen_channels_shape (channels, gen_node_input (node, 0))->rank);
}

gboolean
gen_channels_ints (
    const GenNode *node, const char *name, guint input, gint64 values[GEN_MAX_RANK * 2], int *n)
{
  const gint64 *said = gen_node_ints (node, name, n);
  const GenTensor *given = gen_node_input (node, input);

  if (said != NULL && *n <= GEN_MAX_RANK * 2) {
    memcpy (values, said, (gsize)*n * sizeof *values);
    return TRUE;
  }
  *n = 0;
  return said == NULL && (given == NULL || gen_tensor_ints (given, values, GEN_MAX_RANK * 2, n));
}
