/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A weight that is zero and whose gradients have always been zero stays zero by any optimiser: so
 * nothing has to be kept but the weights themselves, and a training that is resumed goes on with
 * the same zeros. */
#include "step-zeros.h"

gboolean
gen_step_zeros_has_mask (const GenTensor *weight)
{
  const gsize n = (gsize)gen_shape_elements (&weight->shape);
  const float *values;
  gsize zeros = 0;

  if (weight->shape.rank < 2 || weight->type != GEN_TYPE_FLOAT32 || weight->data == NULL)
    return FALSE;
  values = g_bytes_get_data (weight->data, NULL);
  for (gsize i = 0; i < n; i++)
    zeros += values[i] == 0;
  return zeros > 0 && zeros < n;
}

static GenTensor *
mask (GenStep *step, GenTensor *weight, GenTensor *gradient, GError **error)
{
  GenTensor *zero = gen_graph_float (step->graph, 0);
  GenTensor *held = gen_binary (step->graph, "Equal", weight, zero, error);

  if (held == NULL)
    return NULL;
  return gen_graph_op (
      step->graph, "Where", (GenTensor *[]){ held, zero, gradient }, 3, 1, error, NULL);
}

gboolean
gen_step_zeros_hold (
    GenStep *step, const guint *nets, guint n, GenTensor **gradients, GError **error)
{
  for (guint i = 0; i < n; i++) {
    const GenStepNet *net = &step->nets[nets[i]];
    g_autoptr (GPtrArray) weights = gen_step_net_weights (net);

    for (guint k = 0; k < weights->len; k++, gradients++)
      if (*gradients != NULL && gen_step_zeros_has_mask (net->weights->pdata[k]) &&
          (*gradients = mask (step, weights->pdata[k], *gradients, error)) == NULL)
        return FALSE;
  }
  return TRUE;
}
