/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums and products behind a layer, of its bytes as they are made: they are still in the
 * first-level cache. */
#include "../number.h"
#include "quantized-layer-private.h"

static const GenTensor *
input_of (const GenNode *node, guint after, guint k)
{
  return gen_node_input (node, GEN_QUANTIZED_AFTER_INPUT (after, k));
}

/* How many there are. */
static guint
count_of (const GenNode *node)
{
  guint n = 0;

  while (n < GEN_QUANTIZED_AFTERS && input_of (node, n, GEN_QUANTIZED_B) != NULL)
    n++;
  return n;
}

static gboolean
is_number (const GenTensor *tensor)
{
  return tensor != NULL && tensor->type == GEN_TYPE_FLOAT32 && tensor->role == GEN_ROLE_CONSTANT &&
         gen_shape_elements (&tensor->shape) == 1;
}

gboolean
gen_quantized_infer_afters (GenNode *node, gint64 channels, const GenShape *shape, GError **error)
{
  const guint n = count_of (node);

  if (n > 0 && !is_number (gen_node_input (node, GEN_QUANTIZED_Y_SCALE)))
    return gen_node_error (node, error, "what is behind should be behind bytes of a known scale");
  for (guint i = 0; i < n; i++) {
    const GenTensor *b = input_of (node, i, GEN_QUANTIZED_B);
    const GenTensor *b_scale = input_of (node, i, GEN_QUANTIZED_B_SCALE);
    const GenTensor *b_zero = input_of (node, i, GEN_QUANTIZED_B_ZERO);
    const GenTensor *z_zero = input_of (node, i, GEN_QUANTIZED_Z_ZERO);
    const gboolean numbers = b_scale == NULL && b->type == GEN_TYPE_FLOAT32 &&
                             gen_shape_elements (&b->shape) == channels;
    const gboolean bytes =
        is_number (b_scale) && gen_tensor_is_bytes (b) && gen_shape_equal (&b->shape, shape);

    if (!numbers && !bytes)
      return gen_node_error (node, error,
          "what is behind should be bytes of the result's shape, or a number for each channel");
    if ((b_zero != NULL && b_zero->type != b->type) || z_zero == NULL ||
        !gen_tensor_is_bytes (z_zero) || !is_number (input_of (node, i, GEN_QUANTIZED_Z_SCALE)))
      return gen_node_error (node, error, "scales should be constant numbers, zero points bytes");
    gen_node_set_output (node, 0, z_zero->type, shape);
  }
  return TRUE;
}

static gint32
zero_of (const GenNode *node, guint input)
{
  return gen_quantized_byte (node, input, gen_tensor_constant (gen_node_input (node, input)), 0);
}

/* The scale and the zero point of what number `after` reads are y's, or the one's before. */
static GenQuantizedSum
find_sum (const GenNode *node, guint after)
{
  const guint a_scale = after == 0 ? GEN_QUANTIZED_Y_SCALE
                                   : GEN_QUANTIZED_AFTER_INPUT (after - 1, GEN_QUANTIZED_Z_SCALE);
  const guint a_zero = after == 0 ? GEN_QUANTIZED_Y_ZERO
                                  : GEN_QUANTIZED_AFTER_INPUT (after - 1, GEN_QUANTIZED_Z_ZERO);
  const guint b_zero = GEN_QUANTIZED_AFTER_INPUT (after, GEN_QUANTIZED_B_ZERO);
  const guint z_zero = GEN_QUANTIZED_AFTER_INPUT (after, GEN_QUANTIZED_Z_ZERO);
  const GenTensor *b_scale = input_of (node, after, GEN_QUANTIZED_B_SCALE);

  return (GenQuantizedSum){
    .a_scale = *(const float *)gen_tensor_constant (gen_node_input (node, a_scale)),
    .b_scale = b_scale == NULL ? 1 : *(const float *)gen_tensor_constant (b_scale),
    .z_scale = *(const float *)gen_tensor_constant (input_of (node, after, GEN_QUANTIZED_Z_SCALE)),
    .a_zero = zero_of (node, a_zero),
    .b_zero = zero_of (node, b_zero),
    .z_zero = zero_of (node, z_zero),
    .a_signed = gen_node_input (node, a_zero)->type == GEN_TYPE_INT8,
    .b_signed = input_of (node, after, GEN_QUANTIZED_B)->type == GEN_TYPE_INT8,
    .z_signed = gen_node_input (node, z_zero)->type == GEN_TYPE_INT8,
    .numbers = b_scale == NULL,
    .multiplies = gen_node_int (node, "multiplies", 0) >> after & 1,
    .relu = gen_node_int (node, "relu", 0) >> after & 1,
  };
}

void
gen_quantized_find_afters (GenQuantizedLayer *l, const GenNode *node)
{
  l->n_afters = count_of (node);
  for (guint i = 0; i < l->n_afters; i++)
    l->afters[i] = find_sum (node, i);
}

void
gen_quantized_run_afters (const GenKernel *kernel, void *const *results, int rows, gint64 channel,
    gint64 column, gint64 n)
{
  const GenQuantizedLayer *l = kernel->state;
  const guint8 *out = kernel->outputs[0];
  const void *b[GEN_INTEGER_ROWS];
  void *z[GEN_INTEGER_ROWS];
  gsize size;

  if (l->n_afters == 0)
    return;
  size = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);
  for (guint i = 0; i < l->n_afters; i++) {
    const GenQuantizedSum *sum = &l->afters[i];
    const guint8 *values = kernel->inputs[GEN_QUANTIZED_AFTER_INPUT (i, GEN_QUANTIZED_B)];
    int count = 0;

    for (int r = 0; r < rows; r++) {
      const gsize at = (const guint8 *)results[r] - out;

      if (at >= size)
        continue;
      z[count] = (guint8 *)results[r] + column;
      b[count++] = sum->numbers ? (const void *)((const float *)values + channel + column)
                                : values + at + column;
    }
    gen_quantized_sum_rows (sum, (const void *const *)z, b, z, count, n);
  }
}
