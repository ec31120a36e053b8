/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CumSum and CumProd: running sums and products along an axis, from either end, with or without the
 * element itself. Columns are taken some at a time, so that what is added lies side by side. */
#include "cumsum.h"

#include "../../simd.h"
#include "../../device/half.h"

#define COLUMNS 1024

/* Sums or products of `n` rows of up to COLUMNS elements, `step` elements apart. */
typedef void (*SumsFunc) (
    const void *x, void *out, gint64 n, gint64 step, gsize columns, gboolean exclusive);

#define ROWS(name, T, start, operation)                                                            \
  GEN_CLONES (void, name,                                                                          \
      (const void *px, void *pout, gint64 n, gint64 step, gsize columns, gboolean exclusive),      \
      (px, pout, n, step, columns, exclusive))                                                     \
  {                                                                                                \
    const T *x = px;                                                                               \
    T *out = pout, sum = start;                                                                    \
                                                                                                   \
    if (columns == 1) {                                                                            \
      for (gint64 k = 0; k < n; k++) {                                                             \
        const T before = sum;                                                                      \
        sum = sum operation x[k * step];                                                           \
        out[k * step] = exclusive ? before : sum;                                                  \
      }                                                                                            \
      return;                                                                                      \
    }                                                                                              \
    for (gsize i = 0; i < columns && n > 0; i++)                                                   \
      out[i] = exclusive ? (start) : x[i];                                                         \
    for (gint64 k = 1; k < n; k++) {                                                               \
      const T *before = out + (k - 1) * step, *next = x + (exclusive ? k - 1 : k) * step;          \
                                                                                                   \
      for (gsize i = 0; i < columns; i++)                                                          \
        out[k * step + (gint64)i] = before[i] operation next[i];                                   \
    }                                                                                              \
  }
#define BOTH(t, T)                                                                                 \
  ROWS (sums_##t, T, 0, +)                                                                         \
  ROWS (products_##t, T, 1, *)

BOTH (float32, float)
BOTH (float64, double)
BOTH (uint32, guint32)
BOTH (uint64, guint64)

static void
run_half (GenDataType type, gboolean product, const guint16 *x, guint16 *out, gint64 n, gint64 step,
    gsize columns, gboolean exclusive)
{
  float sums[COLUMNS], row[COLUMNS];

  for (gsize i = 0; i < COLUMNS; i++)
    sums[i] = product;
  for (gint64 k = 0; k < n; k++) {
    gen_half_widen (type, x + k * step, 1, row, columns);
    if (exclusive)
      gen_half_narrow (type, sums, out + k * step, columns);
    for (gsize i = 0; i < columns; i++)
      sums[i] = product ? sums[i] * row[i] : sums[i] + row[i];
    if (!exclusive)
      gen_half_narrow (type, sums, out + k * step, columns);
  }
}

static SumsFunc
function_of (GenDataType type, gboolean product)
{
  switch (type) {
  case GEN_TYPE_FLOAT32:
    return product ? products_float32 : sums_float32;
  case GEN_TYPE_FLOAT64:
    return product ? products_float64 : sums_float64;
  case GEN_TYPE_INT32:
  case GEN_TYPE_UINT32:
    return product ? products_uint32 : sums_uint32;
  case GEN_TYPE_INT64:
  case GEN_TYPE_UINT64:
    return product ? products_uint64 : sums_uint64;
  default:
    return NULL;
  }
}

static gboolean
find_axis (const GenNode *node, int *axis, GError **error)
{
  int rank = gen_node_input (node, 0)->shape.rank, n;
  gint64 given;

  if (!gen_tensor_ints (gen_node_input (node, 1), &given, 1, &n) || n != 1)
    return gen_node_error (node, error, "its axis must be a constant integer");
  *axis = gen_axis (given, rank);
  return *axis >= 0 ||
         gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d", given, rank);
}

static gboolean
infer (GenNode *node, GError **error)
{
  int axis;

  return find_axis (node, &axis, error) && gen_infer_same (node, error);
}

gboolean
gen_cumsum_init (GenCumSum *s, const GenNode *node, GError **error)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  int axis = 0;

  if (!find_axis (node, &axis, error))
    return FALSE;
  *s = (GenCumSum){ gen_shape_product (shape, 0, axis), shape->dims[axis],
    gen_shape_product (shape, axis + 1, shape->rank), gen_node_int (node, "exclusive", 0) != 0,
    gen_node_int (node, "reverse", 0) != 0 };
  return TRUE;
}

typedef struct {
  GenCumSum extents;
  gboolean product;
} Walk;

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Walk *w = kernel->state;
  const GenCumSum *s = &w->extents;
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  gsize size = gen_data_type_size (type), blocks = (s->inner + COLUMNS - 1) / COLUMNS, first, end;
  gint64 step = s->reverse ? -s->inner : s->inner;

  gen_kernel_share (s->outer * blocks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gsize column = i % blocks * COLUMNS, columns = MIN (COLUMNS, s->inner - column);
    gsize at = i / blocks * s->n * s->inner + column + (s->reverse ? (s->n - 1) * s->inner : 0);
    const char *x = (const char *)kernel->inputs[0] + at * size;
    char *out = (char *)kernel->outputs[0] + at * size;

    if (gen_type_is_half (type))
      run_half (
          type, w->product, (const guint16 *)x, (guint16 *)out, s->n, step, columns, s->exclusive);
    else
      function_of (type, w->product) (x, out, s->n, step, columns, s->exclusive);
  }
}

static gboolean
prepare (GenKernel *kernel, gboolean product, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  Walk *w = g_new0 (Walk, 1);

  kernel->state = w;
  kernel->free_state = g_free;
  w->product = product;
  if (!gen_cumsum_init (&w->extents, kernel->node, error))
    return FALSE;
  if (function_of (x->type, product) == NULL && !gen_type_is_half (x->type))
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  if (gen_shape_elements (&x->shape) > 0)
    gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 1));
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return prepare (kernel, FALSE, error);
}

static gboolean
cpu_product (GenKernel *kernel, GError **error)
{
  return prepare (kernel, TRUE, error);
}

/* Each element is in the sums behind it: a sum from the other end. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  if (!g->needed[0])
    return TRUE;
  g->inputs[0] = gen_graph_op (g->graph, "CumSum",
      (GenTensor *[]){ g->outputs[0], gen_node_input (g->node, 1) }, 2, 1, error, "exclusive",
      GEN_INT, (int)gen_node_int (g->node, "exclusive", 0), "reverse", GEN_INT,
      gen_node_int (g->node, "reverse", 0) == 0, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_cumsum = {
  .name = "CumSum",
  .summary = "Running sums along an axis",
  .since = 11,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_cumprod = {
  .name = "CumProd",
  .summary = "Running products along an axis",
  .since = 26,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu_product,
};
