/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multinomial: samples of classes, from logarithms of their probabilities up to a term, [batch,
 * classes]. A sample is where a uniform draw falls among the sums of probabilities. */
#include <math.h>

#include "random-fill.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 samples = gen_node_int (node, "sample_size", 1);
  GenDataType type = gen_node_int (node, "dtype", GEN_TYPE_INT32);

  if (x->shape.rank != 2 || x->shape.dims[1] < 1 || samples < 1 || samples > G_MAXINT32)
    return gen_node_error (node, error,
        "it needs [batch, classes] and a sample_size of at least 1, not %" G_GINT64_FORMAT,
        samples);
  if (type != GEN_TYPE_INT32 && type != GEN_TYPE_INT64)
    return gen_node_error (
        node, error, "its samples are int32 or int64, not %s", gen_data_type_name (type));
  gen_node_set_output (node, 0, type, &GEN_SHAPE (x->shape.dims[0], samples));
  return TRUE;
}

/* sums[c] = the probability of the classes up to c, times the last of the sums. */
static void
add_up (const float *x, gint64 classes, double *sums)
{
  float most = x[0];
  double total = 0;

  for (gint64 c = 1; c < classes; c++)
    most = MAX (most, x[c]);
  for (gint64 c = 0; c < classes; c++) {
    total += exp (x[c] - most);
    sums[c] = total;
  }
}

/* The first class whose sum is beyond `at`. */
static gint64
search (const double *sums, gint64 classes, double at)
{
  gint64 low = 0, high = classes - 1;

  while (low < high) {
    gint64 middle = (low + high) / 2;

    if (sums[middle] > at)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *y = gen_node_output (kernel->node, 0);
  gint64 classes = gen_node_input (kernel->node, 0)->shape.dims[1], samples = y->shape.dims[1];
  double *sums = (double *)kernel->scratch + part * classes;
  GenRandom random = gen_random_of_node (kernel->node, kernel->seed);
  const guint64 origin = gen_random_first (kernel, (gsize)gen_shape_elements (&y->shape));
  gsize first, end;

  gen_kernel_share (y->shape.dims[0], 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    add_up ((const float *)kernel->inputs[0] + row * classes, classes, sums);
    for (gint64 i = row * samples; i < (gint64)(row + 1) * samples; i++) {
      gint64 found;
      float draw;

      gen_random_uniform (&random, kernel->draw, origin + (guint64)i, &draw, 1);
      found = search (sums, classes, draw * sums[classes - 1]);
      if (y->type == GEN_TYPE_INT64)
        ((gint64 *)kernel->outputs[0])[i] = found;
      else
        ((gint32 *)kernel->outputs[0])[i] = found;
    }
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  int parts;

  if (x->type != GEN_TYPE_FLOAT32)
    return gen_node_error (kernel->node, error, "only float32 is supported");
  parts = gen_kernel_parts (kernel, x->shape.dims[0],
      10.0 * x->shape.dims[1] + 50.0 * gen_node_output (kernel->node, 0)->shape.dims[1]);
  parts = CLAMP (x->shape.dims[0], 1, (gint64)parts);
  kernel->scratch_size = parts * x->shape.dims[1] * sizeof (double);
  gen_kernel_add_step (kernel, run, parts);
  return TRUE;
}

const GenOperator gen_operator_multinomial = {
  .name = "Multinomial",
  .summary = "Samples of classes by the logarithms of their probabilities",
  .since = 7,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .random = TRUE,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
