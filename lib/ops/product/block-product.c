/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BlockProduct (x [..., k], weights, scales[, zero points]): rows by weights of 4 bits as
 * MatMulNBits has them, which are read as they are. Each block of a result's weights is a sum of
 * products by whole numbers from 0 to 15, times the block's scale, less what its zero point makes
 * of the sum of what it is multiplied with. */
#include "block-product.h"

#include <generative/operator.h>

#include <string.h>

#include "../../device/shared.h"
#include "../../simd.h"

#define HALF GEN_BLOCK_PRODUCT_UNIT
#define LANES 8
#define UNIT (2 * HALF) /* weights that lie in one vector: 8 in each of its lanes */
#define MOST_ROWS 2     /* that are made at once */

typedef float Floats __attribute__ ((vector_size (LANES * 4), aligned (4), may_alias));
typedef gint32 Words __attribute__ ((vector_size (LANES * 4), aligned (4), may_alias));

typedef struct {
  gint64 rows, n, k, block, blocks; /* `blocks` of a row of weights */
  gint64 halves;                    /* of a block */
  gint64 units, length;             /* of a row, and its weights, with zeros behind */
  GBytes *shared;                   /* all that is made of the weights: */
  const guint32 *packed;            /* [n][units][LANES] */
  const float *scales, *zeros;      /* [n][blocks]; zero points times scales */
  gsize sums_at;                    /* of the scratch: after the rows, sums of their blocks */
} BlockProduct;

static gboolean
infer (GenNode *node, GError **error)
{
  const GenShape *x = &gen_node_input (node, 0)->shape, *w = &gen_node_input (node, 1)->shape;
  const gint64 block = gen_node_int (node, "block_size", HALF);
  GenShape shape = *x;
  gint64 blocks;

  if (x->rank < 1 || block < HALF || block % HALF != 0)
    return gen_node_error (node, error, "its operands cannot be multiplied");
  blocks = (x->dims[x->rank - 1] + block - 1) / block;
  if (blocks == 0 || gen_shape_elements (w) % (blocks * block / 2) != 0)
    return gen_node_error (node, error, "its weights are not of so many blocks");
  shape.dims[shape.rank - 1] = gen_shape_elements (w) / (blocks * block / 2);
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &shape);
  return TRUE;
}

/* --- preparing --- */

static void
block_product_free (gpointer data)
{
  BlockProduct *p = data;

  g_clear_pointer (&p->shared, g_bytes_unref);
  g_free (p);
}

/* Weight `at` of a row. */
static guint32
weight_at (const BlockProduct *p, const guint8 *row, gint64 at)
{
  return at < p->blocks * p->block ? row[at / 2] >> (at % 2 * 4) & 15 : 0;
}

/* Of a unit, bits from 4 t on of a lane are weight t * LANES + lane: so a shift and a mask make
 * neighbours of all lanes. */
static void
pack (const BlockProduct *p, const guint8 *from, guint32 *to)
{
  for (gint64 n = 0; n < p->n; n++, from += p->blocks * p->block / 2)
    for (gint64 unit = 0; unit < p->units; unit++, to += LANES)
      for (int i = 0; i < UNIT; i++)
        to[i % LANES] |= weight_at (p, from, unit * UNIT + i) << (i / LANES * 4);
}

static void
scale_zeros (const BlockProduct *p, const float *scales, const guint8 *zeros, float *to)
{
  const gint64 bytes = (p->blocks + 1) / 2;

  for (gint64 row = 0; row < p->n; row++)
    for (gint64 b = 0; b < p->blocks; b++) {
      const int zero = zeros != NULL ? zeros[row * bytes + b / 2] >> (b % 2 * 4) & 15 : 8;

      to[row * p->blocks + b] = scales[row * p->blocks + b] * (float)zero;
    }
}

static void
take_weights (BlockProduct *p, const GenNode *node)
{
  const float *scales = gen_tensor_constant (gen_node_input (node, 2));
  const gsize weights_size = (gsize)(p->n * p->units) * LANES * sizeof (guint32);
  const gsize each = (gsize)(p->n * p->blocks) * sizeof (float);
  char *all = gen_shared_alloc (weights_size + 2 * each);

  pack (p, gen_tensor_constant (gen_node_input (node, 1)), (guint32 *)all);
  memcpy (all + weights_size, scales, each);
  scale_zeros (p, scales, gen_tensor_constant (gen_node_input (node, 3)),
      (float *)(all + weights_size + each));
  p->shared = gen_shared_take (all, weights_size + 2 * each);
  all = (char *)g_bytes_get_data (p->shared, NULL);
  p->packed = (const guint32 *)all;
  p->scales = (const float *)(all + weights_size);
  p->zeros = (const float *)(all + weights_size + each);
}

/* --- running --- */

/* Rows with zeros behind, up to whole units and blocks, and what each of their blocks adds up to.
 */
static void
run_rows (const GenKernel *kernel, int part, int parts)
{
  const BlockProduct *p = kernel->state;
  float *rows = kernel->scratch;
  float *sums = (float *)((char *)kernel->scratch + p->sums_at);

  for (gint64 r = 0; r < p->rows; r++) {
    float *row = rows + r * p->length;

    memcpy (row, (const float *)kernel->inputs[0] + r * p->k, (gsize)p->k * sizeof *row);
    memset (row + p->k, 0, (gsize)(p->length - p->k) * sizeof *row);
    for (gint64 b = 0; b < p->blocks; b++) {
      float sum = 0;

      for (gint64 i = 0; i < p->block; i++)
        sum += row[b * p->block + i];
      sums[r * p->blocks + b] = sum;
    }
  }
}

static inline __attribute__ ((always_inline)) void
multiply_of (const BlockProduct *p, const int rows, gint64 result, const float *x,
    const float *sums, float *y)
{
  const guint32 *packed = p->packed + result * p->units * LANES;
  const float *scales = p->scales + result * p->blocks, *zeros = p->zeros + result * p->blocks;
  Floats all[MOST_ROWS];

#pragma GCC unroll 2
  for (int r = 0; r < rows; r++)
    all[r] = (Floats){ 0 };
  for (gint64 b = 0, half = 0; b < p->blocks; b++) {
    Floats sum[MOST_ROWS];

#pragma GCC unroll 2
    for (int r = 0; r < rows; r++)
      sum[r] = (Floats){ 0 };
    for (gint64 end = half + p->halves; half < end; half++) {
      const Words words = *(const Words *)(packed + half / 2 * LANES) >> (half % 2 * 16);
      const float *from = x + half * HALF;

#pragma GCC unroll 4
      for (int t = 0; t < HALF / LANES; t++) {
        const Floats weights = __builtin_convertvector(words >> 4 * t & 15, Floats);

#pragma GCC unroll 2
        for (int r = 0; r < rows; r++)
          sum[r] += weights * *(const Floats *)(from + r * p->length + t * LANES);
      }
    }
#pragma GCC unroll 2
    for (int r = 0; r < rows; r++)
      all[r] += sum[r] * scales[b];
  }
#pragma GCC unroll 2
  for (int r = 0; r < rows; r++) {
    float sum = 0;

    for (int i = 0; i < LANES; i++)
      sum += all[r][i];
    for (gint64 b = 0; b < p->blocks; b++)
      sum -= zeros[b] * sums[r * p->blocks + b];
    y[r * p->n + result] = sum;
  }
}

/* Results [first, end) of all rows. */
GEN_CLONES (void, multiply,
    (const BlockProduct *p, const float *x, const float *sums, gint64 first, gint64 end, float *y),
    (p, x, sums, first, end, y))
{
  for (gint64 result = first; result < end; result++)
    for (gint64 r = 0; r < p->rows; r += MOST_ROWS) {
      const float *own = x + r * p->length, *own_sums = sums + r * p->blocks;

      if (p->rows - r == 1)
        multiply_of (p, 1, result, own, own_sums, y + r * p->n);
      else
        multiply_of (p, MOST_ROWS, result, own, own_sums, y + r * p->n);
    }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const BlockProduct *p = kernel->state;
  gsize first, end;

  gen_kernel_share ((gsize)p->n, 16, part, parts, &first, &end);
  multiply (p, kernel->scratch, (const float *)((const char *)kernel->scratch + p->sums_at),
      (gint64)first, (gint64)end, kernel->outputs[0]);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenNode *node = kernel->node;
  const GenShape *x = &gen_node_input (node, 0)->shape;
  BlockProduct *p = g_new0 (BlockProduct, 1);
  gsize rows_size;

  kernel->state = p;
  kernel->free_state = block_product_free;
  p->k = x->dims[x->rank - 1];
  p->rows = gen_shape_product (x, 0, x->rank - 1);
  p->n = gen_node_output (node, 0)->shape.dims[x->rank - 1];
  p->block = gen_node_int (node, "block_size", HALF);
  p->blocks = (p->k + p->block - 1) / p->block;
  p->halves = p->block / HALF;
  p->units = (p->blocks * p->halves + 1) / 2;
  p->length = p->units * UNIT;
  take_weights (p, node);
  for (guint i = 1; i < node->inputs->len; i++)
    kernel->packed_inputs |= 1u << i;
  rows_size = (gsize)(p->rows * p->length) * sizeof (float);
  p->sums_at = (rows_size + 63) & ~(gsize)63;
  kernel->scratch_size = p->sums_at + (gsize)(p->rows * p->blocks) * sizeof (float);
  gen_kernel_add_step (kernel, run_rows, 1);
  gen_kernel_add_step (
      kernel, run, gen_kernel_parts (kernel, (gsize)p->n, 0.2 * (double)(p->blocks * p->block)));
  return TRUE;
}

static double
flops (const GenNode *node)
{
  const GenShape *x = &gen_node_input (node, 0)->shape;

  return 2.0 * (double)gen_shape_elements (&gen_node_output (node, 0)->shape) *
         (double)x->dims[x->rank - 1];
}

const GenOperator gen_operator_block_product = {
  .name = "BlockProduct",
  .domain = "generative",
  .summary = "Product of few rows by weights of 4 bits in blocks",
  .min_inputs = 3,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
  .flops = flops,
};
