/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the row function by the operands' type. */
#include "binary.h"
#include "../../device/half.h"

GenBinaryRow
gen_binary_rows_find (const GenBinaryRows *rows, GenDataType type)
{
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

  type = gen_type_computed (type);
  return type < G_N_ELEMENTS (by_type) ? by_type[type] : NULL;
}

gboolean
gen_binary_rows_cpu (GenKernel *kernel, const GenBinaryRows *rows, double cost, GError **error)
{
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  GenBinaryRow row = gen_binary_rows_find (rows, type);

  if (row == NULL)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (type));
  return gen_binary_cpu (kernel, row, cost, error);
}
