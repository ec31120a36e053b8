/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MatMul: numpy's matrix product. Batches of A by one B are one tall product; other batches
 * are products one by one, which the parts share. */
#include "../../device/gemm.h"
#include "../elementwise/activation.h"
#include "batched-product.h"
#include "../broadcast.h"
#include "exact-product.h"

typedef struct {
  gint64 m, n, k;
  GenShape batch; /* of the result */
} Extents;

static gboolean
find_extents (const GenNode *node, Extents *e, GError **error)
{
  const GenShape *a = &gen_node_input (node, 0)->shape, *b = &gen_node_input (node, 1)->shape;
  GenShape batch_a = *a, batch_b = *b;
  gint64 inner;

  if (a->rank < 1 || b->rank < 1)
    return gen_node_error (node, error, "its operands must have a dimension at least");
  e->m = a->rank == 1 ? 1 : a->dims[a->rank - 2];
  e->k = a->dims[a->rank - 1];
  inner = b->rank == 1 ? b->dims[0] : b->dims[b->rank - 2];
  e->n = b->rank == 1 ? 1 : b->dims[b->rank - 1];
  batch_a.rank = MAX (a->rank - 2, 0);
  batch_b.rank = MAX (b->rank - 2, 0);
  if (inner != e->k || !gen_shape_broadcast (&batch_a, &batch_b, &e->batch)) {
    g_autofree char *sa = gen_shape_to_string (a);
    g_autofree char *sb = gen_shape_to_string (b);

    return gen_node_error (node, error, "shapes %s and %s cannot be multiplied", sa, sb);
  }
  return TRUE;
}

static GenDataType
computes_in (const GenNode *node, GenDataType type)
{
  return gen_exact_product_knows (type) ? type : GEN_TYPE_FLOAT32;
}

/* What is not of float32 is a product of its own. */
static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  if (!gen_exact_product_knows (gen_node_input (node, 0)->type))
    return TRUE;
  results[0] = gen_batched_product (node, "ExactProduct", NULL, NULL, error);
  return results[0] != NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  GenShape shape;
  Extents e;

  if (!gen_node_same_type (node, 1, 1, error) || !find_extents (node, &e, error))
    return FALSE;
  shape = e.batch;
  if (a->shape.rank > 1)
    shape.dims[shape.rank++] = e.m;
  if (b->shape.rank > 1)
    shape.dims[shape.rank++] = e.n;
  gen_node_set_output (node, 0, a->type, &shape);
  return TRUE;
}

typedef struct {
  GenGemm *gemm;
  Extents e;
  gint64 batches;
  gsize scratch_size;                                      /* of one product */
  gint64 a_strides[GEN_MAX_RANK], b_strides[GEN_MAX_RANK]; /* of the batch, in matrices */
} Product;

static void
product_free (gpointer data)
{
  Product *product = data;

  gen_gemm_free (product->gemm);
  g_free (product);
}

/* Which of the products is being made. */
typedef struct {
  const GenKernel *kernel;
  gint64 number;
} Made;

static void
finish (gpointer data, const GenGemmTile *tile)
{
  const Made *made = data;
  const Product *product = made->kernel->state;
  gint64 row = made->number * product->e.m + tile->row, n = product->e.n;
  GenFinish how = gen_finish_of (made->kernel, n, row, tile->column);

  gen_finish_apply (&how, (float *)made->kernel->outputs[0] + row * n + tile->column, tile->rows,
      tile->columns, n);
}

static void
run_one (const GenKernel *kernel, int part, int parts)
{
  const Product *product = kernel->state;
  Made made = { kernel, 0 };
  const GenGemmThen then = { finish, &made };

  gen_gemm_run_then (product->gemm, kernel->inputs[0], kernel->inputs[1], kernel->outputs[0],
      kernel->scratch, part, parts, &then);
}

static void
run_batch (const GenKernel *kernel, int part, int parts)
{
  const Product *product = kernel->state;
  const Extents *e = &product->e;
  const float *a = kernel->inputs[0], *b = kernel->inputs[1];
  float *out = kernel->outputs[0];
  char *scratch = (char *)kernel->scratch + part * product->scratch_size;
  gsize first, end;

  gen_kernel_share (product->batches, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    float *to = out + i * e->m * e->n;
    Made made = { kernel, i };
    const GenGemmThen then = { finish, &made };
    gint64 rest = i, at_a = 0, at_b = 0;

    for (int d = e->batch.rank - 1; d >= 0; d--) {
      gint64 at = rest % e->batch.dims[d];

      rest /= e->batch.dims[d];
      at_a += at * product->a_strides[d];
      at_b += at * product->b_strides[d];
    }
    gen_gemm_run_then (
        product->gemm, a + at_a * e->m * e->k, b + at_b * e->k * e->n, to, scratch, 0, 1, &then);
  }
}

/* Strides of the batch dimensions of `shape` in matrices, 0 where it is broadcast. */
static void
batch_strides (const GenShape *shape, const GenShape *batch, gint64 strides[GEN_MAX_RANK])
{
  int own = MAX (shape->rank - 2, 0);
  gint64 stride = 1;

  for (int i = batch->rank - 1, k = own - 1; i >= 0; i--, k--) {
    gint64 extent = k >= 0 ? shape->dims[k] : 1;

    strides[i] = extent == 1 ? 0 : stride;
    stride *= extent;
  }
}

/* The one product that is run, and how often. */
static GenGemmOptions
find_options (const GenKernel *kernel, Extents *e, gint64 *batches)
{
  const GenTensor *b = gen_node_input (kernel->node, 1);
  gboolean one_b = b->shape.rank <= 2;

  *batches = gen_shape_elements (&e->batch);
  if (one_b) {
    e->m *= *batches;
    *batches = 1;
  }
  return (GenGemmOptions){ .m = e->m,
    .n = e->n,
    .k = e->k,
    .alpha = 1,
    .constant_b = one_b ? gen_tensor_constant (b) : NULL,
    .threads = *batches > 1 ? 1 : kernel->threads,
    .precision = kernel->precision,
    .way = gen_gemm_way_find (kernel->way) };
}

static void
ways (const GenKernel *kernel, GPtrArray *ways)
{
  GenGemmOptions options;
  gint64 batches;
  Extents e;

  if (!find_extents (kernel->node, &e, NULL))
    return;
  options = find_options (kernel, &e, &batches);
  gen_gemm_ways (&options, ways);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  GenGemmOptions options;
  Product *product;
  Extents e;

  if (!find_extents (node, &e, error))
    return FALSE;
  product = g_new0 (Product, 1);
  kernel->state = product;
  kernel->free_state = product_free;
  options = find_options (kernel, &e, &product->batches);
  product->e = e;
  product->gemm = gen_gemm_new (&options);
  kernel->way = gen_gemm_way (product->gemm);
  if (options.constant_b != NULL)
    kernel->packed_inputs = 1u << 1;
  batch_strides (&a->shape, &e.batch, product->a_strides);
  batch_strides (&b->shape, &e.batch, product->b_strides);
  if (gen_shape_elements (&gen_node_output (node, 0)->shape) == 0)
    return TRUE;
  product->scratch_size = (gen_gemm_scratch_size (product->gemm) + 63) & ~(gsize)63;
  kernel->scratch_size = product->scratch_size;
  if (product->batches > 1) {
    int parts = gen_kernel_parts (kernel, product->batches, 0.03 * e.m * e.n * e.k);

    kernel->scratch_size *= parts;
    gen_kernel_add_step (kernel, run_batch, parts);
  } else {
    gen_kernel_add_step (kernel, run_one, gen_gemm_parts (product->gemm));
  }
  return TRUE;
}

static double
flops (const GenNode *node)
{
  Extents e;

  return find_extents (node, &e, NULL) ? 2.0 * gen_shape_elements (&e.batch) * e.m * e.n * e.k : 0;
}

static GenTensor *
reshape (GenGraph *graph, GenTensor *x, const GenShape *shape, GError **error)
{
  if (x == NULL || gen_shape_equal (&x->shape, shape))
    return x;
  return gen_binary (graph, "Reshape", x, gen_graph_ints (graph, shape->dims, shape->rank), error);
}

/* `x` with its last two dimensions exchanged. */
static GenTensor *
swap (GenGraph *graph, GenTensor *x, GError **error)
{
  gint64 order[GEN_MAX_RANK];
  int rank = x->shape.rank;

  for (int i = 0; i < rank; i++)
    order[i] = i;
  order[rank - 1] = rank - 2;
  order[rank - 2] = rank - 1;
  return gen_graph_op (graph, "Transpose", &x, 1, 1, error, "perm", GEN_INTS, rank, order, NULL);
}

/* dA = dY B', dB = A' dY, on operands made matrices. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *a = gen_node_input (g->node, 0), *b = gen_node_input (g->node, 1);
  GenTensor *dy = g->outputs[0], *matrix_a, *matrix_b, *d;
  GenShape shape;
  Extents e;

  if (!find_extents (g->node, &e, error))
    return FALSE;
  matrix_a = a->shape.rank == 1 ? reshape (graph, a, &GEN_SHAPE (1, e.k), error) : a;
  matrix_b = b->shape.rank == 1 ? reshape (graph, b, &GEN_SHAPE (e.k, 1), error) : b;
  shape = e.batch;
  shape.dims[shape.rank++] = e.m;
  shape.dims[shape.rank++] = e.n;
  dy = reshape (graph, dy, &shape, error);
  if (matrix_a == NULL || matrix_b == NULL || dy == NULL)
    return FALSE;
  if (g->needed[0]) {
    if (dy->shape.rank == 2)
      d = gen_graph_op (
          graph, "Gemm", (GenTensor *[]){ dy, matrix_b }, 2, 1, error, "transB", GEN_INT, 1, NULL);
    else
      d = gen_binary (graph, "MatMul", dy, swap (graph, matrix_b, error), error);
    d = gen_gradient_unbroadcast (graph, d, matrix_a, error);
    g->inputs[0] = reshape (graph, d, &a->shape, error);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    if (matrix_b->shape.rank == 2 && dy->shape.rank > 2) {
      gint64 rows = gen_shape_elements (&e.batch) * e.m;

      matrix_a = reshape (graph, matrix_a, &GEN_SHAPE (rows, e.k), error);
      dy = reshape (graph, dy, &GEN_SHAPE (rows, e.n), error);
      if (matrix_a == NULL || dy == NULL)
        return FALSE;
    }
    if (dy->shape.rank == 2)
      d = gen_graph_op (
          graph, "Gemm", (GenTensor *[]){ matrix_a, dy }, 2, 1, error, "transA", GEN_INT, 1, NULL);
    else
      d = gen_binary (graph, "MatMul", swap (graph, matrix_a, error), dy, error);
    d = gen_gradient_unbroadcast (graph, d, matrix_b, error);
    g->inputs[1] = reshape (graph, d, &b->shape, error);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_matmul = {
  .name = "MatMul",
  .summary = "Matrix product, over batches",
  .since = 1,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x3,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x3,
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
