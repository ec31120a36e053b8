/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's halves of Gemm and MatMul. */
#include <string.h>

#include "../device/cuda/epilogue.h"
#include "../device/cuda/product.h"
#include "../device/cuda/types.h"
#include "../device/cuda/walk.h"

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
    kernel.outputs[0] };
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
  product.has_bias = c != NULL && beta == 1 && gen_shape_elements (&c->shape) == product.n &&
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

/* The distance between matrices of an operand, which has to be the same from each to the next: 0
 * where there is one. FALSE where it is not. */
static gboolean
find_step (const GenShape *shape, const GenShape *batch, gint64 *step)
{
  int own = MAX (shape->rank - 2, 0);
  gint64 count = gen_shape_product (shape, 0, own), all = gen_shape_product (batch, 0, batch->rank);

  *step = count == 1 ? 0 : shape->dims[shape->rank - 2] * shape->dims[shape->rank - 1];
  return count == 1 || count == all;
}

static gboolean
matmul (GenCudaKernel *kernel, GError **error)
{
  const GenShape *a = &kernel->input (0)->shape, *b = &kernel->input (1)->shape;
  GenShape batch = kernel->output (0)->shape;
  gint64 k = a->dims[a->rank - 1];
  GenCudaProduct product = start (
      kernel, a->rank == 1 ? 1 : a->dims[a->rank - 2], b->rank == 1 ? 1 : b->dims[b->rank - 1], k);

  batch.rank -= (a->rank > 1) + (b->rank > 1);
  product.batch = gen_shape_product (&batch, 0, batch.rank);
  if (!is_product_type (product.type) || !find_step (a, &batch, &product.a_step) ||
      !find_step (b, &batch, &product.b_step))
    return FALSE;
  /* One tall product. */
  if (product.b_step == 0 && product.a_step != 0) {
    product.m *= product.batch;
    product.batch = 1;
  }
  product.c_step = product.m * product.n;
  product.has_relu =
      kernel->node->activation.kind == GEN_ACTIVATION_RELU && gen_cuda_is_plain (kernel->node);
  return gen_cuda_product_add (kernel, &product, operands, error) &&
         (product.has_relu || gen_cuda_add_finish (kernel, -1));
}

extern const GenCudaOperator gen_cuda_gemm_operators[] = {
  { "Gemm", NULL, gemm, GEN_CUDA_ALL, GEN_CUDA_ALL },
  { "MatMul", NULL, matmul, GEN_CUDA_ALL, GEN_CUDA_ALL },
  {},
};
