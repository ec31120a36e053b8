/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QuantizedSum (a, b, a_scale, a_zero, b_scale, b_zero, z_scale, z_zero): see quantized_sum.h. With
 * the attribute `multiplies` it is the product, with `relu` what is negative of it becomes 0. */
#include "../number.h"
#include "quantized-sum.h"

#include "quantized-layer-private.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *a = gen_node_input (node, GEN_QUANTIZED_SUM_A);
  const GenTensor *b = gen_node_input (node, GEN_QUANTIZED_SUM_B);
  const GenTensor *zero = gen_node_input (node, GEN_QUANTIZED_SUM_Z_ZERO);

  if (!gen_tensor_is_bytes (a) || !gen_tensor_is_bytes (b) ||
      (zero != NULL && !gen_tensor_is_bytes (zero)))
    return gen_node_error (node, error, "a, b and z_zero should be int8 or uint8");
  if (!gen_shape_equal (&a->shape, &b->shape))
    return gen_node_error (node, error, "a and b should be of one shape");
  gen_node_set_output (node, 0, zero != NULL ? zero->type : GEN_TYPE_UINT8, &a->shape);
  return TRUE;
}

static gint32
zero_of (const GenKernel *kernel, guint k)
{
  return gen_quantized_byte (kernel->node, k, kernel->inputs[k], 0);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  GenQuantizedSum sum = *(const GenQuantizedSum *)kernel->state;
  const void *a, *b;
  void *to;
  gsize first, end;

  sum.a_scale = *(const float *)kernel->inputs[GEN_QUANTIZED_SUM_A_SCALE];
  sum.b_scale = *(const float *)kernel->inputs[GEN_QUANTIZED_SUM_B_SCALE];
  sum.z_scale = *(const float *)kernel->inputs[GEN_QUANTIZED_SUM_Z_SCALE];
  sum.a_zero = zero_of (kernel, GEN_QUANTIZED_SUM_A_ZERO);
  sum.b_zero = zero_of (kernel, GEN_QUANTIZED_SUM_B_ZERO);
  sum.z_zero = zero_of (kernel, GEN_QUANTIZED_SUM_Z_ZERO);
  gen_kernel_share (gen_shape_elements (&gen_node_output (kernel->node, 0)->shape), 64, part, parts,
      &first, &end);
  a = (const guint8 *)kernel->inputs[GEN_QUANTIZED_SUM_A] + first;
  b = (const guint8 *)kernel->inputs[GEN_QUANTIZED_SUM_B] + first;
  to = (guint8 *)kernel->outputs[0] + first;
  gen_quantized_sum_rows (&sum, &a, &b, &to, 1, end - first);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *z = gen_node_output (node, 0);
  const gint64 n = gen_shape_elements (&z->shape);
  GenQuantizedSum *sum = g_new0 (GenQuantizedSum, 1);

  kernel->state = sum;
  kernel->free_state = g_free;
  sum->a_signed = gen_node_input (node, GEN_QUANTIZED_SUM_A)->type == GEN_TYPE_INT8;
  sum->b_signed = gen_node_input (node, GEN_QUANTIZED_SUM_B)->type == GEN_TYPE_INT8;
  sum->z_signed = z->type == GEN_TYPE_INT8;
  sum->multiplies = gen_node_int (node, "multiplies", 0) != 0;
  sum->relu = gen_node_int (node, "relu", 0) != 0;
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, n, 0.3));
  return TRUE;
}

const GenOperator gen_operator_quantized_sum = {
  .name = "QuantizedSum",
  .domain = "generative",
  .summary = "Sum or product of two quantised tensors, quantised",
  .min_inputs = GEN_QUANTIZED_SUM_Z_SCALE + 1,
  .max_inputs = GEN_QUANTIZED_SUM_INPUTS,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
