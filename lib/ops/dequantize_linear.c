/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DequantizeLinear: (x - zero point) * scale. */
#include "../simd.h"
#include "build.h"
#include "quantize.h"

/* Differences of 32-bit integers are taken in doubles, which hold them exactly. */
#define ROW(name, T, D)                                                                            \
  GEN_CLONES static void name (const void *px, const float *scale, const void *pzero,              \
      gboolean one_scale, void *pout, gsize n)                                                     \
  {                                                                                                \
    const T *x = px, *zero = pzero;                                                                \
    float *out = pout;                                                                             \
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

static GenQuantizeRow
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

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_quantize_cpu (kernel, find_row (gen_node_input (kernel->node, 0)->type), 0.2, error);
}

GEN_QUANTIZE_OPERATOR (dequantize_linear, "DequantizeLinear", NULL, 10,
    "Numbers from small integers, by a scale and a zero point")
GEN_QUANTIZE_OPERATOR (microsoft_dequantize_linear, "DequantizeLinear", "com.microsoft", 0,
    "Numbers from small integers, by a scale and a zero point")
