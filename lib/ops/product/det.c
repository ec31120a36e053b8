/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Det: the determinant of square matrices, by elimination with partial pivoting in double. */
#include <math.h>

#include "../number.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenShape shape = x->shape;

  if (shape.rank < 2 || shape.dims[shape.rank - 1] != shape.dims[shape.rank - 2])
    return gen_node_error (node, error, "it takes square matrices");
  shape.rank -= 2;
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

/* `a` is used up. */
static double
determinant (double *a, gsize n)
{
  double product = 1;

  for (gsize column = 0; column < n; column++) {
    gsize pivot = column;

    for (gsize row = column + 1; row < n; row++)
      if (fabs (a[row * n + column]) > fabs (a[pivot * n + column]))
        pivot = row;
    if (a[pivot * n + column] == 0)
      return 0;
    if (pivot != column) {
      product = -product;
      for (gsize k = column; k < n; k++) {
        double swapped = a[pivot * n + k];

        a[pivot * n + k] = a[column * n + k];
        a[column * n + k] = swapped;
      }
    }
    product *= a[column * n + column];
    for (gsize row = column + 1; row < n; row++) {
      double factor = a[row * n + column] / a[column * n + column];

      for (gsize k = column; k < n; k++)
        a[row * n + k] -= factor * a[column * n + k];
    }
  }
  return product;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  gsize n = x->shape.dims[x->shape.rank - 1], first, end;
  double *a = (double *)kernel->scratch + part * n * n;

  gen_kernel_share (
      gen_shape_elements (&gen_node_output (kernel->node, 0)->shape), 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    for (gsize k = 0; k < n * n; k++)
      a[k] = gen_number_get (x->type, kernel->inputs[0], i * n * n + k);
    gen_number_set (x->type, kernel->outputs[0], i, determinant (a, n));
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  gint64 n = x->shape.dims[x->shape.rank - 1];
  int parts = gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 2 + (double)n);

  if (!gen_number_has (x->type))
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  kernel->scratch_size = parts * n * n * sizeof (double);
  gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}

const GenOperator gen_operator_det = {
  .name = "Det",
  .summary = "Determinant of matrices",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
};
