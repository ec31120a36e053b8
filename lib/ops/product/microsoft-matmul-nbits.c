/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MatMulNBits of the domain com.microsoft: a product by weights of 2, 4 or 8 bits, in blocks along
 * k that have a scale, and a zero point, of their own. The weights become a constant of float32
 * when the graph is compiled, by UnpackBits (B, scales[, zero points]) to [k, n]; but where few
 * rows are multiplied by many of them, BlockProduct (block-product.c) takes them as they are. */
#include "../microsoft.h"

typedef struct {
  gint64 n, k, bits, block, blocks; /* `blocks` along k */
} Packed;

static gboolean
find (const GenNode *node, Packed *p, GError **error)
{
  p->n = gen_node_int (node, "N", 0);
  p->k = gen_node_int (node, "K", 0);
  p->bits = gen_node_int (node, "bits", 4);
  p->block = gen_node_int (node, "block_size", 32);
  if (p->n < 1 || p->n > G_MAXINT32 || p->k < 1 || p->k > G_MAXINT32 || p->block < 8 ||
      p->block > 65536 || p->block % 8 != 0 || (p->bits != 2 && p->bits != 4 && p->bits != 8))
    return gen_node_error (node, error,
        "K %" G_GINT64_FORMAT ", N %" G_GINT64_FORMAT ", bits %" G_GINT64_FORMAT
        " and block_size %" G_GINT64_FORMAT " are not supported together",
        p->k, p->n, p->bits, p->block);
  p->blocks = (p->k + p->block - 1) / p->block;
  return TRUE;
}

/* Bytes of the zero points of one row of B. */
static gint64
zero_bytes (const Packed *p)
{
  return (p->blocks * p->bits + 7) / 8;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *b = gen_node_input (node, 0), *scales = gen_node_input (node, 1);
  const GenTensor *zero = gen_node_input (node, 2);
  Packed p;

  if (!find (node, &p, error))
    return FALSE;
  if (b->type != GEN_TYPE_UINT8 ||
      gen_shape_elements (&b->shape) != p.n * p.blocks * p.block * p.bits / 8)
    return gen_node_error (node, error, "its weights do not have the bytes that N and K ask for");
  if (scales->type != GEN_TYPE_FLOAT32 || gen_shape_elements (&scales->shape) != p.n * p.blocks)
    return gen_node_error (node, error, "its scales should be one float32 for each block");
  if (zero != NULL &&
      (zero->type != GEN_TYPE_UINT8 || gen_shape_elements (&zero->shape) != p.n * zero_bytes (&p)))
    return gen_node_error (node, error, "its zero points should be packed as the weights are");
  gen_node_set_output (node, 0, GEN_TYPE_FLOAT32, &GEN_SHAPE (p.k, p.n));
  return TRUE;
}

/* Element `i` of numbers of 2, 4 or 8 bits, the first in the lowest bits. */
static inline int
bits_at (const guint8 *data, gint64 i, int bits)
{
  return data[i * bits / 8] >> (i * bits % 8) & ((1 << bits) - 1);
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Packed *p = kernel->state;
  const guint8 *zero = kernel->node->inputs->len > 2 ? kernel->inputs[2] : NULL;
  gsize first, end;

  gen_kernel_share (p->n, 1, part, parts, &first, &end);
  for (gsize row = first; row < end; row++) {
    const guint8 *b =
        (const guint8 *)kernel->inputs[0] + row * (p->blocks * p->block * p->bits / 8);
    const float *scales = (const float *)kernel->inputs[1] + row * p->blocks;
    float *out = (float *)kernel->outputs[0] + row;

    for (gint64 k = 0; k < p->k; k++) {
      gint64 block = k / p->block;
      int z =
          zero != NULL ? bits_at (zero + row * zero_bytes (p), block, p->bits) : 1 << (p->bits - 1);

      out[k * p->n] = (bits_at (b, k, p->bits) - z) * scales[block];
    }
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  Packed *p = g_new (Packed, 1);

  kernel->state = p;
  kernel->free_state = g_free;
  if (!find (kernel->node, p, error))
    return FALSE;
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, p->n * p->k, 2));
  return TRUE;
}

const GenOperator gen_operator_unpack_bits = {
  .name = "UnpackBits",
  .domain = "generative",
  .summary = "Weights of few bits as float32",
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *a = gen_node_input (node, 0), *bias = gen_node_input (node, 5), *weights;
  Packed p;

  if (!find (node, &p, error))
    return FALSE;
  if (gen_node_input (node, 4) != NULL)
    return gen_node_error (node, error, "its g_idx is not supported");
  if (a->shape.rank < 1 || a->shape.dims[a->shape.rank - 1] != p.k)
    return gen_node_error (node, error, "its operand should have rows of K");
  weights = gen_graph_op (graph, "UnpackBits",
      (GenTensor *[]){
          gen_node_input (node, 1), gen_node_input (node, 2), gen_node_input (node, 3) },
      3, 1, error, "N", GEN_INT, (int)p.n, "K", GEN_INT, (int)p.k, "bits", GEN_INT, (int)p.bits,
      "block_size", GEN_INT, (int)p.block, NULL);
  results[0] = weights != NULL ? gen_binary (graph, "MatMul", a, weights, error) : NULL;
  if (results[0] != NULL && bias != NULL)
    results[0] = gen_binary (graph, "Add", results[0], bias, error);
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (
    microsoft_matmul_nbits, "MatMulNBits", 3, 6, 1, "Product by weights of few bits", lower)
