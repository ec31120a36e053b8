/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spectral-norm.h"

#include <math.h>
#include <string.h>

#include <generative/operator.h>
#include <generative/random.h>

/* Iterations before the first step. */
#define FIRST_ITERATIONS 15
/* What norms are at least, that nothing is divided by 0. */
#define LEAST 1e-12f

gboolean
gen_spectral_norm_suits (const GenNode *node, guint input)
{
  static const char *const layers[] = { "Conv", "Gemm", "MatMul" };

  if (node->op->domain != NULL || input > 1 || gen_node_input (node, input)->shape.rank < 2)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (layers); i++)
    if (strcmp (node->op->name, layers[i]) == 0)
      return TRUE;
  return FALSE;
}

/* --- in numbers --- */

/* Makes the norm 1; returns what it was. */
static double
normalise (double *x, gsize n)
{
  double sum = 0, norm;

  for (gsize i = 0; i < n; i++)
    sum += x[i] * x[i];
  norm = fmax (sqrt (sum), LEAST);
  for (gsize i = 0; i < n; i++)
    x[i] /= norm;
  return norm;
}

/* weights' times direction */
static void
project (const float *weights, gsize rows, gsize columns, const double *direction, double *out)
{
  memset (out, 0, columns * sizeof *out);
  for (gsize r = 0; r < rows; r++)
    for (gsize c = 0; c < columns; c++)
      out[c] += direction[r] * weights[r * columns + c];
}

static void
iterate (const float *weights, gsize rows, gsize columns, double *direction, double *right)
{
  project (weights, rows, columns, direction, right);
  normalise (right, columns);
  for (gsize r = 0; r < rows; r++) {
    direction[r] = 0;
    for (gsize c = 0; c < columns; c++)
      direction[r] += weights[r * columns + c] * right[c];
  }
  normalise (direction, rows);
}

GBytes *
gen_spectral_norm_begin (const GenTensor *weights, guint64 seed, guint number)
{
  const GenRandom random = gen_random_new (seed, GEN_STREAM_SPECTRAL_NORM, number);
  const gsize rows = (gsize)weights->shape.dims[0];
  const gsize columns = (gsize)gen_shape_product (&weights->shape, 1, weights->shape.rank);
  const float *values = g_bytes_get_data (weights->data, NULL);
  g_autofree double *direction = g_new (double, rows), *right = g_new (double, columns);
  float *first = g_new (float, rows);

  gen_random_normal (&random, 0, 0, first, rows);
  for (gsize r = 0; r < rows; r++)
    direction[r] = first[r];
  normalise (direction, rows);
  for (int i = 0; i < FIRST_ITERATIONS; i++)
    iterate (values, rows, columns, direction, right);
  for (gsize r = 0; r < rows; r++)
    first[r] = (float)direction[r];
  return g_bytes_new_take (first, rows * sizeof *first);
}

void
gen_spectral_norm_fold (float *weights, gsize n, const float *direction, gsize rows)
{
  const gsize columns = n / rows;
  g_autofree double *left = g_new (double, rows), *right = g_new (double, columns);
  double norm;

  for (gsize r = 0; r < rows; r++)
    left[r] = direction[r];
  project (weights, rows, columns, left, right);
  norm = normalise (right, columns);
  for (gsize i = 0; i < n; i++)
    weights[i] = (float)(weights[i] / norm);
}

/* --- in the graph --- */

static GenTensor *
multiply (GenGraph *graph, GenTensor *a, GenTensor *b, gboolean transposed, GError **error)
{
  if (a == NULL || b == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Gemm", (GenTensor *[]){ a, b }, 2, 1, error, "transA", GEN_INT, transposed, NULL);
}

/* `x` with a norm of 1, a constant for gradients. */
static GenTensor *
make_direction (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *norm;

  if (x == NULL)
    return NULL;
  norm = gen_graph_op (graph, "ReduceL2", &x, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  norm = gen_binary (graph, "Max", norm, gen_graph_float (graph, LEAST), error);
  x = gen_binary (graph, "Div", x, norm, error);
  return x == NULL ? NULL : gen_unary (graph, "StopGradient", x, error);
}

GenTensor *
gen_spectral_norm_divide (
    GenGraph *graph, GenTensor *weights, GenTensor **direction, GError **error)
{
  const gint64 extents[] = { weights->shape.dims[0], -1 };
  GenTensor *matrix = weights, *right, *norm;

  if (weights->shape.rank > 2)
    matrix = gen_binary (graph, "Reshape", weights, gen_graph_ints (graph, extents, 2), error);
  right = make_direction (graph, multiply (graph, matrix, *direction, TRUE, error), error);
  right = multiply (graph, matrix, right, FALSE, error);
  *direction = make_direction (graph, right, error);
  norm = gen_binary (graph, "Mul", *direction, right, error);
  if (norm == NULL)
    return NULL;
  norm = gen_graph_op (graph, "ReduceSum", &norm, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  norm = gen_binary (graph, "Max", norm, gen_graph_float (graph, LEAST), error);
  return gen_binary (graph, "Div", weights, norm, error);
}
