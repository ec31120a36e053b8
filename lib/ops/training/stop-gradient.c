/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* StopGradient: the operand itself, as a constant: no gradient goes back through it. */
#include "../shape/view.h"

const GenOperator gen_operator_stop_gradient = {
  .name = "StopGradient",
  .domain = "generative",
  .summary = "The operand itself; for gradients it is a constant",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .keeps_channels = TRUE,
  .layouts = GEN_LAYOUTS_ANY,
  .view = TRUE,
  .infer = gen_infer_same,
  .cpu = gen_view_cpu,
  .gradient_is_zero = TRUE,
};
