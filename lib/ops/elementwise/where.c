/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where: x where the condition holds, else y; all three broadcast together. */
#include <string.h>

#include "../../simd.h"
#include "../broadcast.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *condition = gen_node_input (node, 0);
  const GenTensor *x = gen_node_input (node, 1), *y = gen_node_input (node, 2);
  GenShape both, shape;

  if (condition->type != GEN_TYPE_BOOL || x->type != y->type)
    return gen_node_error (node, error,
        "it takes a bool and two tensors of one type, not %s, %s, %s",
        gen_data_type_name (condition->type), gen_data_type_name (x->type),
        gen_data_type_name (y->type));
  if (!gen_shape_broadcast (&x->shape, &y->shape, &both) ||
      !gen_shape_broadcast (&both, &condition->shape, &shape))
    return gen_node_error (node, error, "its inputs cannot be broadcast together");
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

#define CHOOSE(name, T)                                                                            \
  GEN_CLONES (void, name,                                                                          \
      (const guint8 *c, gint64 cs, const T *x, gint64 xs, const T *y, gint64 ys, T *out, gsize n), \
      (c, cs, x, xs, y, ys, out, n))                                                               \
  {                                                                                                \
    if (cs == 1 && xs == 1 && ys == 0) {                                                           \
      const T other = *y;                                                                          \
      for (gsize i = 0; i < n; i++)                                                                \
        out[i] = c[i] ? x[i] : other;                                                              \
    } else {                                                                                       \
      for (gsize i = 0; i < n; i++)                                                                \
        out[i] = c[(gint64)i * cs] ? x[(gint64)i * xs] : y[(gint64)i * ys];                        \
    }                                                                                              \
  }

CHOOSE (choose1, guint8)
CHOOSE (choose2, guint16)
CHOOSE (choose4, guint32)
CHOOSE (choose8, guint64)

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenBroadcast *walk = kernel->state;
  int last = walk->rank - 1;
  gsize size = gen_data_type_size (gen_node_output (kernel->node, 0)->type), n = walk->dims[last];
  gint64 cs = walk->strides[0][last], xs = walk->strides[1][last], ys = walk->strides[2][last];
  gsize first, end, from = 0, count = n;
  gint64 at[3];

  gen_kernel_share (
      walk->rows == 1 ? n : walk->rows, walk->rows == 1 ? 64 : 1, part, parts, &first, &end);
  if (walk->rows == 1) {
    from = first;
    count = end - first;
    first = 0;
    end = count > 0;
  }
  for (gsize row = first; row < end; row++) {
    const guint8 *c = kernel->inputs[0];
    const char *x = kernel->inputs[1], *y = kernel->inputs[2];
    char *out = (char *)kernel->outputs[0] + (row * n + from) * size;

    gen_broadcast_seek (walk, row, 3, at);
    c += at[0] + (gint64)from * cs;
    x += (at[1] + (gint64)from * xs) * (gint64)size;
    y += (at[2] + (gint64)from * ys) * (gint64)size;
    if (size == 4)
      choose4 (c, cs, (const guint32 *)x, xs, (const guint32 *)y, ys, (guint32 *)out, count);
    else if (size == 8)
      choose8 (c, cs, (const guint64 *)x, xs, (const guint64 *)y, ys, (guint64 *)out, count);
    else if (size == 2)
      choose2 (c, cs, (const guint16 *)x, xs, (const guint16 *)y, ys, (guint16 *)out, count);
    else
      choose1 (c, cs, (const guint8 *)x, xs, (const guint8 *)y, ys, (guint8 *)out, count);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *y = gen_node_output (kernel->node, 0);

  if (gen_data_type_size (y->type) == 0)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (y->type));
  kernel->state = g_new0 (GenBroadcast, 1);
  kernel->free_state = g_free;
  gen_broadcast_init (kernel->state, kernel->node, 3);
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&y->shape), 0.5));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *condition = gen_node_input (g->node, 0), *dy = g->outputs[0];
  GenTensor *zero = gen_graph_float (g->graph, 0);

  for (int i = 1; i < 3; i++) {
    GenTensor *d;

    if (!g->needed[i])
      continue;
    d = gen_graph_op (g->graph, "Where",
        (GenTensor *[]){ condition, i == 1 ? dy : zero, i == 1 ? zero : dy }, 3, 1, error, NULL);
    g->inputs[i] = gen_gradient_unbroadcast (g->graph, d, gen_node_input (g->node, i), error);
    if (g->inputs[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_where = {
  .name = "Where",
  .summary = "One tensor where a condition holds, another elsewhere",
  .since = 9,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
