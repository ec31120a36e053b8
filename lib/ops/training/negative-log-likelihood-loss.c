/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NegativeLogLikelihoodLoss (x, labels[, weights]): -weights[label] * x[label] of each item,
 * where x [batch, classes, …] holds logarithms of probabilities; and its gradient,
 * NegativeLogLikelihoodLossGradient (dy, labels[, weights]). Items labelled `ignore_index` count
 * for nothing. A label that is no class makes the loss not a number: a run cannot fail, but must
 * not go on as if nothing were wrong. */
#include <math.h>
#include <string.h>

#include <generative/operator.h>

#include "../../device/team.h"

typedef enum { NONE, SUM, MEAN } Reduction;

typedef struct {
  Reduction reduction;
  gboolean ignores;
  gint64 ignore_index;
  gsize batch, classes, inner; /* x as [batch, classes, inner], labels as [batch, inner] */
  gboolean wide;               /* labels of int64, not int32 */
  int parts;
  double sums[GEN_TEAM_MAX_PARTS][2]; /* of each part: loss and weight */
} Loss;

static gboolean
get_reduction (const GenNode *node, Reduction *reduction, GError **error)
{
  const char *name = gen_node_string (node, "reduction", "mean");

  if (strcmp (name, "none") != 0 && strcmp (name, "sum") != 0 && strcmp (name, "mean") != 0)
    return gen_node_error (
        node, error, "its reduction should be none, sum or mean, not '%s'", name);
  *reduction = *name == 'n' ? NONE : *name == 's' ? SUM : MEAN;
  return TRUE;
}

/* Labels and weights for x of `shape`. */
static gboolean
check (const GenNode *node, const GenShape *shape, GError **error)
{
  const GenTensor *labels = gen_node_input (node, 1), *weights = gen_node_input (node, 2);
  GenShape expected = *shape;
  Reduction reduction;

  if (shape->rank < 2)
    return gen_node_error (node, error, "its input must be [batch, classes, …]");
  memmove (expected.dims + 1, expected.dims + 2, (--expected.rank - 1) * sizeof *expected.dims);
  if (!gen_shape_equal (&expected, &labels->shape)) {
    g_autofree char *should = gen_shape_to_string (&expected);
    g_autofree char *is = gen_shape_to_string (&labels->shape);

    return gen_node_error (node, error, "its labels of shape %s should be %s", is, should);
  }
  if (labels->type != GEN_TYPE_INT32 && labels->type != GEN_TYPE_INT64)
    return gen_node_error (node, error, "its labels should be int32 or int64, not %s",
        gen_data_type_name (labels->type));
  if (weights != NULL && (weights->shape.rank != 1 || weights->shape.dims[0] != shape->dims[1]))
    return gen_node_error (node, error, "there must be one weight for each class");
  return gen_node_same_type (node, 2, 2, error) && get_reduction (node, &reduction, error);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  Reduction reduction;

  if (!check (node, &x->shape, error) || !get_reduction (node, &reduction, error))
    return FALSE;
  gen_node_set_output (
      node, 0, x->type, reduction == NONE ? &gen_node_input (node, 1)->shape : &GEN_SHAPE_SCALAR);
  return TRUE;
}

/* Weight and label of item `i`: the weight is 0 for one that is ignored, not a number for one
 * that is no class. */
static float
weight_of (const GenKernel *kernel, const Loss *loss, gsize i, gsize *label)
{
  const float *weights = kernel->node->inputs->len > 2 ? kernel->inputs[2] : NULL;
  gint64 l =
      loss->wide ? ((const gint64 *)kernel->inputs[1])[i] : ((const gint32 *)kernel->inputs[1])[i];
  gboolean is_class = l >= 0 && l < (gint64)loss->classes;

  *label = is_class ? l : 0;
  if (loss->ignores && l == loss->ignore_index)
    return 0;
  if (!is_class)
    return NAN;
  return weights != NULL ? weights[l] : 1;
}

/* Where class `label` of item `i` lies in x. */
static gsize
position (const Loss *loss, gsize i, gsize label)
{
  return (i / loss->inner * loss->classes + label) * loss->inner + i % loss->inner;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  Loss *loss = kernel->state;
  const float *x = kernel->inputs[0];
  float *out = kernel->outputs[0];
  double total = 0, weights = 0;
  gsize first, end, label;

  gen_kernel_share (loss->batch * loss->inner, 16, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    float weight = weight_of (kernel, loss, i, &label);
    float value = weight != 0 ? -weight * x[position (loss, i, label)] : 0;

    if (loss->reduction == NONE)
      out[i] = value;
    total += value;
    weights += weight;
  }
  loss->sums[part][0] = total;
  loss->sums[part][1] = weights;
}

static void
run_end (const GenKernel *kernel, int part, int parts)
{
  const Loss *loss = kernel->state;
  double total = 0, weights = 0;

  for (int i = 0; i < loss->parts; i++) {
    total += loss->sums[i][0];
    weights += loss->sums[i][1];
  }
  *(float *)kernel->outputs[0] = loss->reduction == MEAN ? total / weights : total;
}

static Loss *
prepare (GenKernel *kernel, const GenShape *shape, GError **error)
{
  const GenNode *node = kernel->node;
  const GenAttribute *ignore = gen_node_attribute (node, "ignore_index");
  Loss *loss;

  if (gen_node_input (node, 0)->type != GEN_TYPE_FLOAT32) {
    gen_node_error (node, error, "only float32 is supported");
    return NULL;
  }
  loss = g_new0 (Loss, 1);
  kernel->state = loss;
  kernel->free_state = g_free;
  if (!get_reduction (node, &loss->reduction, error))
    return NULL;
  loss->ignores = ignore != NULL;
  loss->ignore_index = ignore != NULL ? ignore->i : 0;
  loss->batch = shape->dims[0];
  loss->classes = shape->dims[1];
  loss->inner = gen_shape_product (shape, 2, shape->rank);
  loss->wide = gen_node_input (node, 1)->type == GEN_TYPE_INT64;
  loss->parts = gen_kernel_parts (kernel, loss->batch * loss->inner, 3);
  if (loss->classes == 0 && loss->batch * loss->inner > 0) {
    gen_node_error (node, error, "there are no classes");
    return NULL;
  }
  return loss;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const Loss *loss = prepare (kernel, &gen_node_input (kernel->node, 0)->shape, error);

  if (loss == NULL)
    return FALSE;
  gen_kernel_add_step (kernel, run, loss->parts);
  if (loss->reduction != NONE)
    gen_kernel_add_step (kernel, run_end, 1);
  return TRUE;
}

/* --- gradient --- */

static gboolean
get_shape (const GenNode *node, GenShape *shape, GError **error)
{
  int rank;
  const gint64 *dims = gen_node_ints (node, "shape", &rank);

  if (dims == NULL || rank > GEN_MAX_RANK)
    return gen_node_error (node, error, "it has no attribute shape");
  shape->rank = rank;
  memcpy (shape->dims, dims, rank * sizeof *dims);
  return TRUE;
}

static gboolean
infer_gradient (GenNode *node, GError **error)
{
  const GenTensor *dy = gen_node_input (node, 0);
  Reduction reduction;
  GenShape shape;

  if (!get_shape (node, &shape, error) || !check (node, &shape, error) ||
      !get_reduction (node, &reduction, error))
    return FALSE;
  if (!gen_shape_equal (
          &dy->shape, reduction == NONE ? &gen_node_input (node, 1)->shape : &GEN_SHAPE_SCALAR))
    return gen_node_error (node, error, "dy has not the shape of the loss");
  gen_node_set_output (node, 0, dy->type, &shape);
  return TRUE;
}

static void
sum_weights (const GenKernel *kernel, int part, int parts)
{
  Loss *loss = kernel->state;
  double weights = 0;
  gsize first, end, label;

  gen_kernel_share (loss->batch * loss->inner, 16, part, parts, &first, &end);
  for (gsize i = first; i < end; i++)
    weights += weight_of (kernel, loss, i, &label);
  loss->sums[part][1] = weights;
}

static void
run_gradient (const GenKernel *kernel, int part, int parts)
{
  const Loss *loss = kernel->state;
  const float *dy = kernel->inputs[0];
  float *dx = kernel->outputs[0];
  double weights = 1;
  gsize first, end, label, item = loss->classes * loss->inner;

  if (loss->reduction == MEAN) {
    weights = 0;
    for (int i = 0; i < loss->parts; i++)
      weights += loss->sums[i][1];
  }
  gen_kernel_share (loss->batch, 1, part, parts, &first, &end);
  memset (dx + first * item, 0, (end - first) * item * sizeof *dx);
  for (gsize i = first * loss->inner; i < end * loss->inner; i++) {
    float weight = weight_of (kernel, loss, i, &label);

    if (weight != 0)
      dx[position (loss, i, label)] = -weight / weights * dy[loss->reduction == NONE ? i : 0];
  }
}

static gboolean
cpu_gradient (GenKernel *kernel, GError **error)
{
  const Loss *loss;
  GenShape shape;

  if (!get_shape (kernel->node, &shape, error))
    return FALSE;
  loss = prepare (kernel, &shape, error);
  if (loss == NULL)
    return FALSE;
  if (loss->reduction == MEAN)
    gen_kernel_add_step (kernel, sum_weights, loss->parts);
  gen_kernel_add_step (
      kernel, run_gradient, gen_kernel_parts (kernel, gen_shape_elements (&shape), 0.3));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenNode *node = g->node;
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  const GenAttribute *ignore = gen_node_attribute (node, "ignore_index");
  GenTensor *inputs[] = { g->outputs[0], gen_node_input (node, 1), gen_node_input (node, 2) };

  if (node->inputs->len > 2 && g->needed[2])
    return gen_node_error (node, error, "its weights have no gradient");
  g->inputs[0] = gen_graph_op (g->graph, "NegativeLogLikelihoodLossGradient", inputs,
      inputs[2] != NULL ? 3 : 2, 1, error, "shape", GEN_INTS, shape->rank, shape->dims, "reduction",
      GEN_STRING, gen_node_string (node, "reduction", "mean"), NULL);
  if (g->inputs[0] == NULL)
    return FALSE;
  if (ignore != NULL)
    gen_node_set_int (g->inputs[0]->producer, "ignore_index", ignore->i);
  return TRUE;
}

const GenOperator gen_operator_negative_log_likelihood_loss = {
  .name = "NegativeLogLikelihoodLoss",
  .summary = "What the logarithms of probabilities lack at the labels",
  .since = 12,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x5,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_negative_log_likelihood_loss_gradient = {
  .name = "NegativeLogLikelihoodLossGradient",
  .domain = "generative",
  .summary = "Gradient of NegativeLogLikelihoodLoss's input",
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer_gradient,
  .cpu = cpu_gradient,
};
