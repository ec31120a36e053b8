/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pow: a to the power b, broadcast. The exponent may be of another type; squares, roots and
 * inverses, which are what nets ask for, are computed as such. */
#include <math.h>

#include "arithmetic.h"
#include "../../device/half.h"

#define POW_ROW(name, T, E)                                                                        \
  static void name (const void *pa, gint64 as, const void *pb, gint64 bs, void *pout, gsize n)     \
  {                                                                                                \
    const T *a = pa;                                                                               \
    const E *b = pb;                                                                               \
    T *out = pout;                                                                                 \
                                                                                                   \
    for (gsize i = 0; i < n; i++)                                                                  \
      out[i] = (T)pow (a[(gint64)i * as], b[(gint64)i * bs]);                                      \
  }
#define LOOP(expression)                                                                           \
  for (gsize i = 0; i < n; i++) {                                                                  \
    const float x = a[i];                                                                          \
    out[i] = (expression);                                                                         \
  }

GEN_CLONES (void, float32_float32,
    (const void *pa, gint64 as, const void *pb, gint64 bs, void *pout, gsize n),
    (pa, as, pb, bs, pout, n))
{
  const float *a = pa, *b = pb;
  float *out = pout;

  if (as == 1 && bs == 0 && *b == 2)
    LOOP (x * x)
  else if (as == 1 && bs == 0 && *b == 0.5f)
    LOOP (sqrtf (x))
  else if (as == 1 && bs == 0 && *b == 1)
    LOOP (x)
  else if (as == 1 && bs == 0 && *b == -1)
    LOOP (1 / x)
  else if (as == 1 && bs == 0 && *b == 3)
    LOOP (x * x * x)
  else
    for (gsize i = 0; i < n; i++)
      out[i] = powf (a[(gint64)i * as], b[(gint64)i * bs]);
}

/* The rows of all exponents; that of float32 is there already. */
#define POW_ROWS(T, t)                                                                             \
  POW_ROW (t##_float64, T, double)                                                                 \
  POW_ROW (t##_int8, T, gint8)                                                                     \
  POW_ROW (t##_int16, T, gint16)                                                                   \
  POW_ROW (t##_int32, T, gint32)                                                                   \
  POW_ROW (t##_int64, T, gint64)                                                                   \
  POW_ROW (t##_uint8, T, guint8)                                                                   \
  POW_ROW (t##_uint16, T, guint16)                                                                 \
  POW_ROW (t##_uint32, T, guint32)                                                                 \
  POW_ROW (t##_uint64, T, guint64)                                                                 \
  static const GenBinaryRows t##_rows = { GEN_NUMBER_ROWS_OF (t) };

POW_ROW (float64_float32, double, float)
POW_ROW (int32_float32, gint32, float)
POW_ROW (int64_float32, gint64, float)
POW_ROWS (float, float32)
POW_ROWS (double, float64)
POW_ROWS (gint32, int32)
POW_ROWS (gint64, int64)

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  GenShape shape;

  if (!gen_shape_broadcast (&a->shape, &b->shape, &shape)) {
    g_autofree char *sa = gen_shape_to_string (&a->shape);
    g_autofree char *sb = gen_shape_to_string (&b->shape);

    return gen_node_error (node, error, "shapes %s and %s cannot be broadcast together", sa, sb);
  }
  gen_node_set_output (node, 0, a->type, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenBinaryRows *const by_base[] = {
    [GEN_TYPE_FLOAT32] = &float32_rows,
    [GEN_TYPE_FLOAT64] = &float64_rows,
    [GEN_TYPE_INT32] = &int32_rows,
    [GEN_TYPE_INT64] = &int64_rows,
  };
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  GenDataType exponent = gen_node_input (kernel->node, 1)->type;
  GenDataType base = gen_type_computed (type);
  GenBinaryRow row = NULL;

  if (base < G_N_ELEMENTS (by_base) && by_base[base] != NULL)
    row = gen_binary_rows_find (by_base[base], exponent);
  if (row == NULL)
    return gen_node_error (kernel->node, error, "not supported for %s to the power of %s",
        gen_data_type_name (type), gen_data_type_name (exponent));
  return gen_binary_cpu (kernel, row, 4, error);
}

/* da = dy b a^(b-1); db = dy y ln a, where a is above 0. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *a = gen_node_input (g->node, 0), *b = gen_node_input (g->node, 1), *d;
  const float *exponent = b->type == GEN_TYPE_FLOAT32 && gen_shape_elements (&b->shape) == 1
                              ? gen_tensor_constant (b)
                              : NULL;

  if (b->type != a->type) {
    b = gen_graph_op (graph, "Cast", &b, 1, 1, error, "to", GEN_INT, (int)a->type, NULL);
    if (b == NULL)
      return FALSE;
  }
  if (g->needed[0]) {
    if (exponent != NULL && *exponent == 2)
      d = gen_binary (graph, "Add", a, a, error);
    else
      d = gen_binary (graph, "Mul", b,
          gen_binary (graph, "Pow", a,
              gen_binary (graph, "Sub", b, gen_graph_float (graph, 1), error), error),
          error);
    d = gen_binary (graph, "Mul", g->outputs[0], d, error);
    g->inputs[0] = gen_gradient_unbroadcast (graph, d, a, error);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    GenTensor *one = gen_graph_float (graph, 1);
    GenTensor *positive = gen_binary (graph, "Greater", a, gen_graph_float (graph, 0), error);

    if (positive == NULL)
      return FALSE;
    a = gen_graph_op (graph, "Where", (GenTensor *[]){ positive, a, one }, 3, 1, error, NULL);
    d = gen_binary (
        graph, "Mul", gen_node_output (g->node, 0), gen_unary (graph, "Log", a, error), error);
    d = gen_binary (graph, "Mul", g->outputs[0], d, error);
    g->inputs[1] = gen_gradient_unbroadcast (graph, d, gen_node_input (g->node, 1), error);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_pow = {
  .name = "Pow",
  .summary = "Power of a tensor by another",
  .since = 7,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
