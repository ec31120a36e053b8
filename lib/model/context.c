/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far results reach: an interval of the input's samples for each element along time, carried
 * forward through a graph, node by node. Windows widen it, strides and their like change how many
 * samples lie between elements. So it is known which neighbours a piece of a sound needs for being
 * made as it is made within the whole. */
#include "context.h"

#include <math.h>
#include <string.h>

#include <generative/operator.h>

#include "../ops/pooling/pool.h"
#include "model-private.h"

/* Of exact numbers, but quotients of strides are rounded. */
#define TINY 1e-6

typedef struct {
  gboolean hangs;           /* on the input at all */
  int axis;                 /* along which time runs */
  gint64 samples, elements; /* that many samples of the input are as long as that many elements */
  /* Element i hangs on the samples from i * samples / elements + first to that + last. The place
   * itself counts: what lies beyond an end of the piece was made of what lies there. */
  double first, last;
} Reach;

typedef struct {
  const GenGraph *graph;
  GHashTable *known; /* const GenTensor * to Reach * */
  gint64 samples;    /* a multiple of all steps between elements */
} Walk;

/* What a node makes of `x`, the reach of its input `k`; FALSE where it hangs on all of it. */
typedef gboolean (*Rule) (const GenNode *node, guint k, Reach *x);

static gint64
greatest_divisor (gint64 a, gint64 b)
{
  while (b != 0) {
    gint64 rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

static double
step_of (const Reach *x)
{
  return (double)x->samples / (double)x->elements;
}

static void
set_step (Reach *x, gint64 samples, gint64 elements)
{
  gint64 divisor = greatest_divisor (samples, elements);

  x->samples = samples / divisor;
  x->elements = elements / divisor;
}

static void
widen (Reach *x, double first, double last)
{
  x->first = MIN (x->first + first, 0);
  x->last = MAX (x->last + last, 0);
}

/* --- rules --- */

/* An operand that is the same at all times, or one that time runs along as well. */
static gboolean
aligns (const GenTensor *operand, int from_end)
{
  return operand->shape.rank <= from_end ||
         operand->shape.dims[operand->shape.rank - 1 - from_end] == 1;
}

/* Elements along time depend on those at the same place alone, and other operands do not change
 * with time. */
static gboolean
in_place (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, k), *output = gen_node_output (node, 0);
  const int from_end = input->shape.rank - 1 - x->axis;

  x->axis = output->shape.rank - 1 - from_end;
  return x->axis >= 0 &&
         output->shape.dims[x->axis] == input->shape.dims[input->shape.rank - 1 - from_end];
}

static gboolean
by_window (const GenWindow *window, Reach *x)
{
  const GenWindowAxis *axis;
  const double step = step_of (x);

  if (x->axis < 2 || x->axis - 2 >= window->rank)
    return FALSE;
  axis = &window->axes[x->axis - 2];
  widen (x, -step * (double)axis->before,
      step * (double)(axis->dilation * (axis->kernel - 1) - axis->before));
  set_step (x, x->samples * axis->stride, x->elements);
  return TRUE;
}

static gboolean
of_convolution (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, 0), *weights = gen_node_input (node, 1);
  GenWindow window;

  return k == 0 && gen_window_init (&window, node, &input->shape, weights->shape.dims + 2, NULL) &&
         by_window (&window, x);
}

static gboolean
of_pool (const GenNode *node, guint k, Reach *x)
{
  GenWindow window;

  return gen_pool_window (&window, node, &gen_node_input (node, 0)->shape, NULL) &&
         by_window (&window, x);
}

static gboolean
of_transposed_convolution (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, 0), *weights = gen_node_input (node, 1);
  const GenWindowAxis *axis;
  GenWindow window;
  double step;

  if (k != 0 || x->axis < 2 ||
      !gen_window_init_transposed (&window, node, &input->shape, weights->shape.dims + 2, NULL))
    return FALSE;
  axis = &window.axes[x->axis - 2];
  step = step_of (x) / (double)axis->stride;
  widen (x, step * (double)(axis->before - axis->dilation * (axis->kernel - 1)),
      step * (double)axis->before);
  set_step (x, x->samples, x->elements * axis->stride);
  return TRUE;
}

static gboolean
of_transpose (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  const gint64 *order;
  int n;

  order = gen_node_ints (node, "perm", &n);
  for (int d = 0; d < rank; d++)
    if ((order != NULL ? order[d] : rank - 1 - d) == x->axis) {
      x->axis = d;
      return TRUE;
    }
  return FALSE;
}

/* Another shape, in which time has an extent of its own. */
static gboolean
of_reshape (const GenNode *node, guint k, Reach *x)
{
  const GenShape *from = &gen_node_input (node, 0)->shape, *to = &gen_node_output (node, 0)->shape;
  const gint64 before = gen_shape_product (from, 0, x->axis), extent = from->dims[x->axis];

  for (int d = 0; k == 0 && d < to->rank; d++)
    if (to->dims[d] == extent && gen_shape_product (to, 0, d) == before) {
      x->axis = d;
      return TRUE;
    }
  return FALSE;
}

/* Where the extent along time stays, other axes are cut or put together. */
static gboolean
of_other_axes (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, k), *output = gen_node_output (node, 0);

  return input->shape.rank == output->shape.rank &&
         input->shape.dims[x->axis] == output->shape.dims[x->axis];
}

/* Rows of a product, each a moment. */
static gboolean
of_product (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, k), *output = gen_node_output (node, 0);
  const int rank = input->shape.rank, from_end = rank - 1 - x->axis;

  if (from_end == (k == 0 ? 0 : 1))
    return FALSE;
  x->axis = output->shape.rank - 1 - from_end;
  return TRUE;
}

/* Statistics of axes other than time, from `axis` on to the last. */
static gboolean
of_trailing_axes (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  gint64 axis = gen_node_int (node, "axis", -1);

  return k == 0 && x->axis < (axis < 0 ? axis + rank : axis);
}

static gboolean
of_one_axis (const GenNode *node, guint k, Reach *x)
{
  const int rank = gen_node_input (node, 0)->shape.rank;
  gint64 axis = gen_node_int (node, "axis", -1);

  return x->axis != (axis < 0 ? axis + rank : axis);
}

static gboolean
of_channels (const GenNode *node, guint k, Reach *x)
{
  return k == 0 && x->axis != 1;
}

/* Zeros, or what lies at the edge, before and behind. */
static gboolean
of_pad (const GenNode *node, guint k, Reach *x)
{
  const GenTensor *input = gen_node_input (node, 0);
  gint64 pads[2 * GEN_MAX_RANK];
  int n;

  if (k != 0 || node->inputs->len > 3 || gen_node_input (node, 1) == NULL ||
      !gen_tensor_ints (gen_node_input (node, 1), pads, G_N_ELEMENTS (pads), &n) ||
      n != 2 * input->shape.rank)
    return FALSE;
  widen (x, -step_of (x) * (double)MAX (pads[x->axis], 0),
      -step_of (x) * (double)MIN (pads[x->axis], 0));
  return TRUE;
}

/* Each element several times, or between its neighbours. */
static gboolean
of_resize (const GenNode *node, guint k, Reach *x)
{
  const gint64 from = gen_node_input (node, 0)->shape.dims[x->axis];
  const gint64 to = gen_node_output (node, 0)->shape.dims[x->axis];
  const double step = step_of (x);

  if (k != 0 || from == 0 || to % from != 0)
    return FALSE;
  if (to != from)
    widen (x, -2 * step, 2 * step);
  set_step (x, x->samples, x->elements * (to / from));
  return TRUE;
}

static const struct {
  const char *name;
  Rule rule;
} rules[] = {
  { "Conv", of_convolution },
  { "ConvTranspose", of_transposed_convolution },
  { "MaxPool", of_pool },
  { "AveragePool", of_pool },
  { "LpPool", of_pool },
  { "Cast", in_place },
  { "Transpose", of_transpose },
  { "Reshape", of_reshape },
  { "Squeeze", of_reshape },
  { "Unsqueeze", of_reshape },
  { "Flatten", of_reshape },
  { "Slice", of_other_axes },
  { "Split", of_other_axes },
  { "Concat", of_other_axes },
  { "Expand", of_other_axes },
  { "MatMul", of_product },
  { "Gemm", of_product },
  { "LayerNormalization", of_trailing_axes },
  { "RMSNormalization", of_trailing_axes },
  { "Softmax", of_one_axis },
  { "LogSoftmax", of_one_axis },
  { "BatchNormalization", of_channels },
  { "Pad", of_pad },
  { "Resize", of_resize },
  { "Upsample", of_resize },
};

static Rule
find_rule (const GenNode *node)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    if (strcmp (node->op->name, rules[i].name) == 0)
      return rules[i].rule;
  return node->op->elementwise ? in_place : NULL;
}

/* --- the walk --- */

/* Two operands of a node: both reaches, which have to run alike. */
static gboolean
unite (Reach *sum, const Reach *x)
{
  if (!sum->hangs) {
    *sum = *x;
    return TRUE;
  }
  if (sum->axis != x->axis || sum->samples != x->samples || sum->elements != x->elements)
    return FALSE;
  sum->first = MIN (sum->first, x->first);
  sum->last = MAX (sum->last, x->last);
  return TRUE;
}

/* What all inputs together come to. */
static gboolean
find_reach (const Walk *walk, const GenNode *node, Reach *made)
{
  Rule rule = find_rule (node);

  *made = (Reach){ 0 };
  for (guint k = 0; k < node->inputs->len; k++) {
    const Reach *known = g_hash_table_lookup (walk->known, gen_node_input (node, k));
    Reach x;

    if (known == NULL)
      continue;
    x = *known;
    if (rule == NULL || !rule (node, k, &x) || !unite (made, &x))
      return FALSE;
  }
  if (!made->hangs || rule != in_place)
    return TRUE;
  for (guint k = 0; k < node->inputs->len; k++) {
    const GenTensor *input = gen_node_input (node, k);

    if (input != NULL && !g_hash_table_contains (walk->known, input) &&
        !aligns (input, gen_node_output (node, 0)->shape.rank - 1 - made->axis))
      return FALSE;
  }
  return TRUE;
}

static void
remember (Walk *walk, const GenTensor *tensor, const Reach *x)
{
  g_hash_table_insert (walk->known, (gpointer)tensor, g_memdup2 (x, sizeof *x));
  walk->samples *= x->samples / greatest_divisor (walk->samples, x->samples);
}

static gboolean
fail (const GenNode *node, GError **error)
{
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "node '%s' (%s) makes results that hang on the whole sound", node->name, node->op->name);
  return FALSE;
}

static gboolean
walk_nodes (Walk *walk, GError **error)
{
  for (guint i = 0; i < walk->graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (walk->graph->nodes, i);
    Reach made;

    if (!find_reach (walk, node, &made))
      return fail (node, error);
    for (guint k = 0; made.hangs && k < node->outputs->len; k++)
      if (gen_node_output (node, k) != NULL)
        remember (walk, gen_node_output (node, k), &made);
  }
  return TRUE;
}

gboolean
gen_graph_find_context (const GenGraph *graph, const GenTensor *input, int axis,
    const GenTensor *output, GenContext *context, GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  const Reach whole = { TRUE, axis, 1, 1, 0, 0 };
  Walk walk = { graph, known, 1 };
  const Reach *reach;
  double step;

  remember (&walk, input, &whole);
  if (!walk_nodes (&walk, error))
    return FALSE;
  reach = g_hash_table_lookup (known, output);
  if (reach == NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "output '%s' does not hang on input '%s'", output->name, input->name);
    return FALSE;
  }
  step = step_of (reach);
  *context = (GenContext){ .step = walk.samples,
    .before = (gint64)ceil (-reach->first - TINY),
    .after = (gint64)MAX (ceil (reach->last - step + 1 - TINY), 0),
    .taken = reach->samples,
    .made = reach->elements };
  return TRUE;
}

gboolean
gen_model_find_context (GenModel *model, const GenPort *input, const GenPort *output,
    GenContext *context, GError **error)
{
  g_autoptr (GenGraph) copy = gen_graph_copy (model->graph);
  const GenExtents extents = { MAX (input->batch, 1), 64, 64, GEN_PORT_SMALLEST_SOUND * 16 };
  const GenTensor *from = gen_graph_find (copy, input->name);
  const GenTensor *to = gen_graph_find (copy, output->name);

  if (!gen_model_fix_inputs (model, copy, &extents, error) || !gen_graph_infer (copy, error))
    return FALSE;
  return gen_graph_find_context (copy, from, gen_port_time_axis (input), to, context, error);
}
