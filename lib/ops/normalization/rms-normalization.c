/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RMSNormalization: rows scaled by the inverse of their root mean square (Zhang and Sennrich, "Root
 * mean square layer normalization", 2019); SimplifiedLayerNormalization is what ONNX Runtime
 * called it before opset 23. */
#include "layer-normalization.h"

static gboolean
infer (GenNode *node, GError **error)
{
  return gen_layer_normalization_infer (node, FALSE, error);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_layer_normalization_cpu (kernel, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_layer_normalization_gradient (g, FALSE, error);
}

const GenOperator gen_operator_rms_normalization = {
  .name = "RMSNormalization",
  .summary = "Rows scaled by their root mean square",
  .since = 23,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x2,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x3,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};

const GenOperator gen_operator_simplified_layer_normalization = {
  .name = "SimplifiedLayerNormalization",
  .summary = "RMSNormalization by its older name",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 2,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x3,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
