/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DequantizeLinear: (x - zero point) * scale. */
#include "../simd.h"
#include "build.h"
#include "quantize.h"

typedef void (*Row) (
    const void *x, const float *scale, const void *zero, gboolean one_scale, float *out, gsize n);

/* Differences of 32-bit integers are taken in doubles, which hold them exactly. */
#define ROW(name, T, D)                                                                            \
  GEN_CLONES static void name (const void *px, const float *scale, const void *pzero,              \
      gboolean one_scale, float *out, gsize n)                                                     \
  {                                                                                                \
    const T *x = px, *zero = pzero;                                                                \
                                                                                                   \
    if (one_scale) {                                                                               \
      const float s = *scale;                                                                      \
      const D z = zero != NULL ? *zero : 0;                                                        \
                                                                                                   \
      for (gsize i = 0; i < n; i++)                                                                \
        out[i] = (float)((D)x[i] - z) * s;                                                         \
      return;                                                                                      \
    }                                                                                              \
    for (gsize i = 0; i < n; i++)                                                                  \
      out[i] = (float)((D)x[i] - (D)(zero != NULL ? zero[i] : 0)) * scale[i];                      \
  }

ROW (from_uint8, guint8, gint32)
ROW (from_int8, gint8, gint32)
ROW (from_uint16, guint16, gint32)
ROW (from_int16, gint16, gint32)
ROW (from_int32, gint32, double)

static Row
find_row (GenDataType type)
{
  return type == GEN_TYPE_UINT8    ? from_uint8
         : type == GEN_TYPE_INT8   ? from_int8
         : type == GEN_TYPE_UINT16 ? from_uint16
         : type == GEN_TYPE_INT16  ? from_int16
         : type == GEN_TYPE_INT32  ? from_int32
                                   : NULL;
}

/* The result is of the scale's type; others than float32 go through that. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *scale = gen_node_input (node, 1), *y;

  if (scale->type == GEN_TYPE_FLOAT32)
    return TRUE;
  y = gen_build_cast (graph, scale, GEN_TYPE_FLOAT32, error);
  if (y == NULL)
    return FALSE;
  y = gen_build_like (graph, "DequantizeLinear",
      (GenTensor *[]){ gen_node_input (node, 0), y, gen_node_input (node, 2) }, 3, node, error);
  results[0] = gen_build_cast (graph, y, scale->type, error);
  return results[0] != NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);
  GenQuantize q;

  if (find_row (x->type) == NULL || scale->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error,
        "its operand can be int8, uint8, int16, uint16 or int32, not %s, with a scale that is no "
        "integer",
        gen_data_type_name (x->type));
  if (!gen_node_same_type (node, 2, 2, error) || !gen_quantize_find (node, &q, error))
    return FALSE;
  gen_node_set_output (node, 0, scale->type, &x->shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenQuantize *q = kernel->state;
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  gsize size = gen_data_type_size (type), first, end, at, length, scale;
  const char *zero = kernel->node->inputs->len > 2 ? kernel->inputs[2] : NULL;
  Row row = find_row (type);

  gen_kernel_share (q->rows, 1, part, parts, &first, &end);
  for (gsize r = first; r < end; r++) {
    gen_quantize_row (q, r, &at, &length, &scale);
    row ((const char *)kernel->inputs[0] + at * size, (const float *)kernel->inputs[1] + scale,
        zero != NULL ? zero + scale * size : NULL, q->scale_length == 1,
        (float *)kernel->outputs[0] + at, length);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenQuantize *q = g_new (GenQuantize, 1);

  kernel->state = q;
  kernel->free_state = g_free;
  if (!gen_quantize_find (kernel->node, q, error))
    return FALSE;
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (
          kernel, gen_shape_elements (&gen_node_input (kernel->node, 0)->shape), 0.2));
  return TRUE;
}

const GenOperator gen_operator_dequantize_linear = {
  .name = "DequantizeLinear",
  .summary = "Numbers from small integers, by a scale and a zero point",
  .since = 10,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .lower = lower,
  .infer = infer,
  .cpu = cpu,
};

/* ONNX Runtime had 16-bit types before opset 21 did. */
const GenOperator gen_operator_microsoft_dequantize_linear = {
  .name = "DequantizeLinear",
  .summary = "Numbers from small integers, by a scale and a zero point",
  .domain = "com.microsoft",
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .lower = lower,
  .infer = infer,
  .cpu = cpu,
};
