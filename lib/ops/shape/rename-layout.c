/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RenameLayout: a tensor of one channel or one pixel, whose bytes are the same in either
 * layout, passed as one of the other. Only layout.c makes it. */
#include "view.h"

const GenOperator gen_operator_rename_layout = {
  .name = "RenameLayout",
  .domain = "generative",
  .summary = "The same bytes, called channels-last or plain",
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .view = TRUE,
  .infer = gen_infer_same,
  .cpu = gen_view_cpu,
};
