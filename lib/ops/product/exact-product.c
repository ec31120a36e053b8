/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ExactProduct (A, B): batches of products of matrices of double, or of integers of 32 and 64 bits,
 * whose sums wrap around. A is [batch, m, k], B [batch or 1, k, n]. Models compute little in these
 * types: there is one loop for all, over a few rows at a time. */
#include <string.h>

#include "exact-product.h"
#include "../../simd.h"

#define ROWS 4

/* Rows [first, end) of C += A B. */
typedef void (*Rows) (
    const void *a, const void *b, void *c, gsize n, gsize k, gsize first, gsize end);

#define PRODUCT(name, T)                                                                           \
  GEN_CLONES (void, name,                                                                          \
      (const void *pa, const void *pb, void *pc, gsize n, gsize k, gsize first, gsize end),        \
      (pa, pb, pc, n, k, first, end))                                                              \
  {                                                                                                \
    for (gsize row = first; row < end; row += ROWS) {                                              \
      gsize stop = MIN (row + ROWS, end);                                                          \
                                                                                                   \
      for (gsize i = 0; i < k; i++) {                                                              \
        const T *b = (const T *)pb + i * n;                                                        \
                                                                                                   \
        for (gsize r = row; r < stop; r++) {                                                       \
          const T factor = ((const T *)pa)[r * k + i];                                             \
          T *c = (T *)pc + r * n;                                                                  \
                                                                                                   \
          for (gsize j = 0; j < n; j++)                                                            \
            c[j] += factor * b[j];                                                                 \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
  }

/* The low bits of a product are the same with and without signs. */
PRODUCT (product_float64, double)
PRODUCT (product_uint32, guint32)
PRODUCT (product_uint64, guint64)

static Rows
find_rows (GenDataType type)
{
  switch (type) {
  case GEN_TYPE_FLOAT64:
    return product_float64;
  case GEN_TYPE_INT32:
  case GEN_TYPE_UINT32:
    return product_uint32;
  case GEN_TYPE_INT64:
  case GEN_TYPE_UINT64:
    return product_uint64;
  default:
    return NULL;
  }
}

gboolean
gen_exact_product_knows (GenDataType type)
{
  return find_rows (type) != NULL;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *a = gen_node_input (node, 0), *b = gen_node_input (node, 1);
  const gint64 *da = a->shape.dims, *db = b->shape.dims;

  if (!gen_node_same_type (node, 1, 1, error))
    return FALSE;
  if (find_rows (a->type) == NULL)
    return gen_node_error (
        node, error, "not supported for elements of type %s", gen_data_type_name (a->type));
  if (a->shape.rank != 3 || b->shape.rank != 3 || da[2] != db[1] || (db[0] != 1 && db[0] != da[0]))
    return gen_node_error (node, error, "its operands cannot be multiplied");
  gen_node_set_output (node, 0, a->type, &GEN_SHAPE (da[0], da[1], db[2]));
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *a = gen_node_input (kernel->node, 0), *b = gen_node_input (kernel->node, 1);
  gsize m = a->shape.dims[1], k = a->shape.dims[2], n = b->shape.dims[2], first, end;
  gsize size = gen_data_type_size (a->type), b_size = b->shape.dims[0] == 1 ? 0 : k * n * size;
  Rows rows = find_rows (a->type);

  gen_kernel_share (a->shape.dims[0] * m, ROWS, part, parts, &first, &end);
  if (first == end)
    return;
  memset ((char *)kernel->outputs[0] + first * n * size, 0, (end - first) * n * size);
  for (gsize row = first; row < end;) {
    gsize batch = row / m, stop = MIN (end, (batch + 1) * m);

    rows ((const char *)kernel->inputs[0] + batch * m * k * size,
        (const char *)kernel->inputs[1] + batch * b_size,
        (char *)kernel->outputs[0] + batch * m * n * size, n, k, row - batch * m, stop - batch * m);
    row = stop;
  }
}

static double
flops (const GenNode *node)
{
  return 2.0 * gen_shape_elements (&gen_node_output (node, 0)->shape) *
         gen_node_input (node, 0)->shape.dims[2];
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gsize elements = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);

  if (elements > 0)
    gen_kernel_add_step (kernel, run,
        gen_kernel_parts (kernel, elements, 0.3 * gen_node_input (kernel->node, 0)->shape.dims[2]));
  return TRUE;
}

const GenOperator gen_operator_exact_product = {
  .name = "ExactProduct",
  .domain = "generative",
  .summary = "Product of matrices of double or integers",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .flops = flops,
};
