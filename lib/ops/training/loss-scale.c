/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LossScale: the scale by which a loss is multiplied, so that its gradients do not vanish in
 * float16, found as training goes on (Micikevicius et al., "Mixed precision training", 2018). While
 * all that is checked is finite, the scale grows every `interval` steps; when something is not, it
 * shrinks, and a factor of 0 tells all who read it to leave the step out. One pass through the
 * gradients, and no way through the CPU. */
#include "loss-scale.h"

#include <math.h>

#include "../../simd.h"

void
gen_loss_scale_init (GenLossScale *settings, const GenNode *node)
{
  settings->growth = gen_node_float (node, "growth", 2);
  settings->backoff = gen_node_float (node, "backoff", 0.5f);
  settings->interval = gen_node_int (node, "interval", 2000);
}

static gboolean
is_one (const GenTensor *tensor, GenDataType type)
{
  return tensor->type == type && gen_shape_elements (&tensor->shape) == 1;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *scale = gen_node_input (node, GEN_LOSS_SCALE_SCALE);

  if (!is_one (scale, GEN_TYPE_FLOAT32) ||
      !is_one (gen_node_input (node, GEN_LOSS_SCALE_GOOD), GEN_TYPE_INT64) ||
      !is_one (gen_node_input (node, GEN_LOSS_SCALE_UPDATES), GEN_TYPE_INT64))
    return gen_node_error (
        node, error, "the scale must be one float32, and the numbers of steps one int64 each");
  for (guint i = GEN_LOSS_SCALE_CHECKED; i < node->inputs->len; i++)
    if (gen_node_input (node, i)->type != GEN_TYPE_FLOAT32)
      return gen_node_error (node, error, "input %u must be float32", i);
  gen_node_set_output (node, GEN_LOSS_SCALE_FACTOR, scale->type, &scale->shape);
  for (guint i = 0; i < GEN_LOSS_SCALE_CHECKED; i++)
    gen_node_set_output (node, GEN_LOSS_SCALE_NEXT + i, gen_node_input (node, i)->type,
        &gen_node_input (node, i)->shape);
  return TRUE;
}

/* By the exponent, which is all ones for infinity and what is no number. */
GEN_CLONES (gboolean, is_finite, (const guint32 *bits, gsize n), (bits, n))
{
  const guint32 exponent = 0x7f800000;
  gboolean bad = FALSE;

  for (gsize i = 0; i < n; i++)
    bad |= (bits[i] & exponent) == exponent;
  return !bad;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenNode *node = kernel->node;
  const float scale = *(const float *)kernel->inputs[GEN_LOSS_SCALE_SCALE];
  gint64 good = *(const gint64 *)kernel->inputs[GEN_LOSS_SCALE_GOOD] + 1;
  gint64 updates = *(const gint64 *)kernel->inputs[GEN_LOSS_SCALE_UPDATES];
  gboolean finite = TRUE;
  GenLossScale s;
  float next = scale;

  gen_loss_scale_init (&s, node);
  for (guint i = GEN_LOSS_SCALE_CHECKED; finite && i < node->inputs->len; i++)
    finite = is_finite (kernel->inputs[i], gen_shape_elements (&gen_node_input (node, i)->shape));
  if (!finite)
    next = scale * s.backoff;
  else if (good >= s.interval && isfinite (scale * s.growth))
    next = scale * s.growth;
  if (!finite || good >= s.interval)
    good = 0;
  *(float *)kernel->outputs[GEN_LOSS_SCALE_FACTOR] = finite ? 1 / scale : 0;
  *(float *)kernel->outputs[GEN_LOSS_SCALE_NEXT] = next;
  *(gint64 *)kernel->outputs[GEN_LOSS_SCALE_NEXT + 1] = good;
  *(gint64 *)kernel->outputs[GEN_LOSS_SCALE_NEXT + 2] = updates + finite;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

const GenOperator gen_operator_loss_scale = {
  .name = "LossScale",
  .domain = "generative",
  .summary = "The scale of a loss in float16, and whether gradients overflow",
  .min_inputs = GEN_LOSS_SCALE_CHECKED + 1,
  .max_inputs = -1,
  .min_outputs = 4,
  .max_outputs = 4,
  .layouts = GEN_LAYOUTS_ANY,
  /* The new numbers may be written over the old ones: all are read before. */
  .elementwise = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
