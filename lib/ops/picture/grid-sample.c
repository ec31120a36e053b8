/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GridSample (x, grid): a picture sampled where a grid says, in coordinates from -1 to 1. */
#include "grid-sample.h"

#include <string.h>

#include "../../simd.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *grid = gen_node_input (node, 1);
  GenShape shape = x->shape;
  GenSampler sampler;

  if (!gen_sampler_init (&sampler, node, 0, 1, error))
    return FALSE;
  for (int i = 2; i < shape.rank; i++)
    shape.dims[i] = grid->shape.dims[i - 1];
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

GEN_CLONES (void, sample, (const GenSampleTaps *taps, const float *x, float *out, gsize n),
    (taps, x, out, n))
{
  float sums[GEN_SAMPLE_BLOCK] = { 0 };

  for (int tap = 0; tap < taps->taps; tap++)
    for (gsize i = 0; i < n; i++)
      sums[i] += taps->weights[tap][i] * x[taps->positions[tap][i]];
  memcpy (out, sums, n * sizeof *out);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenSampler *s = kernel->state;
  gsize blocks = (s->out_pixels + GEN_SAMPLE_BLOCK - 1) / GEN_SAMPLE_BLOCK, first, end;
  GenSampleTaps taps;

  gen_kernel_share (s->batch * blocks, 1, part, parts, &first, &end);
  for (gsize block = first; block < end; block++) {
    gsize item = block / blocks, pixel = block % blocks * GEN_SAMPLE_BLOCK;
    gsize n = MIN (GEN_SAMPLE_BLOCK, s->out_pixels - pixel);
    const float *x = (const float *)kernel->inputs[0] + item * s->channels * s->in_pixels;
    float *out = (float *)kernel->outputs[0] + item * s->channels * s->out_pixels + pixel;

    gen_sampler_taps (s,
        (const float *)kernel->inputs[1] + (item * s->out_pixels + pixel) * s->axes, n, FALSE,
        &taps);
    for (gint64 channel = 0; channel < s->channels; channel++)
      sample (&taps, x + channel * s->in_pixels, out + channel * s->out_pixels, n);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  GenSampler *s = g_new (GenSampler, 1);

  kernel->state = s;
  kernel->free_state = g_free;
  if (gen_node_input (kernel->node, 0)->type != GEN_TYPE_FLOAT32 ||
      gen_node_input (kernel->node, 1)->type != GEN_TYPE_FLOAT32)
    return gen_node_error (kernel->node, error, "only float32 is supported");
  if (!gen_sampler_init (s, kernel->node, 0, 1, error))
    return FALSE;
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (kernel, s->batch * s->out_pixels, 20 + 2 * (double)s->channels));
  return TRUE;
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0), *grid = gen_node_input (g->node, 1), *dx;

  dx = gen_graph_op (g->graph, "GridSampleGradient", (GenTensor *[]){ g->outputs[0], x, grid }, 3,
      2, error, "mode", GEN_STRING, gen_node_string (g->node, "mode", "linear"), "padding_mode",
      GEN_STRING, gen_node_string (g->node, "padding_mode", "zeros"), "align_corners", GEN_INT,
      (int)gen_node_int (g->node, "align_corners", 0), NULL);
  if (dx == NULL)
    return FALSE;
  g->inputs[0] = g->needed[0] ? dx : NULL;
  g->inputs[1] = g->needed[1] ? gen_node_output (dx->producer, 1) : NULL;
  return TRUE;
}

const GenOperator gen_operator_grid_sample = {
  .name = "GridSample",
  .summary = "A picture sampled where a grid says",
  .since = 16,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x3,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
