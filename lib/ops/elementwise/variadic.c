/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Combining tensors two by two, a chunk of the result at a time: the first two operands make it,
 * the others are taken in one after the other. 16-bit floats stay float32 until all of them are in.
 */
#include "variadic.h"

#include <string.h>

#include "../../device/half.h"
#include "../shape/strided.h"

#define CHUNK GEN_HALF_CHUNK

typedef struct {
  GenBinaryRow row;
  GenDataType type;
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

/* A chunk of an operand as it is combined: `step` is 0 or 1. */
typedef struct {
  const void *data;
  gint64 step;
} Chunk;

/* Elements [first, first + n) of the result's order from an operand that is broadcast: where they
 * lie, or gathered in `buffer`. */
static Chunk
gather (
    const GenStrided *walk, GenDataType type, const char *from, gsize first, gsize n, void *buffer)
{
  int inner = walk->rank - 1;
  gint64 step = walk->from[inner], row_size = walk->dims[inner], size = walk->size;
  gsize wide = gen_data_type_size (gen_type_computed (type));
  char *to = buffer;

  for (gsize count; n > 0; first += count, n -= count) {
    gint64 column = (gint64)first % row_size, rest = (gint64)first / row_size, at = column * step;

    for (int i = inner - 1; i >= 0; i--) {
      at += rest % walk->dims[i] * walk->from[i];
      rest /= walk->dims[i];
    }
    count = MIN (n, (gsize)(row_size - column));
    if (gen_type_is_half (type))
      gen_half_widen (type, from + at * size, step, (float *)to, count);
    else if ((step == 0 || step == 1) && to == buffer && count == n)
      return (Chunk){ from + at * size, step };
    else
      gen_copy_row (from + at * size, step, to, 1, count, size);
    to += count * wide;
  }
  return (Chunk){ buffer, 1 };
}

static void
divide (GenDataType type, void *sums, gsize n, double count)
{
  if (type == GEN_TYPE_FLOAT64)
    for (gsize i = 0; i < n; i++)
      ((double *)sums)[i] /= count;
  else
    for (gsize i = 0; i < n; i++)
      ((float *)sums)[i] /= (float)count;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Variadic *variadic = kernel->state;
  gboolean half = gen_type_is_half (variadic->type);
  gsize size = variadic->walks[0].size, first, end;
  double operands[2][CHUNK];
  float sums[CHUNK];

  gen_kernel_share (gen_shape_elements (&gen_node_output (kernel->node, 0)->shape), 64, part, parts,
      &first, &end);
  for (gsize n; first < end; first += n) {
    char *out = (char *)kernel->outputs[0] + first * size;
    void *to = half ? (void *)sums : out;
    Chunk so_far;

    n = MIN (CHUNK, end - first);
    so_far = gather (&variadic->walks[0], variadic->type, kernel->inputs[0], first, n, operands[0]);
    if (variadic->n_inputs == 1)
      gen_copy_row (so_far.data, so_far.step, to, 1, n, half ? sizeof (float) : size);
    for (guint i = 1; i < variadic->n_inputs; i++) {
      Chunk next =
          gather (&variadic->walks[i], variadic->type, kernel->inputs[i], first, n, operands[1]);

      variadic->row (so_far.data, so_far.step, next.data, next.step, to, n);
      so_far = (Chunk){ to, 1 };
    }
    if (variadic->mean)
      divide (variadic->type, to, n, variadic->n_inputs);
    if (half)
      gen_half_narrow (variadic->type, sums, out, n);
  }
}

static void
variadic_free (gpointer data)
{
  g_free (((Variadic *)data)->walks);
  g_free (data);
}

gboolean
gen_variadic_cpu (GenKernel *kernel, const GenBinaryRows *rows, gboolean mean, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *y = gen_node_output (node, 0);
  GenBinaryRow row = gen_binary_rows_find (rows, y->type);
  gint64 to[GEN_MAX_RANK], from[GEN_MAX_RANK], n = gen_shape_elements (&y->shape);
  gboolean real =
      gen_type_is_half (y->type) || y->type == GEN_TYPE_FLOAT32 || y->type == GEN_TYPE_FLOAT64;
  Variadic *variadic;

  /* Two go by strides. */
  if (!mean && node->inputs->len == 2)
    return gen_binary_rows_cpu (kernel, rows, 0.3, error);
  if (row == NULL || (mean && !real))
    return gen_node_error (
        node, error, "not supported for elements of type %s", gen_data_type_name (y->type));
  variadic = g_new0 (Variadic, 1);
  kernel->state = variadic;
  kernel->free_state = variadic_free;
  variadic->row = row;
  variadic->type = y->type;
  variadic->mean = mean;
  variadic->n_inputs = node->inputs->len;
  variadic->walks = g_new (GenStrided, variadic->n_inputs);
  gen_shape_strides (&y->shape, to);
  for (guint i = 0; i < variadic->n_inputs; i++) {
    gen_tensor_broadcast_strides (gen_node_input (node, i), &y->shape, from);
    gen_strided_init (&variadic->walks[i], y->shape.rank, y->shape.dims, from, to, y->type);
  }
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, n, 0.3 * variadic->n_inputs));
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
