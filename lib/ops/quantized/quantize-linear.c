/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QuantizeLinear: x / scale, rounded to the nearest integer (ties to even), plus the zero point,
 * within the range of the result's type. */
#include <math.h>

#include "../../device/small.h"
#include "../../simd.h"
#include "../build.h"
#include "quantize.h"
#include "quantized-sum.h"

/* Not a number becomes the lowest value. */
#define ROW(name, T, low, high)                                                                    \
  GEN_CLONES (void, name,                                                                          \
      (const void *px, const float *scale, const void *pzero, gboolean one_scale, void *pout,      \
          gsize n),                                                                                \
      (px, scale, pzero, one_scale, pout, n))                                                      \
  {                                                                                                \
    const float *x = px;                                                                           \
    const T *zero = pzero;                                                                         \
    T *out = pout;                                                                                 \
                                                                                                   \
    if (one_scale) {                                                                               \
      const float s = *scale, z = zero != NULL ? *zero : 0;                                        \
                                                                                                   \
      for (gsize i = 0; i < n; i++) {                                                              \
        float v = rintf (x[i] / s) + z;                                                            \
                                                                                                   \
        v = v > low ? v : low;                                                                     \
        out[i] = (T)(gint32)(v < high ? v : high);                                                 \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (gsize i = 0; i < n; i++) {                                                                \
      float v = rintf (x[i] / scale[i]) + (zero != NULL ? zero[i] : 0);                            \
                                                                                                   \
      v = v > low ? v : low;                                                                       \
      out[i] = (T)(gint32)(v < high ? v : high);                                                   \
    }                                                                                              \
  }

ROW (to_uint8, guint8, 0.0f, 255.0f)
ROW (to_int8, gint8, -128.0f, 127.0f)
ROW (to_uint16, guint16, 0.0f, 65535.0f)
ROW (to_int16, gint16, -32768.0f, 32767.0f)

/* Bytes by one scale, which most are, in less than a division for each. */
static void
to_uint8_bytes (
    const void *x, const float *scale, const void *zero, gboolean one_scale, void *out, gsize n)
{
  if (one_scale)
    gen_quantized_round (x, *scale, zero != NULL ? *(const guint8 *)zero : 0, FALSE, out, n);
  else
    to_uint8 (x, scale, zero, one_scale, out, n);
}

static void
to_int8_bytes (
    const void *x, const float *scale, const void *zero, gboolean one_scale, void *out, gsize n)
{
  if (one_scale)
    gen_quantized_round (x, *scale, zero != NULL ? *(const gint8 *)zero : 0, TRUE, out, n);
  else
    to_int8 (x, scale, zero, one_scale, out, n);
}

ROW (to_uint4, guint8, 0.0f, 15.0f)
ROW (to_int4, gint8, -8.0f, 7.0f)
ROW (to_uint2, guint8, 0.0f, 3.0f)
ROW (to_int2, gint8, -2.0f, 1.0f)

/* Floats are not rounded to integers first. */
#define FLOAT_ROW(name, type, saturated)                                                           \
  static void name (const void *px, const float *scale, const void *pzero, gboolean one_scale,     \
      void *pout, gsize n)                                                                         \
  {                                                                                                \
    const GenSmallRules rules = { .saturate = saturated };                                         \
    const float *x = px;                                                                           \
    const guint8 *zeros = pzero;                                                                   \
    guint8 *out = pout;                                                                            \
    float zero = 0;                                                                                \
                                                                                                   \
    for (gsize i = 0; i < n; i++) {                                                                \
      float v = x[i] / scale[one_scale ? 0 : i];                                                   \
                                                                                                   \
      if (zeros != NULL && (i == 0 || !one_scale))                                                 \
        gen_small_widen (type, zeros + i, &zero, 1);                                               \
      v += zero;                                                                                   \
      gen_small_narrow (type, &rules, &v, out + i, 1);                                             \
    }                                                                                              \
  }
#define FLOAT_ROWS(name, type)                                                                     \
  FLOAT_ROW (name##_saturated, type, TRUE)                                                         \
  FLOAT_ROW (name##_unbounded, type, FALSE)

FLOAT_ROWS (to_float8e4m3fn, GEN_TYPE_FLOAT8E4M3FN)
FLOAT_ROWS (to_float8e4m3fnuz, GEN_TYPE_FLOAT8E4M3FNUZ)
FLOAT_ROWS (to_float8e5m2, GEN_TYPE_FLOAT8E5M2)
FLOAT_ROWS (to_float8e5m2fnuz, GEN_TYPE_FLOAT8E5M2FNUZ)
FLOAT_ROW (to_float4e2m1, GEN_TYPE_FLOAT4E2M1, TRUE)

static GenQuantizeRow
find_row (const GenNode *node, GenDataType type)
{
  gboolean saturated = gen_node_int (node, "saturate", 1) != 0;

  switch (type) {
  case GEN_TYPE_UINT8:
    return to_uint8_bytes;
  case GEN_TYPE_INT8:
    return to_int8_bytes;
  case GEN_TYPE_UINT16:
    return to_uint16;
  case GEN_TYPE_INT16:
    return to_int16;
  case GEN_TYPE_UINT4:
    return to_uint4;
  case GEN_TYPE_INT4:
    return to_int4;
  case GEN_TYPE_UINT2:
    return to_uint2;
  case GEN_TYPE_INT2:
    return to_int2;
  case GEN_TYPE_FLOAT8E4M3FN:
    return saturated ? to_float8e4m3fn_saturated : to_float8e4m3fn_unbounded;
  case GEN_TYPE_FLOAT8E4M3FNUZ:
    return saturated ? to_float8e4m3fnuz_saturated : to_float8e4m3fnuz_unbounded;
  case GEN_TYPE_FLOAT8E5M2:
    return saturated ? to_float8e5m2_saturated : to_float8e5m2_unbounded;
  case GEN_TYPE_FLOAT8E5M2FNUZ:
    return saturated ? to_float8e5m2fnuz_saturated : to_float8e5m2fnuz_unbounded;
  case GEN_TYPE_FLOAT4E2M1:
    return to_float4e2m1;
  default:
    return NULL;
  }
}

/* Operands of other types go through float32. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *inputs[3];

  for (guint i = 0; i < 3; i++)
    inputs[i] = gen_node_input (node, i);
  if (inputs[0]->type == GEN_TYPE_FLOAT32 && inputs[1]->type == GEN_TYPE_FLOAT32)
    return TRUE;
  for (guint i = 0; i < 2; i++) {
    inputs[i] = gen_build_cast (graph, inputs[i], GEN_TYPE_FLOAT32, error);
    if (inputs[i] == NULL)
      return FALSE;
  }
  results[0] = gen_build_like (graph, "QuantizeLinear", inputs, 3, node, error);
  return results[0] != NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *zero = gen_node_input (node, 2);
  GenDataType asked = gen_node_int (node, "output_dtype", GEN_TYPE_UNDEFINED);
  GenDataType type = zero != NULL                  ? zero->type
                     : asked != GEN_TYPE_UNDEFINED ? asked
                                                   : GEN_TYPE_UINT8;
  GenQuantize q;

  if (find_row (node, type) == NULL || (asked != GEN_TYPE_UNDEFINED && asked != type))
    return gen_node_error (node, error,
        "its result can be an integer of up to 16 bits or a float of up to 8, as its zero point "
        "is, "
        "not %s",
        gen_data_type_name (find_row (node, type) == NULL ? type : asked));
  if (x->type != GEN_TYPE_FLOAT32 || gen_node_input (node, 1)->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "its operand and scale must be numbers");
  if (!gen_quantize_find (node, &q, error))
    return FALSE;
  gen_node_set_output (node, 0, type, &x->shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenDataType type = gen_node_output (kernel->node, 0)->type;

  return gen_quantize_cpu (kernel, find_row (kernel->node, type), 0.3, error);
}

GEN_QUANTIZE_OPERATOR (quantize, "Quantize", "generative", 0, GEN_LAYOUTS_SAME, 0x1,
    gen_quantize_gradient, "QuantizeLinear by one scale, in any layout")
GEN_QUANTIZE_OPERATOR (quantize_linear, "QuantizeLinear", NULL, 10, GEN_LAYOUTS_PLAIN, 0x1,
    gen_quantize_gradient, "Numbers as small integers, by a scale and a zero point")
GEN_QUANTIZE_OPERATOR (microsoft_quantize_linear, "QuantizeLinear", "com.microsoft", 0,
    GEN_LAYOUTS_PLAIN, 0x1, gen_quantize_gradient,
    "Numbers as small integers, by a scale and a zero point")
