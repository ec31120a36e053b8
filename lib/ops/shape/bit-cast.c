/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BitCast: the same bits as another type of as many. */
#include "../build.h"
#include "view.h"

static GenDataType
result_type (const GenNode *node)
{
  return gen_node_int (node, "to", GEN_TYPE_UNDEFINED);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenDataType to = result_type (node);

  if (gen_data_type_size (to) == 0 || gen_data_type_bits (to) != gen_data_type_bits (x->type))
    return gen_node_error (node, error, "the bits of %s are not those of type %s (%d)",
        gen_data_type_name (x->type), gen_data_type_name (to), to);
  gen_node_set_output (node, 0, to, &x->shape);
  return TRUE;
}

static gboolean
is_integer (GenDataType type)
{
  return type == GEN_TYPE_INT4 || type == GEN_TYPE_UINT4 || type == GEN_TYPE_INT2 ||
         type == GEN_TYPE_UINT2;
}

/* Of integers of few bits, which a Cast takes as they are, the sign is in memory as well; a bool is
 * not any byte. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *x = gen_node_input (node, 0);
  GenDataType to = result_type (node);

  if (!infer (node, error))
    return FALSE;
  if (gen_data_type_bits (to) >= 8 && to != GEN_TYPE_BOOL)
    return TRUE;
  if (gen_data_type_bits (to) < 8 && (!is_integer (x->type) || !is_integer (to)) && to != x->type)
    return gen_node_error (node, error, "not supported from %s to %s", gen_data_type_name (x->type),
        gen_data_type_name (to));
  results[0] = gen_build_cast (node->graph, x, to, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_bit_cast = {
  .name = "BitCast",
  .summary = "The same bits as another type",
  .since = 26,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .view = TRUE,
  .lower = lower,
  .infer = infer,
  .cpu = gen_view_cpu,
  .gradient_is_zero = TRUE,
};
