/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DynamicQuantizeLSTM of the domain com.microsoft, what dynamic quantisation makes of LSTM: (X, W,
 * R, B, lengths, h, c, P, W's scale and zero point, R's), with constant weights of 8 bits as
 * [directions, input, gates * hidden]. X, and in each step the hidden states, are multiplied by
 * them as uint8 of their own range. The rest is LSTM's. */
#include "../recurrence/recurrence.h"

enum { W = 1, R = 2, SCALES = 8, INPUTS = 12 };

/* Scale or zero point `i` of the weights that are input `of`: one for each direction, or one for
 * each of its columns. */
static gboolean
check_parameter (const GenNode *node, guint i, guint of, GenDataType type, GError **error)
{
  const GenTensor *parameter = gen_node_input (node, i), *weights = gen_node_input (node, of);
  const GenTensor *scale = gen_node_input (node, i & ~1u);
  const gint64 *dims = weights->shape.dims;

  if (parameter == NULL || parameter->type != type || parameter->role != GEN_ROLE_CONSTANT)
    return gen_node_error (
        node, error, "input %u must be constant and %s", i, gen_data_type_name (type));
  if ((!gen_shape_equal (&parameter->shape, &GEN_SHAPE (dims[0])) &&
          !gen_shape_equal (&parameter->shape, &GEN_SHAPE (dims[0], dims[2]))) ||
      !gen_shape_equal (&parameter->shape, &scale->shape))
    return gen_node_error (
        node, error, "input %u must have one value for each direction, or for each column", i);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  if (!gen_recurrence_infer (node, &gen_cell_quantized_lstm, error))
    return FALSE;
  for (guint i = W; i <= R; i++) {
    const GenTensor *weights = gen_node_input (node, i);
    guint scale = SCALES + 2 * (i - W);

    if ((weights->type != GEN_TYPE_INT8 && weights->type != GEN_TYPE_UINT8) ||
        weights->role != GEN_ROLE_CONSTANT)
      return gen_node_error (node, error, "input %u must be constant and int8 or uint8", i);
    if (!check_parameter (node, scale, i, GEN_TYPE_FLOAT32, error) ||
        !check_parameter (node, scale + 1, i, weights->type, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_recurrence_cpu (kernel, &gen_cell_quantized_lstm, error);
}

static double
flops (const GenNode *node)
{
  return gen_recurrence_flops (node, &gen_cell_quantized_lstm);
}

const GenOperator gen_operator_microsoft_dynamic_quantize_lstm = {
  .name = "DynamicQuantizeLSTM",
  .domain = "com.microsoft",
  .summary = "LSTM by quantised weights, of what is quantised by its own range",
  .min_inputs = R + 1,
  .max_inputs = INPUTS,
  .min_outputs = 0,
  .max_outputs = 3,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .flops = flops,
};
