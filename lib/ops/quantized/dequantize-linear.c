/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DequantizeLinear: (x - zero point) * scale. */
#include "../../device/half.h"
#include "../../device/small.h"
#include "../../simd.h"
#include "../build.h"
#include "quantize.h"

/* Differences of 32-bit integers are taken in doubles, which hold them exactly. */
#define ROW(name, T, D)                                                                            \
  GEN_CLONES (void, name,                                                                          \
      (const void *px, const float *scale, const void *pzero, gboolean one_scale, void *pout,      \
          gsize n),                                                                                \
      (px, scale, pzero, one_scale, pout, n))                                                      \
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

/* Small floats, whose zero point is nearly always left out. */
#define SMALL_ROW(name, type)                                                                      \
  static void name (const void *px, const float *scale, const void *pzero, gboolean one_scale,     \
      void *pout, gsize n)                                                                         \
  {                                                                                                \
    float *out = pout, zero = 0;                                                                   \
                                                                                                   \
    gen_small_widen (type, px, out, n);                                                            \
    for (gsize i = 0; i < n; i++) {                                                                \
      if (pzero != NULL && (i == 0 || !one_scale))                                                 \
        gen_small_widen (type, (const guint8 *)pzero + i, &zero, 1);                               \
      out[i] = (out[i] - zero) * scale[one_scale ? 0 : i];                                         \
    }                                                                                              \
  }

SMALL_ROW (from_float8e4m3fn, GEN_TYPE_FLOAT8E4M3FN)
SMALL_ROW (from_float8e4m3fnuz, GEN_TYPE_FLOAT8E4M3FNUZ)
SMALL_ROW (from_float8e5m2, GEN_TYPE_FLOAT8E5M2)
SMALL_ROW (from_float8e5m2fnuz, GEN_TYPE_FLOAT8E5M2FNUZ)
SMALL_ROW (from_float4e2m1, GEN_TYPE_FLOAT4E2M1)

static GenQuantizeRow
find_row (GenDataType type)
{
  switch (type) {
  case GEN_TYPE_FLOAT8E4M3FN:
    return from_float8e4m3fn;
  case GEN_TYPE_FLOAT8E4M3FNUZ:
    return from_float8e4m3fnuz;
  case GEN_TYPE_FLOAT8E5M2:
    return from_float8e5m2;
  case GEN_TYPE_FLOAT8E5M2FNUZ:
    return from_float8e5m2fnuz;
  case GEN_TYPE_FLOAT4E2M1:
    return from_float4e2m1;
  default:
    type = gen_type_kept_as (type);
  }
  return type == GEN_TYPE_UINT8    ? from_uint8
         : type == GEN_TYPE_INT8   ? from_int8
         : type == GEN_TYPE_UINT16 ? from_uint16
         : type == GEN_TYPE_INT16  ? from_int16
         : type == GEN_TYPE_INT32  ? from_int32
                                   : NULL;
}

/* The result is of the scale's type where nothing else is asked for. */
static GenDataType
result_type (const GenNode *node)
{
  GenDataType asked = gen_node_int (node, "output_dtype", GEN_TYPE_UNDEFINED);
  GenDataType scale = gen_node_input (node, 1)->type;

  if (asked != GEN_TYPE_UNDEFINED)
    return asked;
  return scale == GEN_TYPE_FLOAT8E8M0 ? GEN_TYPE_FLOAT32 : scale;
}

/* Scales and results of others than float32 go through that. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *scale = gen_node_input (node, 1), *y;
  GenDataType type = result_type (node);

  if (scale->type == GEN_TYPE_FLOAT32 && type == GEN_TYPE_FLOAT32)
    return TRUE;
  if (!gen_type_is_half (type) && type != GEN_TYPE_FLOAT32)
    return gen_node_error (
        node, error, "its result cannot be of type %s", gen_data_type_name (type));
  y = gen_build_cast (graph, scale, GEN_TYPE_FLOAT32, error);
  if (y == NULL)
    return FALSE;
  y = gen_build_like (graph, "DequantizeLinear",
      (GenTensor *[]){ gen_node_input (node, 0), y, gen_node_input (node, 2) }, 3, node, error);
  results[0] = gen_build_cast (graph, y, type, error);
  return results[0] != NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);
  GenQuantize q;

  if (find_row (x->type) == NULL || scale->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error,
        "its operand can be an integer of up to 16 bits, int32 or a float of up to 8 bits, not %s, "
        "with a scale that is no integer",
        gen_data_type_name (x->type));
  if (!gen_node_same_type (node, 2, 2, error) || !gen_quantize_find (node, &q, error))
    return FALSE;
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &x->shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_quantize_cpu (kernel, find_row (gen_node_input (kernel->node, 0)->type), 0.2, error);
}

GEN_QUANTIZE_OPERATOR (dequantize, "Dequantize", "generative", 0, GEN_LAYOUTS_SAME, 0,
    gen_dequantize_gradient, "DequantizeLinear by one scale, in any layout")
GEN_QUANTIZE_OPERATOR (dequantize_linear, "DequantizeLinear", NULL, 10, GEN_LAYOUTS_PLAIN, 0,
    gen_dequantize_gradient, "Numbers from small integers, by a scale and a zero point")
GEN_QUANTIZE_OPERATOR (microsoft_dequantize_linear, "DequantizeLinear", "com.microsoft", 0,
    GEN_LAYOUTS_PLAIN, 0, gen_dequantize_gradient,
    "Numbers from small integers, by a scale and a zero point")
