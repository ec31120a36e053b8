/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identity: the operand itself. */
#include "view.h"

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = g->outputs[0];
  return TRUE;
}

const GenOperator gen_operator_identity = {
  .name = "Identity",
  .summary = "The operand itself",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .view = TRUE,
  .infer = gen_infer_same,
  .cpu = gen_view_cpu,
  .gradient = gradient,
};
