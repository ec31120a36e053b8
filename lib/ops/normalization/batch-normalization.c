/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BatchNormalization: each channel shifted and scaled to the mean and variance that are asked
 * for. In training the statistics are the batch's own: parts add up their shares, and each part
 * then works out the same totals. */
#include "batch-normalization.h"

#include <math.h>

#include "../../device/team.h"
#include "../elementwise/activation.h"
#include "../build.h"
#include "../shape/channels.h"

typedef struct {
  GenChannels channels;
  gboolean training;
  float epsilon, momentum;
  int parts;
  gsize sums_size, part_size; /* bytes for each part: of sums, and of its own rows */
} Normalization;

gboolean
gen_batch_normalization_trains (const GenNode *node)
{
  if (node->opset >= 14)
    return gen_node_int (node, "training_mode", 0) != 0;
  return gen_node_output (node, 1) != NULL || gen_node_output (node, 2) != NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 channels = x->shape.rank > 1 ? x->shape.dims[1] : 1;

  if (x->shape.rank < 1)
    return gen_node_error (node, error, "its input must not be a scalar");
  for (int i = 1; i < 5; i++) {
    const GenShape *shape = &gen_node_input (node, i)->shape;

    if (shape->rank != 1 || shape->dims[0] != channels)
      return gen_node_error (node, error,
          "input %d must have one value for each of %" G_GINT64_FORMAT " channels", i, channels);
  }
  gen_node_set_output (node, 0, x->type, &x->shape);
  for (guint i = 1; i < node->outputs->len; i++)
    gen_node_set_output (node, i, gen_node_input (node, 3)->type, &GEN_SHAPE (channels));
  return TRUE;
}

static double *
sums_of (const GenKernel *kernel, const Normalization *n, int part)
{
  return (double *)((char *)kernel->scratch + part * n->sums_size);
}

static void
sum (const GenKernel *kernel, int part, int parts)
{
  const Normalization *n = kernel->state;
  double *sums = sums_of (kernel, n, part);
  float *shift = (float *)(sums + 4 * n->channels.channels);
  gsize first, end;

  gen_kernel_share (n->channels.outer, 1, part, parts, &first, &end);
  gen_channels_shift (&n->channels, kernel->inputs[0], shift);
  gen_channels_sum (&n->channels, kernel->inputs[0], NULL, shift, first, end, sums);
}

/* Mean and variance of channel `c` of the batch. */
static void
statistics (
    const GenKernel *kernel, const Normalization *n, gsize c, double *mean, double *variance)
{
  gsize channels = n->channels.channels;
  double count = gen_channels_count (&n->channels), d = 0, dd = 0;
  const float *shift = (const float *)(sums_of (kernel, n, 0) + 4 * channels);

  for (int part = 0; part < n->parts; part++) {
    const double *sums = sums_of (kernel, n, part);

    d += sums[c];
    dd += sums[channels + c];
  }
  *mean = shift[c] + d / count;
  *variance = MAX (0, dd / count - d / count * (d / count));
}

/* What the node gives beside y; the opsets differ in what that is. */
static void
store (const GenKernel *kernel, const Normalization *n, gsize c, double mean, double variance)
{
  const float *running_mean = kernel->inputs[3], *running_variance = kernel->inputs[4];
  float momentum = n->momentum, old = 1 - momentum;
  guint n_outputs = kernel->node->outputs->len;

  if (n_outputs > 1 && kernel->outputs[1] != NULL)
    ((float *)kernel->outputs[1])[c] = momentum * running_mean[c] + old * mean;
  if (n_outputs > 2 && kernel->outputs[2] != NULL)
    ((float *)kernel->outputs[2])[c] = momentum * running_variance[c] + old * variance;
  if (n_outputs > 3 && kernel->outputs[3] != NULL)
    ((float *)kernel->outputs[3])[c] = mean;
  if (n_outputs > 4 && kernel->outputs[4] != NULL)
    ((float *)kernel->outputs[4])[c] = variance;
}

static void
apply (const GenKernel *kernel, int part, int parts)
{
  const Normalization *n = kernel->state;
  const float *scale = kernel->inputs[1], *bias = kernel->inputs[2];
  gsize channels = n->channels.channels, first, end, row = channels * n->channels.inner;
  float *a = (float *)((char *)kernel->scratch + n->parts * n->sums_size + part * n->part_size);
  float *s = a + channels, *out = kernel->outputs[0];

  for (gsize c = 0; c < channels; c++) {
    double mean = ((const float *)kernel->inputs[3])[c];
    double variance = ((const float *)kernel->inputs[4])[c];

    if (n->training) {
      statistics (kernel, n, c, &mean, &variance);
      if (part == 0)
        store (kernel, n, c, mean, variance);
    }
    a[c] = scale[c] / sqrt (variance + n->epsilon);
    s[c] = bias[c] - mean * a[c];
  }
  gen_kernel_share (n->channels.outer, 1, part, parts, &first, &end);
  for (gsize o = first; o < end; o += 16) {
    gsize stop = MIN (o + 16, end);

    gen_channels_map (&n->channels, kernel->inputs[0], a, NULL, NULL, s, out, o, stop);
    gen_activation_apply (&kernel->node->activation, out + o * row, 1, (stop - o) * row, 0, NULL);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Normalization *n;

  if (gen_shape_elements (&x->shape) == 0)
    return TRUE;
  n = g_new0 (Normalization, 1);
  kernel->state = n;
  kernel->free_state = g_free;
  n->channels = gen_channels_of (x);
  n->training = gen_batch_normalization_trains (node);
  n->epsilon = gen_node_float (node, "epsilon", 1e-5f);
  n->momentum = gen_node_float (node, "momentum", 0.9f);
  n->parts = MIN (gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.3),
      (int)MIN ((gsize)GEN_TEAM_MAX_PARTS, n->channels.outer));
  n->sums_size = n->training ? (36 * n->channels.channels + 63) & ~(gsize)63 : 0;
  n->part_size = (8 * n->channels.channels + 63) & ~(gsize)63;
  kernel->scratch_size = n->parts * (n->sums_size + n->part_size);
  if (n->training)
    gen_kernel_add_step (kernel, sum, n->parts);
  gen_kernel_add_step (kernel, apply, n->parts);
  return TRUE;
}

/* The mean of `x` over all but channels, in the batches of all members. */
static GenTensor *
mean_of_all (GenNode *node, GenTensor *x, GError **error)
{
  const gint64 members = gen_node_int (node, "members", 1);
  gint64 axes[GEN_MAX_RANK] = { 0 };

  if (x == NULL)
    return NULL;
  for (int i = 2; i < x->shape.rank; i++)
    axes[i - 1] = i;
  x = gen_build_reduce (node->graph, "ReduceMean", x, axes, x->shape.rank - 1, error);
  return x == NULL ? NULL
                   : gen_graph_op (node->graph, "AllReduce", &x, 1, 1, error, "factor", GEN_FLOAT,
                         1.0 / (double)members, NULL);
}

/* `old` on its way to `now`, which has extents of 1 beside the channels. */
static GenTensor *
move_on (GenNode *node, GenTensor *old, GenTensor *now, GError **error)
{
  const double momentum = gen_node_float (node, "momentum", 0.9f);
  GenGraph *graph = node->graph;

  now = gen_build_reshape (graph, now, &old->shape, error);
  return gen_binary (graph, "Add", gen_build_times (graph, old, momentum, error),
      gen_build_times (graph, now, 1 - momentum, error), error);
}

/* In training by the members of an exchange, of whom attribute `members` says how many there are:
 * their means meet, and then their variances around the mean of all. */
static gboolean
lower_for_members (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *mean, *variance, *y;
  GenShape column = x->shape;

  if (gen_node_int (node, "members", 1) < 2 || x->shape.rank < 2)
    return TRUE;
  for (int i = 0; i < column.rank; i++)
    column.dims[i] = i == 1 ? x->shape.dims[1] : 1;
  mean = mean_of_all (node, x, error);
  x = gen_binary (graph, "Sub", x, mean, error);
  variance = mean_of_all (node, gen_binary (graph, "Mul", x, x, error), error);
  y = gen_unary (graph, "Sqrt",
      gen_build_plus (graph, variance, gen_node_float (node, "epsilon", 1e-5f), error), error);
  y = gen_binary (
      graph, "Div", gen_build_reshape (graph, gen_node_input (node, 1), &column, error), y, error);
  y = gen_binary (graph, "Mul", x, y, error);
  results[0] = gen_binary (
      graph, "Add", y, gen_build_reshape (graph, gen_node_input (node, 2), &column, error), error);
  if (results[0] == NULL)
    return FALSE;
  if (gen_node_output (node, 1) != NULL)
    results[1] = move_on (node, gen_node_input (node, 3), mean, error);
  if (gen_node_output (node, 2) != NULL)
    results[2] = move_on (node, gen_node_input (node, 4), variance, error);
  return (gen_node_output (node, 1) == NULL || results[1] != NULL) &&
         (gen_node_output (node, 2) == NULL || results[2] != NULL);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenNode *node = g->node, *made;
  gboolean training = gen_batch_normalization_trains (node);
  GenTensor *inputs[5] = { gen_node_input (node, 0), gen_node_input (node, 1), g->outputs[0],
    gen_node_input (node, 3), gen_node_input (node, 4) };
  GenTensor *first;

  if (g->outputs[0] == NULL)
    return TRUE;
  first = gen_graph_op (g->graph, "BatchNormalizationGradient", inputs, training ? 3 : 5, 3, error,
      "epsilon", GEN_FLOAT, (double)gen_node_float (node, "epsilon", 1e-5f), NULL);
  if (first == NULL)
    return FALSE;
  made = first->producer;
  for (int i = 0; i < 3; i++)
    g->inputs[i] = gen_node_output (made, i);
  return TRUE;
}

const GenOperator gen_operator_batch_normalization = {
  .name = "BatchNormalization",
  .summary = "Each channel shifted and scaled by its mean and variance",
  .since = 9,
  .min_inputs = 5,
  .max_inputs = 5,
  .min_outputs = 1,
  .max_outputs = 5,
  .weights = 0x6,
  .layouts = GEN_LAYOUTS_SAME,
  .widens = 0x1f,
  .fuses_activation = TRUE,
  .lower = lower_for_members,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

/* Up to opset 8 there could be statistics for each place of a picture (`spatial` 0), and up to
 * opset 6 an attribute said whether the node trains. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *inputs[5], *first;
  GenShape shape = gen_node_input (node, 0)->shape;
  gboolean training = node->opset < 7 ? gen_node_int (node, "is_test", 0) == 0
                                      : gen_batch_normalization_trains (node);

  if (!training && node->outputs->len > 1)
    return gen_node_error (node, error, "only a node that trains has statistics to give");
  for (int i = 0; i < 5; i++)
    inputs[i] = gen_node_input (node, i);
  if (gen_node_int (node, "spatial", 1) == 0 && shape.rank > 2) {
    gint64 places = gen_shape_product (&shape, 1, shape.rank);

    inputs[0] = gen_build_reshape (graph, inputs[0], &GEN_SHAPE (shape.dims[0], places), error);
    for (int i = 1; i < 5; i++)
      inputs[i] = gen_build_reshape (graph, inputs[i], &GEN_SHAPE (places), error);
  }
  for (int i = 0; i < 5; i++)
    if (inputs[i] == NULL)
      return FALSE;
  first = gen_graph_op (graph, "BatchNormalization", inputs, 5, node->outputs->len, error,
      "training_mode", GEN_INT, training, "epsilon", GEN_FLOAT,
      (double)gen_node_float (node, "epsilon", 1e-5f), "momentum", GEN_FLOAT,
      (double)gen_node_float (node, "momentum", 0.9f), NULL);
  for (guint i = 1; first != NULL && i < node->outputs->len; i++)
    results[i] = gen_node_output (first->producer, i);
  results[0] = gen_build_reshape (graph, first, &shape, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_batch_normalization_1 = {
  .name = "BatchNormalization",
  .summary = "BatchNormalization as it was up to opset 8",
  .since = 1,
  .until = 8,
  .min_inputs = 5,
  .max_inputs = 5,
  .min_outputs = 1,
  .max_outputs = 5,
  .weights = 0x6,
  .lower = lower,
};
