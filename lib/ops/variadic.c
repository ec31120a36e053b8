/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Combining tensors two by two: the first is copied to the result, the others are taken in. */
#include "variadic.h"

#include <string.h>

#include "strided.h"

typedef struct {
  GenVariadicRow row;
  gboolean mean;
  guint n_inputs;
  GenStrided *walks; /* of each input to the result */
} Variadic;

gboolean
gen_variadic_infer (GenNode *node, GError **error)
{
  const GenTensor *first = gen_node_input (node, 0);
  GenShape shape = first->shape;

  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);
    GenShape before = shape;

    if (input == NULL || input->type != first->type ||
        !gen_shape_broadcast (&before, &input->shape, &shape))
      return gen_node_error (
          node, error, "input %u is missing, of another type, or cannot be broadcast", i);
  }
  gen_node_set_output (node, 0, first->type, &shape);
  return TRUE;
}

static void
take_in (GenVariadicRow row_function, const GenStrided *walk, const char *from, char *to)
{
  int inner = walk->rank - 1;

  for (gsize row = 0; row < walk->rows; row++) {
    gint64 at = 0;
    gsize rest = row;

    for (int i = inner - 1; i >= 0; i--) {
      at += (gint64)(rest % walk->dims[i]) * walk->from[i];
      rest /= walk->dims[i];
    }
    row_function (to + row * walk->dims[inner] * walk->size, from + at * (gint64)walk->size,
        walk->from[inner], walk->dims[inner]);
  }
}

/* One part: these stand in small places (loss terms, clamps), and each pass over the result
 * needs the one before it. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const Variadic *variadic = kernel->state;
  char *out = kernel->outputs[0];

  gen_strided_run (&variadic->walks[0], kernel->inputs[0], out, 0, 1);
  for (guint i = 1; i < variadic->n_inputs; i++)
    take_in (variadic->row, &variadic->walks[i], kernel->inputs[i], out);
  if (variadic->mean) {
    gint64 n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);

    if (variadic->walks[0].size == sizeof (float))
      for (gint64 i = 0; i < n; i++)
        ((float *)out)[i] /= variadic->n_inputs;
    else
      for (gint64 i = 0; i < n; i++)
        ((double *)out)[i] /= variadic->n_inputs;
  }
}

static void
variadic_free (gpointer data)
{
  g_free (((Variadic *)data)->walks);
  g_free (data);
}

gboolean
gen_variadic_cpu (GenKernel *kernel, const GenVariadicRows *rows, gboolean mean, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *y = gen_node_output (node, 0);
  const GenVariadicRow by_type[] = {
    [GEN_TYPE_FLOAT32] = rows->float32,
    [GEN_TYPE_FLOAT64] = rows->float64,
    [GEN_TYPE_INT8] = rows->int8,
    [GEN_TYPE_INT16] = rows->int16,
    [GEN_TYPE_INT32] = rows->int32,
    [GEN_TYPE_INT64] = rows->int64,
    [GEN_TYPE_UINT8] = rows->uint8,
    [GEN_TYPE_UINT16] = rows->uint16,
    [GEN_TYPE_UINT32] = rows->uint32,
    [GEN_TYPE_UINT64] = rows->uint64,
  };
  Variadic *variadic;
  gint64 to[GEN_MAX_RANK], from[GEN_MAX_RANK];

  if (y->type >= G_N_ELEMENTS (by_type) || by_type[y->type] == NULL)
    return gen_node_error (
        node, error, "not supported for elements of type %s", gen_data_type_name (y->type));
  variadic = g_new0 (Variadic, 1);
  kernel->state = variadic;
  kernel->free_state = variadic_free;
  variadic->row = by_type[y->type];
  variadic->mean = mean;
  variadic->n_inputs = node->inputs->len;
  variadic->walks = g_new (GenStrided, variadic->n_inputs);
  gen_shape_strides (&y->shape, to);
  for (guint i = 0; i < variadic->n_inputs; i++) {
    gen_tensor_broadcast_strides (gen_node_input (node, i), &y->shape, from);
    gen_strided_init (&variadic->walks[i], y->shape.rank, y->shape.dims, from, to, y->type);
  }
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

gboolean
gen_variadic_share (GenGradient *g, float factor, GError **error)
{
  GenTensor *dy = g->outputs[0];

  if (factor != 1)
    dy = gen_binary (g->graph, "Mul", dy, gen_graph_float (g->graph, factor), error);
  for (guint i = 0; i < g->node->inputs->len; i++)
    if (g->needed[i]) {
      g->inputs[i] = gen_gradient_unbroadcast (g->graph, dy, gen_node_input (g->node, i), error);
      if (g->inputs[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

gboolean
gen_variadic_choose (GenGradient *g, GError **error)
{
  for (guint i = 0; i < g->node->inputs->len; i++) {
    GenTensor *input = gen_node_input (g->node, i), *chosen;

    if (!g->needed[i])
      continue;
    chosen = gen_binary (g->graph, "Equal", input, gen_node_output (g->node, 0), error);
    if (chosen == NULL)
      return FALSE;
    chosen = gen_graph_op (g->graph, "Where",
        (GenTensor *[]){ chosen, g->outputs[0], gen_graph_float (g->graph, 0) }, 3, 1, error, NULL);
    g->inputs[i] = gen_gradient_unbroadcast (g->graph, chosen, input, error);
    if (g->inputs[i] == NULL)
      return FALSE;
  }
  return TRUE;
}
