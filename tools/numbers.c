/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and people give and take float32; models may have other types. A plan of one Cast knows
 * them all. */
#include <string.h>
#include <generative/plan.h>

#include "numbers.h"

gpointer
numbers_convert (
    const void *data, const GenShape *shape, GenDataType from, GenDataType to, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("convert");
  GenTensor *x = gen_graph_add_input (graph, "x", from, shape);
  g_autoptr (GenPlan) plan = NULL;
  const GenBinding *made;

  if (gen_shape_elements (shape) == 0)
    return g_malloc0 (1);
  x = gen_graph_op (graph, "Cast", &x, 1, 1, error, "to", GEN_INT, (int)to, NULL);
  if (x == NULL)
    return NULL;
  gen_graph_add_output (graph, x);
  plan = gen_plan_new (graph, NULL, error);
  if (plan == NULL)
    return NULL;
  gen_plan_bind_input (plan, 0, data);
  if (!gen_plan_run (plan, error))
    return NULL;
  made = gen_plan_output (plan, 0);
  return g_memdup2 (made->data, MAX (made->size, 1));
}
