/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that change the shape and leave the bytes: Reshape, Flatten, Squeeze, … */
#include "view.h"

#include <string.h>

static void
copy (const GenKernel *kernel, int part, int parts)
{
  gsize first, end;

  gen_kernel_share (
      gen_tensor_size (gen_node_output (kernel->node, 0)), 64, part, parts, &first, &end);
  if (end > first)
    memcpy (
        (char *)kernel->outputs[0] + first, (const char *)kernel->inputs[0] + first, end - first);
}

gboolean
gen_view_cpu (GenKernel *kernel, GError **error)
{
  gsize size = gen_tensor_size (gen_node_output (kernel->node, 0));

  gen_kernel_add_step (kernel, copy, gen_kernel_parts (kernel, size, 0.1));
  return TRUE;
}

gboolean
gen_view_gradient (GenGradient *gradient, GError **error)
{
  const GenShape *shape = &gen_node_input (gradient->node, 0)->shape;

  gradient->inputs[0] = gen_binary (gradient->graph, "Reshape", gradient->outputs[0],
      gen_graph_ints (gradient->graph, shape->dims, shape->rank), error);
  return gradient->inputs[0] != NULL;
}
