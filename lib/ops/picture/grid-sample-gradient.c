/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GridSampleGradient (dy, x, grid): the gradients of x and of grid. Samples may meet in a pixel, so
 * parts share the planes for x, and the samples for the grid. */
#include "grid-sample.h"

#include <string.h>

#include "../build.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 1), *grid = gen_node_input (node, 2);
  GenSampler sampler;

  if (!gen_sampler_init (&sampler, node, 1, 2, error))
    return FALSE;
  if (gen_shape_elements (&gen_node_input (node, 0)->shape) !=
      sampler.batch * sampler.channels * sampler.out_pixels)
    return gen_node_error (node, error, "dy is not of the shape that its grid gives");
  gen_node_set_output (node, 0, x->type, &x->shape);
  gen_node_set_output (node, 1, grid->type, &grid->shape);
  return TRUE;
}

static const float *
grid_at (const GenKernel *kernel, gsize item, gsize pixel)
{
  const GenSampler *s = kernel->state;

  return (const float *)kernel->inputs[2] + (item * s->out_pixels + pixel) * s->axes;
}

/* Planes of x: dy spread over the taps. */
static void
run_picture (const GenKernel *kernel, int part, int parts)
{
  const GenSampler *s = kernel->state;
  float *dx = kernel->outputs[0];
  GenSampleTaps taps;
  gsize first, end;

  if (dx == NULL)
    return;
  gen_kernel_share (s->batch * s->channels, 1, part, parts, &first, &end);
  memset (dx + first * s->in_pixels, 0, (end - first) * s->in_pixels * sizeof *dx);
  while (first < end) {
    gsize item = first / s->channels, stop = MIN (end, (item + 1) * s->channels);

    for (gsize pixel = 0, n; pixel < (gsize)s->out_pixels; pixel += n) {
      n = MIN (GEN_SAMPLE_BLOCK, s->out_pixels - pixel);
      gen_sampler_taps (s, grid_at (kernel, item, pixel), n, FALSE, &taps);
      for (gsize plane = first; plane < stop; plane++) {
        const float *dy = (const float *)kernel->inputs[0] + plane * s->out_pixels + pixel;

        for (int tap = 0; tap < taps.taps; tap++)
          for (gsize i = 0; i < n; i++)
            dx[plane * s->in_pixels + taps.positions[tap][i]] += taps.weights[tap][i] * dy[i];
      }
    }
    first = stop;
  }
}

/* Samples: how the result moves with each coordinate. */
static void
run_grid (const GenKernel *kernel, int part, int parts)
{
  const GenSampler *s = kernel->state;
  gsize blocks = (s->out_pixels + GEN_SAMPLE_BLOCK - 1) / GEN_SAMPLE_BLOCK, first, end;
  float *dgrid = kernel->node->outputs->len > 1 ? kernel->outputs[1] : NULL;
  GenSampleTaps taps;

  if (dgrid == NULL)
    return;
  gen_kernel_share (s->batch * blocks, 1, part, parts, &first, &end);
  for (gsize block = first; block < end; block++) {
    gsize item = block / blocks, pixel = block % blocks * GEN_SAMPLE_BLOCK;
    gsize n = MIN (GEN_SAMPLE_BLOCK, s->out_pixels - pixel);
    float *out = dgrid + (item * s->out_pixels + pixel) * s->axes;

    gen_sampler_taps (s, grid_at (kernel, item, pixel), n, TRUE, &taps);
    memset (out, 0, n * s->axes * sizeof *out);
    for (gint64 channel = 0; channel < s->channels; channel++) {
      gsize plane = item * s->channels + channel;
      const float *x = (const float *)kernel->inputs[1] + plane * s->in_pixels;
      const float *dy = (const float *)kernel->inputs[0] + plane * s->out_pixels + pixel;

      for (int axis = 0; axis < s->axes; axis++)
        for (int tap = 0; tap < taps.taps; tap++)
          for (gsize i = 0; i < n; i++)
            out[i * s->axes + s->axes - 1 - axis] +=
                taps.slopes[axis][tap][i] * x[taps.positions[tap][i]] * dy[i];
    }
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenSampler *s = g_new (GenSampler, 1);
  double cost;

  kernel->state = s;
  kernel->free_state = g_free;
  for (guint i = 0; i < 3; i++)
    if (gen_node_input (kernel->node, i)->type != GEN_TYPE_FLOAT32)
      return gen_node_error (kernel->node, error, "only float32 is supported");
  if (!gen_sampler_init (s, kernel->node, 1, 2, error))
    return FALSE;
  cost = 20 + 4 * (double)s->channels;
  gen_kernel_add_step (kernel, run_picture,
      (int)MIN (gen_kernel_parts (kernel, s->batch * s->out_pixels, cost),
          MAX (s->batch * s->channels, 1)));
  gen_kernel_add_step (kernel, run_grid, gen_kernel_parts (kernel, s->batch * s->out_pixels, cost));
  return TRUE;
}

/* The gradient of x is linear in dy: the G that flows into it is sampled where dy was, and the grid
 * moves what is sampled of G as it moves that of x. What flows into the gradient of the grid would
 * ask for second slopes, which taps do not have. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *dy = gen_node_input (g->node, 0), *grid = gen_node_input (g->node, 2);

  if (g->outputs[1] != NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT,
        "node '%s': the gradient of a grid has none itself", g->node->name);
    return FALSE;
  }
  if (g->needed[0])
    g->inputs[0] = gen_build_like (
        g->graph, "GridSample", (GenTensor *[]){ g->outputs[0], grid }, 2, g->node, error);
  if (g->needed[2]) {
    GenTensor *first =
        gen_graph_op (g->graph, "GridSampleGradient", (GenTensor *[]){ dy, g->outputs[0], grid }, 3,
            2, error, "mode", GEN_STRING, gen_node_string (g->node, "mode", "linear"),
            "padding_mode", GEN_STRING, gen_node_string (g->node, "padding_mode", "zeros"),
            "align_corners", GEN_INT, (int)gen_node_int (g->node, "align_corners", 0), NULL);

    if (first == NULL)
      return FALSE;
    g->inputs[2] = gen_node_output (first->producer, 1);
  }
  return !g->needed[0] || g->inputs[0] != NULL;
}

const GenOperator gen_operator_grid_sample_gradient = {
  .name = "GridSampleGradient",
  .domain = "generative",
  .summary = "Gradient of GridSample",
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 2,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x7,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
