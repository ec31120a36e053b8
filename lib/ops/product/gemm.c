/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gemm: Y = activation (alpha * op(A) op(B) + beta * C), the dense layer. */
#include "../../device/gemm.h"

#include <math.h>
#include <string.h>

#include "../elementwise/activation.h"
#include "../broadcast.h"
#include "../build.h"
#include "exact-product.h"

static gboolean
dimensions (const GenNode *node, gint64 *m, gint64 *n, gint64 *k, GError **error)
{
  const GenShape *a = &gen_node_input (node, 0)->shape, *b = &gen_node_input (node, 1)->shape;
  gboolean ta = gen_node_int (node, "transA", 0) != 0, tb = gen_node_int (node, "transB", 0) != 0;

  if (a->rank != 2 || b->rank != 2)
    return gen_node_error (node, error, "its operands must be matrices");
  *m = a->dims[ta];
  *k = a->dims[!ta];
  *n = b->dims[!tb];
  if (b->dims[tb] != *k)
    return gen_node_error (node, error,
        "the inner extents %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " differ", *k, b->dims[tb]);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *c = gen_node_input (node, 2);
  gint64 m = 0, n = 0, k = 0;
  GenShape shape, both;

  if (!gen_node_same_type (node, 1, 2, error) || !dimensions (node, &m, &n, &k, error))
    return FALSE;
  shape = GEN_SHAPE (m, n);
  if (c != NULL &&
      (!gen_shape_broadcast (&shape, &c->shape, &both) || !gen_shape_equal (&shape, &both)))
    return gen_node_error (node, error, "C cannot be broadcast to the result");
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &shape);
  return TRUE;
}

typedef struct {
  GenGemm *gemm;
  gboolean c_is_row; /* C is [N] or [1, N] with beta 1: added with the activation */
  float beta;
  gint64 m, n, c_strides[GEN_MAX_RANK];
} Gemm;

static void
gemm_free (gpointer data)
{
  Gemm *gemm = data;

  gen_gemm_free (gemm->gemm);
  g_free (gemm);
}

static GenDataType
computes_in (const GenNode *node, GenDataType type)
{
  return gen_exact_product_knows (type) ? type : GEN_TYPE_FLOAT32;
}

/* What is not of float32 is written out; factors of integers that are none themselves by way of
 * double. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  GenTensor *c = gen_node_input (node, 2), *y;
  GenDataType type = a->type, wide;
  float alpha = gen_node_float (node, "alpha", 1), beta = gen_node_float (node, "beta", 1);

  if (!gen_exact_product_knows (type))
    return TRUE;
  if (!infer (node, error))
    return FALSE;
  wide = alpha == rintf (alpha) && beta == rintf (beta) ? type : GEN_TYPE_FLOAT64;
  a = gen_node_int (node, "transA", 0) != 0 ? gen_build_swap (graph, a, error) : a;
  b = gen_node_int (node, "transB", 0) != 0 ? gen_build_swap (graph, b, error) : b;
  y = gen_build_cast (graph, gen_binary (graph, "MatMul", a, b, error), wide, error);
  y = gen_build_times (graph, y, alpha, error);
  if (c != NULL)
    y = gen_binary (graph, "Add", y,
        gen_build_times (graph, gen_build_cast (graph, c, wide, error), beta, error), error);
  results[0] = gen_build_cast (graph, y, type, error);
  return results[0] != NULL;
}

static void
finish (gpointer data, const GenGemmTile *tile)
{
  const GenKernel *kernel = data;
  const Gemm *gemm = kernel->state;
  const float *c = kernel->node->inputs->len > 2 ? kernel->inputs[2] : NULL;
  float *out = (float *)kernel->outputs[0] + tile->row * gemm->n + tile->column;
  GenFinish how = gen_finish_of (kernel, gemm->n, tile->row, tile->column);

  if (c != NULL && gemm->c_is_row)
    how.bias = c + tile->column;
  else if (c != NULL)
    for (gint64 r = 0; r < tile->rows; r++)
      for (gint64 k = 0; k < tile->columns; k++)
        out[r * gemm->n + k] +=
            gemm->beta *
            c[(tile->row + r) * gemm->c_strides[0] + (tile->column + k) * gemm->c_strides[1]];
  gen_finish_apply (&how, out, tile->rows, tile->columns, gemm->n);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Gemm *gemm = kernel->state;
  const GenGemmThen then = { finish, (gpointer)kernel };

  gen_gemm_run_then (gemm->gemm, kernel->inputs[0], kernel->inputs[1], kernel->outputs[0],
      kernel->scratch, part, parts, &then);
}

static gboolean
find_options (const GenKernel *kernel, GenGemmOptions *options, GError **error)
{
  const GenNode *node = kernel->node;

  *options = (GenGemmOptions){ .transpose_a = gen_node_int (node, "transA", 0) != 0,
    .transpose_b = gen_node_int (node, "transB", 0) != 0,
    .alpha = gen_node_float (node, "alpha", 1),
    .constant_b = gen_tensor_constant (gen_node_input (node, 1)),
    .threads = kernel->threads,
    .precision = kernel->precision,
    .way = gen_gemm_way_find (kernel->way) };
  return dimensions (node, &options->m, &options->n, &options->k, error);
}

static void
ways (const GenKernel *kernel, GPtrArray *ways)
{
  GenGemmOptions options;

  if (find_options (kernel, &options, NULL))
    gen_gemm_ways (&options, ways);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *c = gen_node_input (node, 2);
  GenGemmOptions options;
  Gemm *gemm;
  GenShape shape;

  if (!find_options (kernel, &options, error))
    return FALSE;

  gemm = g_new0 (Gemm, 1);
  kernel->state = gemm;
  kernel->free_state = gemm_free;
  gemm->m = options.m;
  gemm->n = options.n;
  gemm->beta = gen_node_float (node, "beta", 1);
  gemm->gemm = gen_gemm_new (&options);
  kernel->way = gen_gemm_way (gemm->gemm);
  if (options.constant_b != NULL)
    kernel->packed_inputs = 1u << 1;
  shape = GEN_SHAPE (gemm->m, gemm->n);
  if (c != NULL) {
    gen_tensor_broadcast_strides (c, &shape, gemm->c_strides);
    gemm->c_is_row = gemm->beta == 1 && gemm->c_strides[1] == 1 && gemm->c_strides[0] == 0;
  }
  kernel->scratch_size = gen_gemm_scratch_size (gemm->gemm);
  gen_kernel_add_step (kernel, run, gen_gemm_parts (gemm->gemm));
  return TRUE;
}

static double
flops (const GenNode *node)
{
  gint64 m = 0, n = 0, k = 0;

  return dimensions (node, &m, &n, &k, NULL) ? 2.0 * m * n * k : 0;
}

static GenTensor *
product (GenGraph *graph, GenTensor *a, gboolean ta, GenTensor *b, gboolean tb, float alpha,
    GError **error)
{
  return gen_graph_op (graph, "Gemm", (GenTensor *[]){ a, b }, 2, 1, error, "transA", GEN_INT, ta,
      "transB", GEN_INT, tb, "alpha", GEN_FLOAT, alpha, NULL);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *a = gen_node_input (g->node, 0), *b = gen_node_input (g->node, 1);
  GenTensor *c = gen_node_input (g->node, 2), *dy = g->outputs[0];
  gboolean ta = gen_node_int (g->node, "transA", 0) != 0;
  gboolean tb = gen_node_int (g->node, "transB", 0) != 0;
  float alpha = gen_node_float (g->node, "alpha", 1), beta = gen_node_float (g->node, "beta", 1);

  if (g->needed[0]) {
    g->inputs[0] = ta ? product (g->graph, b, tb, dy, TRUE, alpha, error)
                      : product (g->graph, dy, FALSE, b, !tb, alpha, error);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    g->inputs[1] = tb ? product (g->graph, dy, TRUE, a, ta, alpha, error)
                      : product (g->graph, a, !ta, dy, FALSE, alpha, error);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  if (c != NULL && g->needed[2]) {
    if (beta != 1)
      dy = gen_binary (g->graph, "Mul", dy, gen_graph_float (g->graph, beta), error);
    g->inputs[2] = gen_gradient_unbroadcast (g->graph, dy, c, error);
    if (g->inputs[2] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_gemm = {
  .name = "Gemm",
  .summary = "Dense layer: alpha * op(A) op(B) + beta * C",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x6,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x7,
  .computes_in = computes_in,
  .fuses_activation = TRUE,
  .fuses_inputs = TRUE,
  .lower = lower,
  .infer = infer,
  .ways = ways,
  .cpu = cpu,
  .gradient = gradient,
  .flops = flops,
};
