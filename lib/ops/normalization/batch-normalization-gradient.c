/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BatchNormalizationGradient (x, scale, dy[, mean, variance]): the gradients of x, scale and
 * bias; without mean and variance, those of a node that trains, whose statistics hang on x. The
 * batch's statistics are summed up again with the rest: keeping them would save nothing. */
#include <math.h>

#include "../../device/team.h"
#include "../shape/channels.h"
#include "normalization-gradient.h"

typedef struct {
  GenChannels channels;
  gboolean training;
  float epsilon;
  int parts;
  gsize sums_size, part_size; /* bytes for each part */
} Gradient;

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *scale = gen_node_input (node, 1);

  if (!gen_shape_equal (&x->shape, &gen_node_input (node, 2)->shape))
    return gen_node_error (node, error, "x and dy must be of one shape");
  gen_node_set_output (node, 0, x->type, &x->shape);
  gen_node_set_output (node, 1, scale->type, &scale->shape);
  gen_node_set_output (node, 2, scale->type, &scale->shape);
  return TRUE;
}

static double *
sums_of (const GenKernel *kernel, const Gradient *g, int part)
{
  return (double *)((char *)kernel->scratch + part * g->sums_size);
}

static void
sum (const GenKernel *kernel, int part, int parts)
{
  const Gradient *g = kernel->state;
  double *sums = sums_of (kernel, g, part);
  float *shift = (float *)(sums + 4 * g->channels.channels);
  gsize first, end;

  gen_kernel_share (g->channels.outer, 1, part, parts, &first, &end);
  gen_channels_shift (&g->channels, kernel->inputs[0], shift);
  gen_channels_sum (&g->channels, kernel->inputs[0], kernel->inputs[2], shift, first, end, sums);
}

/* With h = (x - mean) * inverse, the normalised x, and M values in the channel:
 * dx = scale * inverse * (dy - sum (dy) / M - h * sum (dy * h) / M), as a * dy + b * x + s;
 * statistics that are given do not hang on x, so then dx = scale * inverse * dy. */
static void
apply (const GenKernel *kernel, int part, int parts)
{
  const Gradient *g = kernel->state;
  gsize channels = g->channels.channels, first, end;
  double count = gen_channels_count (&g->channels);
  float *a = (float *)((char *)kernel->scratch + g->parts * g->sums_size + part * g->part_size);
  float *b = a + channels, *s = b + channels;
  float *dscale = kernel->outputs[1], *dbias = kernel->outputs[2];
  const float *scale = kernel->inputs[1];
  const float *shift = (const float *)(sums_of (kernel, g, 0) + 4 * channels);

  for (gsize c = 0; c < channels; c++) {
    double total[4] = { 0 }, mean, inverse, dh;

    for (int p = 0; p < g->parts; p++)
      for (int k = 0; k < 4; k++)
        total[k] += sums_of (kernel, g, p)[k * channels + c];
    if (g->training) {
      double d = total[0] / count;

      mean = shift[c] + d;
      inverse = 1 / sqrt (MAX (0, total[1] / count - d * d) + g->epsilon);
    } else {
      mean = ((const float *)kernel->inputs[3])[c];
      inverse = 1 / sqrt (((const float *)kernel->inputs[4])[c] + (double)g->epsilon);
    }
    dh = (total[3] + total[2] * (shift[c] - mean)) * inverse;
    if (part == 0 && dscale != NULL)
      dscale[c] = dh;
    if (part == 0 && dbias != NULL)
      dbias[c] = total[2];
    a[c] = scale[c] * inverse;
    b[c] = g->training ? -scale[c] * inverse * inverse * dh / count : 0;
    s[c] = g->training ? -a[c] * total[2] / count - b[c] * mean : 0;
  }
  if (kernel->outputs[0] == NULL)
    return;
  gen_kernel_share (g->channels.outer, 1, part, parts, &first, &end);
  gen_channels_map (&g->channels, kernel->inputs[2], a, g->training ? kernel->inputs[0] : NULL, b,
      s, kernel->outputs[0], first, end);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *x = gen_node_input (node, 0);
  Gradient *g;

  if (x->type != GEN_TYPE_FLOAT32)
    return gen_node_error (node, error, "only float32 is supported");
  if (gen_shape_elements (&x->shape) == 0)
    return gen_node_error (node, error, "its input must not be empty");
  g = g_new0 (Gradient, 1);
  kernel->state = g;
  kernel->free_state = g_free;
  g->channels = gen_channels_of (x);
  g->training = node->inputs->len < 5;
  g->epsilon = gen_node_float (node, "epsilon", 1e-5f);
  g->parts = MIN (gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.6),
      (int)MIN ((gsize)GEN_TEAM_MAX_PARTS, g->channels.outer));
  g->sums_size = (36 * g->channels.channels + 63) & ~(gsize)63;
  g->part_size = (12 * g->channels.channels + 63) & ~(gsize)63;
  kernel->scratch_size = g->parts * (g->sums_size + g->part_size);
  gen_kernel_add_step (kernel, sum, g->parts);
  gen_kernel_add_step (kernel, apply, g->parts);
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  GenNormalizationView view = {
    .view = *shape, .centred = TRUE, .scale = gen_normalization_channels (shape)
  };

  for (int i = 0; i < shape->rank; i++)
    if (i != 1)
      view.axes[view.n_axes++] = i;
  return gen_normalization_gradient_gradient (g, &view, error);
}

const GenOperator gen_operator_batch_normalization_gradient = {
  .name = "BatchNormalizationGradient",
  .domain = "generative",
  .summary = "Gradients of BatchNormalization's input, scale and bias",
  .min_inputs = 3,
  .max_inputs = 5,
  .min_outputs = 3,
  .max_outputs = 3,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
