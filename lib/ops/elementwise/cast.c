/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cast and CastLike: the same numbers as another type, named by an attribute or another tensor's.
 * Floats become integers by cutting towards zero, within what int64 holds; anything but zero is
 * true. 16-bit floats go through float32. */
#include <string.h>

#include "../../simd.h"
#include "../broadcast.h"
#include "../../device/half.h"
#include "../../device/small.h"

/* Elements that stay in the first cache. */
#define CHUNK 1024

static inline gint64
to_integer (double x)
{
  return x >= 0x1p63 ? G_MAXINT64 : x <= -0x1p63 ? G_MININT64 : x != x ? 0 : (gint64)x;
}

#define ROW(name, T, U, expression)                                                                \
  GEN_CLONES (                                                                                     \
      void, name, (const GenNode *node, const void *px, void *pout, gsize n), (node, px, pout, n)) \
  {                                                                                                \
    const T *from = px;                                                                            \
    U *out = pout;                                                                                 \
                                                                                                   \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T x = from[i];                                                                         \
      out[i] = (expression);                                                                       \
    }                                                                                              \
  }

/* From a float to integers: as long as nothing is beyond int32, which few numbers are, through
 * that, for which all processors have instructions. */
#define NEAR_INTEGERS(name, T)                                                                     \
  GEN_CLONES (gboolean, name, (const T *from, gsize n), (from, n))                                 \
  {                                                                                                \
    int beyond = 0;                                                                                \
                                                                                                   \
    for (gsize i = 0; i < n; i++)                                                                  \
      beyond |= !(from[i] > (T)-0x1p31 && from[i] < (T)0x1p31);                                    \
    return !beyond;                                                                                \
  }
#define CUT_ROW(name, t, T, U)                                                                     \
  ROW (name##_near, T, U, (gint32)x)                                                               \
  ROW (name##_far, T, U, to_integer (x))                                                           \
  static void name (const GenNode *node, const void *px, void *pout, gsize n)                      \
  {                                                                                                \
    const T *from = px;                                                                            \
    U *out = pout;                                                                                 \
                                                                                                   \
    for (gsize count; n > 0; n -= count, from += count, out += count) {                            \
      count = MIN (n, CHUNK);                                                                      \
      (t##_is_near (from, count) ? name##_near : name##_far) (node, from, out, count);             \
    }                                                                                              \
  }

/* From floats; from integers. */
#define FROM_REAL(t, T)                                                                            \
  NEAR_INTEGERS (t##_is_near, T)                                                                   \
  ROW (t##_float32, T, float, x)                                                                   \
  ROW (t##_float64, T, double, x)                                                                  \
  CUT_ROW (t##_int8, t, T, gint8)                                                                  \
  CUT_ROW (t##_int16, t, T, gint16)                                                                \
  CUT_ROW (t##_int32, t, T, gint32)                                                                \
  CUT_ROW (t##_int64, t, T, gint64)                                                                \
  CUT_ROW (t##_uint8, t, T, guint8)                                                                \
  CUT_ROW (t##_uint16, t, T, guint16)                                                              \
  CUT_ROW (t##_uint32, t, T, guint32)                                                              \
  CUT_ROW (t##_uint64, t, T, guint64)                                                              \
  ROW (t##_bool, T, guint8, x != 0)
#define FROM_INTEGER(t, T)                                                                         \
  ROW (t##_float32, T, float, x)                                                                   \
  ROW (t##_float64, T, double, x)                                                                  \
  ROW (t##_int8, T, gint8, x)                                                                      \
  ROW (t##_int16, T, gint16, x)                                                                    \
  ROW (t##_int32, T, gint32, x)                                                                    \
  ROW (t##_int64, T, gint64, x)                                                                    \
  ROW (t##_uint8, T, guint8, x)                                                                    \
  ROW (t##_uint16, T, guint16, x)                                                                  \
  ROW (t##_uint32, T, guint32, x)                                                                  \
  ROW (t##_uint64, T, guint64, x)                                                                  \
  ROW (t##_bool, T, guint8, x != 0)

FROM_REAL (float32, float)
FROM_REAL (float64, double)
FROM_INTEGER (int8, gint8)
FROM_INTEGER (int16, gint16)
FROM_INTEGER (int32, gint32)
FROM_INTEGER (int64, gint64)
FROM_INTEGER (uint8, guint8)
FROM_INTEGER (uint16, guint16)
FROM_INTEGER (uint32, guint32)
FROM_INTEGER (uint64, guint64)

#define TO(t)                                                                                      \
  {                                                                                                \
    [GEN_TYPE_FLOAT32] = t##_float32, [GEN_TYPE_FLOAT64] = t##_float64,                            \
    [GEN_TYPE_INT8] = t##_int8, [GEN_TYPE_INT16] = t##_int16, [GEN_TYPE_INT32] = t##_int32,        \
    [GEN_TYPE_INT64] = t##_int64, [GEN_TYPE_UINT8] = t##_uint8, [GEN_TYPE_UINT16] = t##_uint16,    \
    [GEN_TYPE_UINT32] = t##_uint32, [GEN_TYPE_UINT64] = t##_uint64, [GEN_TYPE_BOOL] = t##_bool,    \
  }
#define TYPES (GEN_TYPE_UINT64 + 1)

static const GenUnaryRow rows[TYPES][TYPES] = {
  [GEN_TYPE_FLOAT32] = TO (float32),
  [GEN_TYPE_FLOAT64] = TO (float64),
  [GEN_TYPE_INT8] = TO (int8),
  [GEN_TYPE_INT16] = TO (int16),
  [GEN_TYPE_INT32] = TO (int32),
  [GEN_TYPE_INT64] = TO (int64),
  [GEN_TYPE_UINT8] = TO (uint8),
  [GEN_TYPE_UINT16] = TO (uint16),
  [GEN_TYPE_UINT32] = TO (uint32),
  [GEN_TYPE_UINT64] = TO (uint64),
  [GEN_TYPE_BOOL] = TO (uint8),
};

static GenUnaryRow
row_of (GenDataType from, GenDataType to)
{
  return from < TYPES && to < TYPES ? rows[from][to] : NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenDataType to = gen_node_int (node, "to", GEN_TYPE_UNDEFINED);

  if (gen_data_type_size (to) == 0)
    return gen_node_error (node, error, "cannot cast to type %s (%d)", gen_data_type_name (to), to);
  gen_node_set_output (node, 0, to, &x->shape);
  return TRUE;
}

static gboolean
infer_like (GenNode *node, GError **error)
{
  gen_node_set_output (node, 0, gen_node_input (node, 1)->type, &gen_node_input (node, 0)->shape);
  return TRUE;
}

/* --- from and to numbers of 16 bits and less --- */

/* What elements of `type` are computed as. */
static GenDataType
computed (GenDataType type)
{
  return gen_type_is_small_float (type) ? GEN_TYPE_FLOAT32
                                        : gen_type_computed (gen_type_kept_as (type));
}

static gboolean
is_small (GenDataType type)
{
  return type > GEN_TYPE_BFLOAT16 || gen_type_is_half (type);
}

typedef struct {
  GenUnaryRow row; /* between what the types are computed as */
  GenDataType from, to;
  GenSmallRules rules;
} Small;

/* `n` elements, up to GEN_HALF_CHUNK, in the type that they are computed as. */
static const void *
widen (GenDataType type, const void *x, float *wide, gsize n)
{
  if (gen_type_is_small_float (type))
    gen_small_widen (type, x, wide, n);
  else if (gen_type_is_half (type))
    gen_half_widen (type, x, 1, wide, n);
  else
    return x;
  return wide;
}

static void
cast_chunk (const Small *small, const GenNode *node, const void *x, void *out, gsize n)
{
  float wide[GEN_HALF_CHUNK], result[GEN_HALF_CHUNK];
  const void *from;

  if (gen_type_is_half (small->from) && small->to == GEN_TYPE_FLOAT32) {
    gen_half_widen (small->from, x, 1, out, n);
    return;
  }
  from = widen (small->from, x, wide, n);
  if (gen_type_is_half (small->to) && computed (small->from) == GEN_TYPE_FLOAT32) {
    gen_half_narrow (small->to, from, out, n);
    return;
  }
  if (gen_type_is_small_float (small->to)) {
    small->row (node, from, result, n);
    gen_small_narrow (small->to, &small->rules, result, out, n);
  } else if (gen_type_is_half (small->to)) {
    small->row (node, from, result, n);
    gen_half_narrow (small->to, result, out, n);
  } else {
    small->row (node, from, out, n);
    if (gen_type_kept_as (small->to) != small->to)
      gen_small_wrap (small->to, out, n);
  }
}

static void
run_small (const GenKernel *kernel, int part, int parts)
{
  const Small *small = kernel->state;
  const char *x = kernel->inputs[0];
  char *out = kernel->outputs[0];
  gsize n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape), first, end;

  gen_kernel_share (n, GEN_HALF_CHUNK, part, parts, &first, &end);
  for (gsize i = first; i < end; i += GEN_HALF_CHUNK)
    cast_chunk (small, kernel->node, x + i * gen_data_type_size (small->from),
        out + i * gen_data_type_size (small->to), MIN (GEN_HALF_CHUNK, end - i));
}

static gboolean
read_rules (const GenNode *node, GenSmallRules *rules, GError **error)
{
  const char *mode = gen_node_string (node, "round_mode", "up");

  rules->saturate = gen_node_int (node, "saturate", 1) != 0;
  rules->rounding = strcmp (mode, "down") == 0      ? GEN_ROUND_DOWN
                    : strcmp (mode, "nearest") == 0 ? GEN_ROUND_NEAREST
                                                    : GEN_ROUND_UP;
  return rules->rounding != GEN_ROUND_UP || strcmp (mode, "up") == 0 ||
         gen_node_error (node, error, "round_mode '%s' is not up, down or nearest", mode);
}

static gboolean
cpu_small (GenKernel *kernel, GenUnaryRow row, GError **error)
{
  Small *small = g_new0 (Small, 1);
  const GenTensor *x = gen_node_input (kernel->node, 0);
  double cost;

  kernel->state = small;
  kernel->free_state = g_free;
  small->row = row;
  small->from = x->type;
  small->to = gen_node_output (kernel->node, 0)->type;
  if (!read_rules (kernel->node, &small->rules, error))
    return FALSE;
  cost = MAX (small->from, small->to) <= GEN_TYPE_BFLOAT16 ? 0.3 : 3;
  gen_kernel_add_step (
      kernel, run_small, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), cost));
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenDataType from = gen_node_input (kernel->node, 0)->type;
  GenDataType to = gen_node_output (kernel->node, 0)->type;
  GenUnaryRow row = row_of (computed (from), computed (to));

  if (row == NULL)
    return gen_node_error (kernel->node, error, "cannot cast %s to %s", gen_data_type_name (from),
        gen_data_type_name (to));
  if (is_small (from) || is_small (to))
    return cpu_small (kernel, row, error);
  return gen_unary_cpu (kernel, row, 0.3, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = gen_graph_op (g->graph, "Cast", &g->outputs[0], 1, 1, error, "to", GEN_INT,
      (int)gen_node_input (g->node, 0)->type, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_cast = {
  .name = "Cast",
  .summary = "The same numbers as another type",
  .since = 6,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_cast_like = {
  .name = "CastLike",
  .summary = "The same numbers as the type of another tensor",
  .since = 15,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer_like,
  .cpu = cpu,
  .gradient = gradient,
};
