/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Gemm and MatMul. */
#include <string.h>

#include "../../device/cuda/epilogue.h"
#include "../../device/cuda/product.h"
#include "../../device/cuda/types.h"
#include "../../device/cuda/walk.h"

static gboolean
is_product_type (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32 || type == GEN_TYPE_FLOAT16 || type == GEN_TYPE_BFLOAT16;
}

static GenCudaProduct
start (const GenCudaKernel *kernel, gint64 m, gint64 n, gint64 k)
{
  GenCudaProduct product = {};

  product.m = m;
  product.n = n;
  product.k = k;
  product.batch = 1;
  product.alpha = 1;
  product.type = kernel->output (0)->type;
  product.precision = kernel->precision;
  return product;
}

/* C = beta * what is broadcast over it, to which the product is added. */
template <typename T>
__global__ void
spread (GenWalk<1> walk, const T *from, float beta, T *to, size_t n)
{
  for (GEN_CUDA_EACH (i, n))
    gen_store (
        &to[i], (typename GenComputed<T>::Type)beta * gen_load (&from[walk.offsets (i).of[0]]));
}

static gboolean
add_spread (GenCudaKernel *kernel, float beta)
{
  const GenTensor *y = kernel->output (0);
  gsize n = gen_cuda_elements (y);
  gint64 strides[1][GEN_MAX_RANK];
  GenWalk<1> walk;

  gen_tensor_broadcast_strides (kernel->input (2), &y->shape, strides[0]);
  if (!gen_walk_set<1> (&walk, y->shape.rank, y->shape.dims, strides))
    return FALSE;
  return gen_visit_floats (y->type, [&] (auto *type) {
    typedef GEN_VISITED (type) T;

    kernel->launches.push_back ([=] (const GenCudaKernel &k, cudaStream_t stream) {
      gen_cuda_launch (spread<T>, gen_cuda_grid (n), GEN_CUDA_BLOCK, stream, walk, k.in<T> (2),
          beta, k.out<T> (0), n);
    });
  });
}

static GenCudaOperands
operands (const GenCudaKernel &kernel)
{
  return { kernel.inputs[0], kernel.inputs[1], kernel.inputs.size () > 2 ? kernel.inputs[2] : NULL,
    kernel.outputs[0], NULL, NULL };
}

static gboolean
gemm (GenCudaKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenShape *a = &kernel->input (0)->shape, *y = &kernel->output (0)->shape;
  const GenTensor *c = kernel->input (2);
  gboolean transpose_a = gen_node_int (node, "transA", 0) != 0;
  float beta = gen_node_float (node, "beta", 1);
  GenCudaProduct product = start (kernel, y->dims[0], y->dims[1], a->dims[!transpose_a]);

  if (!is_product_type (product.type))
    return FALSE;
  product.transpose_a = transpose_a;
  product.transpose_b = gen_node_int (node, "transB", 0) != 0;
  product.alpha = gen_node_float (node, "alpha", 1);
  product.has_bias = c != NULL && beta == 1 && c->shape.rank > 0 &&
                     gen_shape_elements (&c->shape) == product.n &&
                     c->shape.dims[c->shape.rank - 1] == product.n;
  product.has_relu = node->activation.kind == GEN_ACTIVATION_RELU && gen_cuda_is_plain (node);
  if (c != NULL && !product.has_bias) {
    if (!add_spread (kernel, beta))
      return FALSE;
    product.accumulate = TRUE;
    product.has_relu = FALSE;
  }
  return gen_cuda_product_add (kernel, &product, operands, error) &&
         (product.has_relu || gen_cuda_add_finish (kernel, -1));
}

/* --- MatMul --- */

/* Products of a batch that one call does, and how often it is called. */
#define MOST_CALLS 256

/* Where the matrices of a call begin, in bytes. */
struct Offsets {
  gsize a, b, c;
};

/* The extent of an operand along dimension `i` of the batch. */
static gint64
extent_along (const GenShape *shape, const GenShape *batch, int i)
{
  int own = shape->rank - 2 - batch->rank + i;

  return own < 0 ? 1 : shape->dims[own];
}

/* Matrices of an operand along the dimensions of the batch from `first` on. */
static gint64
count_from (const GenShape *shape, const GenShape *batch, int first)
{
  gint64 count = 1;

  for (int i = first; i < batch->rank; i++)
    count *= extent_along (shape, batch, i);
  return count;
}

/* From which dimension of the batch on each operand has one matrix, or one for each result: their
 * distances are the same then. */
static int
find_inner (const GenShape *a, const GenShape *b, const GenShape *batch)
{
  for (int first = 0;; first++) {
    const gint64 all = gen_shape_product (batch, first, batch->rank);
    const gint64 of_a = count_from (a, batch, first), of_b = count_from (b, batch, first);

    if ((of_a == 1 || of_a == all) && (of_b == 1 || of_b == all))
      return first;
  }
}

/* The first matrix of an operand for result number `number` of the dimensions before `inner`. */
static gint64
find_matrix (const GenShape *shape, const GenShape *batch, int inner, gint64 number)
{
  gint64 matrix = 0, step = count_from (shape, batch, inner);

  for (int i = inner - 1; i >= 0; i--) {
    const gint64 extent = extent_along (shape, batch, i);

    matrix += extent > 1 ? number % batch->dims[i] * step : 0;
    step *= extent;
    number /= batch->dims[i];
  }
  return matrix;
}

/* The product again and again, where operands are broadcast in more ways than a call has. */
static gboolean
add_calls (GenCudaKernel *kernel, const GenCudaProduct *product, std::vector<Offsets> calls,
    GError **error)
{
  auto now = std::make_shared<Offsets> ();
  GenCudaFindOperands find = [now] (const GenCudaKernel &k) -> GenCudaOperands {
    return { (char *)k.inputs[0] + now->a, (char *)k.inputs[1] + now->b, NULL,
      (char *)k.outputs[0] + now->c };
  };

  if (!gen_cuda_product_add (kernel, product, find, error))
    return FALSE;
  const GenCudaKernel::Launch once = kernel->launches.back ();
  kernel->launches.back () = [=] (const GenCudaKernel &k, cudaStream_t stream) {
    for (const Offsets &call : calls) {
      *now = call;
      once (k, stream);
    }
  };
  return TRUE;
}

static gboolean
matmul (GenCudaKernel *kernel, GError **error)
{
  const GenShape *a = &kernel->input (0)->shape, *b = &kernel->input (1)->shape;
  const gsize size = gen_data_type_size (kernel->output (0)->type);
  GenShape batch = kernel->output (0)->shape;
  gint64 k = a->dims[a->rank - 1], m = a->rank == 1 ? 1 : a->dims[a->rank - 2];
  gint64 n = b->rank == 1 ? 1 : b->dims[b->rank - 1], calls;
  GenCudaProduct product = start (kernel, m, n, k);
  std::vector<Offsets> offsets;
  int inner;

  batch.rank -= (a->rank > 1) + (b->rank > 1);
  inner = find_inner (a, b, &batch);
  calls = gen_shape_product (&batch, 0, inner);
  if (!is_product_type (product.type) || calls > MOST_CALLS)
    return FALSE;
  product.batch = gen_shape_product (&batch, inner, batch.rank);
  product.a_step = count_from (a, &batch, inner) == 1 ? 0 : m * k;
  product.b_step = count_from (b, &batch, inner) == 1 ? 0 : k * n;
  for (gint64 i = 0; i < calls; i++)
    offsets.push_back ({ find_matrix (a, &batch, inner, i) * m * k * size,
        find_matrix (b, &batch, inner, i) * k * n * size, i * product.batch * m * n * size });
  /* One tall product. */
  if (product.b_step == 0 && product.a_step != 0) {
    product.m *= product.batch;
    product.batch = 1;
  }
  product.c_step = product.m * product.n;
  product.has_relu =
      kernel->node->activation.kind == GEN_ACTIVATION_RELU && gen_cuda_is_plain (kernel->node);
  return add_calls (kernel, &product, offsets, error) &&
         (product.has_relu || gen_cuda_add_finish (kernel, -1));
}

extern const GenCudaOperator gen_cuda_gemm_operators[] = {
  { "Gemm", NULL, gemm, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "MatMul", NULL, matmul, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
