/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GroupNormalization: the channels of each item, in groups that are shifted and scaled by their own
 * mean and variance (Wu and He, "Group normalization", 2018); InstanceNormalization, where each
 * channel is a group; and the gradient of both, GroupNormalizationGradient (x, scale, dy), whose
 * parts do whole items. */
#include <math.h>

#include "../../device/team.h"
#include "../elementwise/activation.h"
#include "../build.h"
#include "../shape/channels.h"
#include "normalization-gradient.h"

typedef struct {
  GenChannels item;
  gsize items, size; /* elements of an item */
  gsize group;       /* channels of a group */
  float epsilon;
  int parts;
  gsize part_size; /* bytes: sums, shift, and three rows */
  gsize chunks;    /* of the pixels of an item, channels last: their sums are added up in order */
} Instance;

/* Pixels, times channels, that are worth sums of their own. */
#define CHUNK 16384
#define MAX_CHUNKS 16
/* Pixels that go through the activation while they are in the first cache. */
#define AT_ONCE 16

/* Without the attribute each channel is one. */
static gint64
groups_of (const GenNode *node)
{
  return gen_node_int (node, "num_groups", gen_node_input (node, 0)->shape.dims[1]);
}

static gboolean
check (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);

  if (x->shape.rank < 2 || scale->shape.rank != 1 || scale->shape.dims[0] != x->shape.dims[1])
    return gen_node_error (
        node, error, "its input must be [batch, channels, …], with a scale for each channel");
  if (groups_of (node) < 1 || x->shape.dims[1] % groups_of (node) != 0)
    return gen_node_error (node, error,
        "%" G_GINT64_FORMAT " channels cannot be cut into %" G_GINT64_FORMAT " groups",
        x->shape.dims[1], groups_of (node));
  return gen_node_same_type (node, 1, 2, error);
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenShape *scale = &gen_node_input (node, 1)->shape,
                 *bias = &gen_node_input (node, 2)->shape;

  if (!check (node, error))
    return FALSE;
  if (!gen_shape_equal (scale, bias))
    return gen_node_error (node, error, "its bias must have one value for each channel");
  return gen_infer_same (node, error);
}

static gboolean
infer_gradient (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);

  if (!check (node, error))
    return FALSE;
  if (!gen_shape_equal (&x->shape, &gen_node_input (node, 2)->shape))
    return gen_node_error (node, error, "x and dy must be of one shape");
  gen_node_set_output (node, 0, x->type, &x->shape);
  gen_node_set_output (node, 1, scale->type, &scale->shape);
  gen_node_set_output (node, 2, scale->type, &scale->shape);
  return TRUE;
}

/* Mean and inverse deviation of the group that begins with channel `first`, from the sums of its
 * channels, each relative to a value of its own. */
static void
statistics (const Instance *n, const double *sums, const float *shift, gsize first, double *mean,
    double *inverse)
{
  const double *squares = sums + n->item.channels;
  double count = gen_channels_count (&n->item), total = 0, variance = 0;

  for (gsize c = first; c < first + n->group; c++)
    total += shift[c] - shift[first] + sums[c] / count;
  *mean = shift[first] + total / n->group;
  for (gsize c = first; c < first + n->group; c++) {
    double away = *mean - shift[c];

    variance += squares[c] / count - 2 * away * sums[c] / count + away * away;
  }
  *inverse = 1 / sqrt (MAX (0, variance / n->group) + n->epsilon);
}

/* What is subtracted from an item's channels, and the factors of the map. */
static void
find_map (const Instance *n, const double *sums, const float *shift, const float *scale,
    const float *bias, gsize channels, float *a, float *s)
{
  for (gsize group = 0; group < channels; group += n->group) {
    double mean, inverse;

    statistics (n, sums, shift, group, &mean, &inverse);
    for (gsize c = group; c < group + n->group; c++) {
      a[c] = scale[c] * inverse;
      s[c] = bias[c] - mean * a[c];
    }
  }
}

/* Channels in planes: a part does whole groups. */
static void
run_groups (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  gsize groups = n->item.channels / n->group, size = n->group * n->item.inner, first, end;
  double *sums = (double *)((char *)kernel->scratch + part * n->part_size);
  float *shift = (float *)(sums + 4 * n->group), *a = shift + n->group, *s = a + n->group;
  Instance one = *n;

  one.item.channels = n->group;
  gen_kernel_share (n->items * groups, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const float *x = (const float *)kernel->inputs[0] + i * size;
    float *out = (float *)kernel->outputs[0] + i * size;
    gsize channel = i % groups * n->group;

    gen_channels_shift (&one.item, x, shift);
    gen_channels_sum (&one.item, x, NULL, shift, 0, 1, sums);
    find_map (&one, sums, shift, (const float *)kernel->inputs[1] + channel,
        (const float *)kernel->inputs[2] + channel, n->group, a, s);
    gen_channels_map (&one.item, x, a, NULL, NULL, s, out, 0, 1);
    gen_activation_apply (&kernel->node->activation, out, 1, size, 0, NULL);
  }
}

/* Channels last: the sums of each chunk of an item's pixels, then the map of each chunk. */
static double *
sums_of (const GenKernel *kernel, const Instance *n, gsize number)
{
  return (double *)((char *)kernel->scratch + n->parts * n->part_size) +
         number * 4 * n->item.channels;
}

static void
sum_chunks (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  float *shift = (float *)((char *)kernel->scratch + part * n->part_size);
  gsize first, end;

  gen_kernel_share (n->items * n->chunks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const float *x = (const float *)kernel->inputs[0] + i / n->chunks * n->size;
    gsize chunk = i % n->chunks, outer = n->item.outer;

    gen_channels_shift (&n->item, x, shift);
    gen_channels_sum (&n->item, x, NULL, shift, outer * chunk / n->chunks,
        outer * (chunk + 1) / n->chunks, sums_of (kernel, n, i));
  }
}

static void
map_chunks (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  gsize channels = n->item.channels, outer = n->item.outer, first, end;
  double *sums = (double *)((char *)kernel->scratch + part * n->part_size);
  float *shift = (float *)(sums + 4 * channels), *a = shift + channels, *s = a + channels;

  gen_kernel_share (n->items * n->chunks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    gsize item = i / n->chunks, chunk = i % n->chunks;
    const float *x = (const float *)kernel->inputs[0] + item * n->size;
    float *out = (float *)kernel->outputs[0] + item * n->size;

    for (gsize k = 0; k < 2 * channels && (i == first || chunk == 0); k++) {
      sums[k] = 0;
      for (gsize other = 0; other < n->chunks; other++)
        sums[k] += sums_of (kernel, n, item * n->chunks + other)[k];
    }
    if (i == first || chunk == 0) {
      gen_channels_shift (&n->item, x, shift);
      find_map (n, sums, shift, kernel->inputs[1], kernel->inputs[2], channels, a, s);
    }
    for (gsize o = outer * chunk / n->chunks; o < outer * (chunk + 1) / n->chunks; o += AT_ONCE) {
      gsize stop = MIN (o + AT_ONCE, outer * (chunk + 1) / n->chunks);

      gen_channels_map (&n->item, x, a, NULL, NULL, s, out, o, stop);
      gen_activation_apply (
          &kernel->node->activation, out + o * channels, 1, (stop - o) * channels, 0, NULL);
    }
  }
}

/* What an item adds to the gradients of scale and bias. */
static float *
share_of (const GenKernel *kernel, const Instance *n, gsize item)
{
  return (float *)((char *)kernel->scratch + n->parts * n->part_size) + item * 2 * n->item.channels;
}

/* The gradients of one group of an item. With h = (x - mean) * inverse and d = dy * scale:
 * dx = inverse * (d - mean (d) - h * mean (d * h)), as a * dy + b * x + s. */
static void
map_group (const Instance *n, const double *sums, const float *shift, const float *scale,
    gsize first, float *share, float *a, float *b, float *s)
{
  gsize channels = n->item.channels;
  double count = gen_channels_count (&n->item) * n->group, mean, inverse, d = 0, dh = 0;

  statistics (n, sums, shift, first, &mean, &inverse);
  for (gsize c = first; c < first + n->group; c++) {
    double sum = sums[2 * channels + c];

    share[c] = (sums[3 * channels + c] + sum * (shift[c] - mean)) * inverse;
    share[channels + c] = sum;
    d += scale[c] * sum;
    dh += scale[c] * share[c];
  }
  for (gsize c = first; c < first + n->group; c++) {
    a[c] = scale[c] * inverse;
    b[c] = -inverse * inverse * dh / count;
    s[c] = -inverse * d / count - b[c] * mean;
  }
}

static void
run_gradient (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  gsize channels = n->item.channels, first, end;
  double *sums = (double *)((char *)kernel->scratch + part * n->part_size);
  float *shift = (float *)(sums + 4 * channels), *a = shift + channels;
  float *b = a + channels, *s = b + channels;

  gen_kernel_share (n->items, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const float *x = (const float *)kernel->inputs[0] + i * n->size;
    const float *dy = (const float *)kernel->inputs[2] + i * n->size;

    gen_channels_shift (&n->item, x, shift);
    gen_channels_sum (&n->item, x, dy, shift, 0, n->item.outer, sums);
    for (gsize group = 0; group < channels; group += n->group)
      map_group (n, sums, shift, kernel->inputs[1], group, share_of (kernel, n, i), a, b, s);
    if (kernel->outputs[0] != NULL)
      gen_channels_map (
          &n->item, dy, a, x, b, s, (float *)kernel->outputs[0] + i * n->size, 0, n->item.outer);
  }
}

static void
add_up (const GenKernel *kernel, int part, int parts)
{
  const Instance *n = kernel->state;
  gsize channels = n->item.channels;

  for (int k = 0; k < 2; k++)
    for (gsize c = 0; kernel->outputs[1 + k] != NULL && c < channels; c++) {
      double total = 0;

      for (gsize i = 0; i < n->items; i++)
        total += share_of (kernel, n, i)[k * channels + c];
      ((float *)kernel->outputs[1 + k])[c] = total;
    }
}

static Instance *
prepare (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Instance *n;

  if (x->type != GEN_TYPE_FLOAT32 || gen_shape_elements (&x->shape) == 0) {
    gen_node_error (node, error, "only float32 that is not empty is supported");
    return NULL;
  }
  n = g_new0 (Instance, 1);
  kernel->state = n;
  kernel->free_state = g_free;
  n->item = gen_channels_of (x);
  n->items = x->shape.dims[0];
  n->item.outer /= n->items;
  n->size = gen_shape_product (&x->shape, 1, x->shape.rank);
  n->group = x->shape.dims[1] / groups_of (node);
  n->epsilon = gen_node_float (node, "epsilon", 1e-5f);
  n->parts = MIN (gen_kernel_parts (kernel, n->items * n->size, 0.6),
      (int)MIN ((gsize)GEN_TEAM_MAX_PARTS, n->items));
  n->part_size = (48 * n->item.channels + 63) & ~(gsize)63;
  kernel->scratch_size = n->parts * n->part_size;
  return n;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  Instance *n = prepare (kernel, error);
  gsize units;

  if (n == NULL)
    return FALSE;
  n->chunks = n->item.inner > 1 ? n->item.channels / n->group
                                : CLAMP (n->size / CHUNK, 1, MIN (MAX_CHUNKS, n->item.outer));
  units = n->items * n->chunks;
  n->parts = MIN (gen_kernel_parts (kernel, n->items * n->size, 0.6),
      (int)MIN ((gsize)GEN_TEAM_MAX_PARTS, units));
  kernel->scratch_size = n->parts * n->part_size;
  if (n->item.inner > 1) {
    gen_kernel_add_step (kernel, run_groups, n->parts);
    return TRUE;
  }
  kernel->scratch_size += units * 4 * n->item.channels * sizeof (double);
  gen_kernel_add_step (kernel, sum_chunks, n->parts);
  gen_kernel_add_step (kernel, map_chunks, n->parts);
  return TRUE;
}

static gboolean
cpu_gradient (GenKernel *kernel, GError **error)
{
  const Instance *n = prepare (kernel, error);

  if (n == NULL)
    return FALSE;
  kernel->scratch_size += n->items * 2 * n->item.channels * sizeof (float);
  gen_kernel_add_step (kernel, run_gradient, n->parts);
  gen_kernel_add_step (kernel, add_up, 1);
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *first = gen_graph_op (g->graph, "GroupNormalizationGradient",
      (GenTensor *[]){ gen_node_input (g->node, 0), gen_node_input (g->node, 1), g->outputs[0] }, 3,
      3, error, "num_groups", GEN_INT, (int)groups_of (g->node), "epsilon", GEN_FLOAT,
      (double)gen_node_float (g->node, "epsilon", 1e-5f), NULL);

  for (int i = 0; first != NULL && i < 3; i++)
    g->inputs[i] = gen_node_output (first->producer, i);
  return first != NULL;
}

static gboolean
gradient_gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  const gint64 groups = groups_of (g->node);
  const GenNormalizationView view = {
    .view = GEN_SHAPE (shape->dims[0], groups, gen_shape_product (shape, 1, shape->rank) / groups),
    .axes = { 2 },
    .n_axes = 1,
    .centred = TRUE,
    .scale = gen_normalization_channels (shape),
  };

  return gen_normalization_gradient_gradient (g, &view, error);
}

const GenOperator gen_operator_instance_normalization = {
  .name = "InstanceNormalization",
  .summary = "Each channel of each item shifted and scaled by its own mean and variance",
  .since = 6,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x6,
  .layouts = GEN_LAYOUTS_SAME,
  .widens = 0x7,
  .fuses_activation = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_group_normalization = {
  .name = "GroupNormalization",
  .summary = "Groups of channels of each item shifted and scaled by their own mean and variance",
  .since = 21,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x6,
  .layouts = GEN_LAYOUTS_SAME,
  .widens = 0x7,
  .fuses_activation = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_group_normalization_gradient = {
  .name = "GroupNormalizationGradient",
  .domain = "generative",
  .summary = "Gradients of GroupNormalization's input, scale and bias",
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 3,
  .max_outputs = 3,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer_gradient,
  .cpu = cpu_gradient,
  .gradient = gradient_gradient,
};

/* From opset 18 to 20 scale and bias were those of a group, not of a channel. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *inputs[3] = { gen_node_input (node, 0) };
  const GenShape *shape = &inputs[0]->shape;
  gint64 groups = gen_node_int (node, "num_groups", 0);

  if (shape->rank < 2 || groups < 1 || shape->dims[1] % groups != 0)
    return gen_node_error (
        node, error, "%" G_GINT64_FORMAT " is no number of groups for its channels", groups);
  for (int i = 1; i < 3; i++) {
    GenTensor *spread = gen_node_input (node, i);

    spread = gen_build_reshape (node->graph, spread, &GEN_SHAPE (groups, 1), error);
    if (spread != NULL)
      spread = gen_binary (node->graph, "Expand", spread,
          gen_graph_ints (node->graph, (gint64[]){ groups, shape->dims[1] / groups }, 2), error);
    inputs[i] = gen_build_reshape (node->graph, spread, &GEN_SHAPE (shape->dims[1]), error);
    if (inputs[i] == NULL)
      return FALSE;
  }
  results[0] =
      gen_graph_op (node->graph, "GroupNormalization", inputs, 3, 1, error, "num_groups", GEN_INT,
          (int)groups, "epsilon", GEN_FLOAT, (double)gen_node_float (node, "epsilon", 1e-5f), NULL);
  return results[0] != NULL;
}

const GenOperator gen_operator_group_normalization_18 = {
  .name = "GroupNormalization",
  .summary = "GroupNormalization with a scale and a bias for each group",
  .since = 18,
  .until = 20,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x6,
  .lower = lower,
};
