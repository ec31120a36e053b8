/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comparisons and logic share. */
#include "compare.h"
#include "../../device/half.h"

gboolean
gen_compare_infer (GenNode *node, GError **error)
{
  if (!gen_infer_broadcast (node, error))
    return FALSE;
  if (gen_node_output (node, 0) != NULL)
    gen_node_output (node, 0)->type = GEN_TYPE_BOOL;
  return TRUE;
}

gboolean
gen_compare_cpu (GenKernel *kernel, const GenCompareRows *rows, GError **error)
{
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  const GenBinaryRow by_type[] = {
    [GEN_TYPE_FLOAT32] = rows->float32,
    [GEN_TYPE_FLOAT64] = rows->float64,
    [GEN_TYPE_INT8] = rows->int8,
    [GEN_TYPE_INT16] = rows->int16,
    [GEN_TYPE_INT32] = rows->int32,
    [GEN_TYPE_INT64] = rows->int64,
    [GEN_TYPE_UINT8] = rows->uint8,
    [GEN_TYPE_UINT16] = rows->uint16,
    [GEN_TYPE_UINT32] = rows->uint32,
    [GEN_TYPE_UINT64] = rows->uint64,
    [GEN_TYPE_BOOL] = rows->boolean,
  };
  GenDataType computed = gen_type_computed (type);

  if (computed >= G_N_ELEMENTS (by_type) || by_type[computed] == NULL)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (type));
  return gen_binary_cpu (kernel, by_type[computed], 0.3, error);
}
