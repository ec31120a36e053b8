/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clip: between two bounds, which are attributes up to opset 10 and inputs from 11 on; either may
 * be left out. */
#include <math.h>
#include "unary.h"

/* The kernel's state has those that the attributes say. */
typedef struct {
  double low, high;
  gint64 low_integer, high_integer;
} Bounds;

static void
read_bound (const GenTensor *tensor, const void *data, double *real, gint64 *integer)
{
  if (data == NULL)
    return;
  switch (tensor->type) {
  case GEN_TYPE_FLOAT32:
    *real = *(const float *)data;
    break;
  case GEN_TYPE_FLOAT64:
    *real = *(const double *)data;
    break;
  case GEN_TYPE_INT8:
    *integer = *(const gint8 *)data;
    break;
  case GEN_TYPE_UINT8:
    *integer = *(const guint8 *)data;
    break;
  case GEN_TYPE_INT32:
    *integer = *(const gint32 *)data;
    break;
  case GEN_TYPE_INT64:
    *integer = *(const gint64 *)data;
    break;
  default:
    break;
  }
}

#define CLIP(name, T)                                                                              \
  GEN_CLONES static void name (const T *x, T *out, gsize n, T from, T to)                          \
  {                                                                                                \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T raised = x[i] < from ? from : x[i];                                                  \
      out[i] = raised > to ? to : raised;                                                          \
    }                                                                                              \
  }

CLIP (clip_float32, float)
CLIP (clip_float64, double)
CLIP (clip_int8, gint8)
CLIP (clip_uint8, guint8)
CLIP (clip_int32, gint32)
CLIP (clip_int64, gint64)

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Bounds b = *(const Bounds *)kernel->state;
  const char *from = kernel->inputs[0];
  char *to = kernel->outputs[0];
  gsize first, end, n;

  for (guint i = 1; i < node->inputs->len; i++)
    if (gen_node_input (node, i) != NULL)
      read_bound (gen_node_input (node, i), kernel->inputs[i], i == 1 ? &b.low : &b.high,
          i == 1 ? &b.low_integer : &b.high_integer);
  gen_kernel_share (gen_shape_elements (&x->shape), 64, part, parts, &first, &end);
  n = end - first;
  from += first * gen_data_type_size (x->type);
  to += first * gen_data_type_size (x->type);
#define INTEGER(name, T, least, most)                                                              \
  name ((const T *)from, (T *)to, n, CLAMP (b.low_integer, least, most),                           \
      CLAMP (b.high_integer, least, most))
  if (x->type == GEN_TYPE_FLOAT32)
    clip_float32 ((const float *)from, (float *)to, n, b.low, b.high);
  else if (x->type == GEN_TYPE_FLOAT64)
    clip_float64 ((const double *)from, (double *)to, n, b.low, b.high);
  else if (x->type == GEN_TYPE_INT8)
    INTEGER (clip_int8, gint8, G_MININT8, G_MAXINT8);
  else if (x->type == GEN_TYPE_UINT8)
    INTEGER (clip_uint8, guint8, 0, G_MAXUINT8);
  else if (x->type == GEN_TYPE_INT32)
    INTEGER (clip_int32, gint32, G_MININT32, G_MAXINT32);
  else
    clip_int64 ((const gint64 *)from, (gint64 *)to, n, b.low_integer, b.high_integer);
}

static gboolean
infer (GenNode *node, GError **error)
{
  for (guint i = 1; i < node->inputs->len; i++) {
    const GenTensor *bound = gen_node_input (node, i);

    if (bound != NULL &&
        (bound->type != gen_node_input (node, 0)->type || gen_shape_elements (&bound->shape) != 1))
      return gen_node_error (node, error, "its bounds must be scalars of its operand's type");
  }
  return gen_infer_same (node, error);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  Bounds *bounds = g_new (Bounds, 1);

  *bounds = (Bounds){ gen_node_float (kernel->node, "min", -INFINITY),
    gen_node_float (kernel->node, "max", INFINITY), G_MININT64, G_MAXINT64 };
  kernel->state = bounds;
  kernel->free_state = g_free;
  switch (x->type) {
  case GEN_TYPE_FLOAT32:
  case GEN_TYPE_FLOAT64:
  case GEN_TYPE_INT8:
  case GEN_TYPE_UINT8:
  case GEN_TYPE_INT32:
  case GEN_TYPE_INT64:
    gen_kernel_add_step (
        kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.2));
    return TRUE;
  default:
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  }
}

/* dy where nothing was cut off: where the result is the operand. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *kept = gen_binary (
      g->graph, "Equal", gen_node_input (g->node, 0), gen_node_output (g->node, 0), error);

  if (!g->needed[0])
    return TRUE;
  if (kept == NULL)
    return FALSE;
  g->inputs[0] = gen_graph_op (g->graph, "Where",
      (GenTensor *[]){ kept, g->outputs[0], gen_graph_float (g->graph, 0) }, 3, 1, error, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_clip = {
  .name = "Clip",
  .summary = "Cut off below and above",
  .since = 6,
  .min_inputs = 1,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .activation = GEN_ACTIVATION_CLIP,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
