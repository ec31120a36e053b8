/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GatherBlockQuantized of the domain com.microsoft (data, indices, scales[, zero points]): Gather
 * of numbers of few bits that have a scale, and a zero point, for each block along an axis. What
 * has been gathered alone becomes numbers, unless blocks lie along the axis that is gathered on.
 * Bytes hold several numbers of `bits` along the last axis, the first in the lowest bits. */
#include "../microsoft.h"

typedef struct {
  GenGraph *graph;
  gint64 bits, block;
  int gather, quantized; /* axes of the data */
  gboolean packed;
} Blocks;

static gboolean
find (const GenNode *node, Blocks *b, GError **error)
{
  const GenTensor *data = gen_node_input (node, 0);
  int rank = data->shape.rank;

  *b = (Blocks){ .graph = node->graph,
    .bits = gen_node_int (node, "bits", 4),
    .block = gen_node_int (node, "block_size", 128),
    .gather = gen_axis (gen_node_int (node, "gather_axis", 0), rank),
    .quantized = gen_axis (gen_node_int (node, "quantize_axis", 1), rank),
    .packed = data->type == GEN_TYPE_UINT8 };
  if (b->gather < 0 || b->quantized < 0 || b->block < 1 || b->block > G_MAXINT32 ||
      (b->bits != 2 && b->bits != 4 && b->bits != 8))
    return gen_node_error (node, error,
        "its axes, bits %" G_GINT64_FORMAT " or block_size %" G_GINT64_FORMAT " are not possible",
        b->bits, b->block);
  if (b->packed && b->gather == rank - 1 && b->bits < 8)
    return gen_node_error (node, error, "bytes of several numbers cannot be gathered from");
  return TRUE;
}

/* Bytes as the numbers that are packed in them. */
static GenTensor *
unpack (const Blocks *b, GenTensor *x, GError **error)
{
  GenGraph *graph = b->graph;
  int n = (int)(8 / b->bits);
  guint8 shifts[4], mask = (guint8)((1 << b->bits) - 1);
  GenShape shape;

  if (x == NULL || !b->packed || n == 1)
    return x;
  for (int i = 0; i < n; i++)
    shifts[i] = (guint8)(i * b->bits);
  shape = x->shape;
  x = gen_build_reshape (graph, x, &GEN_SHAPE (gen_shape_elements (&shape), 1), error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (graph, "BitShift",
      (GenTensor *[]){ x, gen_graph_add_constant (graph, NULL, GEN_TYPE_UINT8, &GEN_SHAPE (n),
                              g_bytes_new (shifts, n)) },
      2, 1, error, "direction", GEN_STRING, "RIGHT", NULL);
  x = gen_binary (graph, "BitwiseAnd", x,
      gen_graph_add_constant (
          graph, NULL, GEN_TYPE_UINT8, &GEN_SHAPE_SCALAR, g_bytes_new (&mask, 1)),
      error);
  shape.dims[shape.rank - 1] *= n;
  return gen_build_reshape (graph, x, &shape, error);
}

static GenTensor *
gather (GenGraph *graph, GenTensor *x, GenTensor *indices, int axis, GError **error)
{
  if (x == NULL || indices == NULL)
    return NULL;
  return gen_graph_op (
      graph, "Gather", (GenTensor *[]){ x, indices }, 2, 1, error, "axis", GEN_INT, axis, NULL);
}

/* What blocks along `axis` have, for each of their elements, as float32. */
static GenTensor *
spread (const Blocks *b, GenTensor *x, int axis, gint64 extent, GError **error)
{
  g_autofree gint64 *blocks = g_new (gint64, MAX (extent, 1));

  for (gint64 i = 0; i < extent; i++)
    blocks[i] = i / b->block;
  x = gen_build_cast (b->graph, x, GEN_TYPE_FLOAT32, error);
  return gather (b->graph, x, gen_graph_ints (b->graph, blocks, extent), axis, error);
}

/* (data - zero point) * scale, with blocks along `axis`. */
static GenTensor *
dequantize (
    const Blocks *b, GenTensor *data, GenTensor *scales, GenTensor *zero, int axis, GError **error)
{
  GenDataType type = scales != NULL ? scales->type : GEN_TYPE_UNDEFINED;
  GenTensor *x = gen_build_cast (b->graph, unpack (b, data, error), GEN_TYPE_FLOAT32, error);
  gint64 extent = x != NULL ? x->shape.dims[axis] : 0;

  if (x == NULL)
    return NULL;
  if (zero != NULL)
    x = gen_binary (
        b->graph, "Sub", x, spread (b, unpack (b, zero, error), axis, extent, error), error);
  else if (b->packed)
    x = gen_build_plus (b->graph, x, -(double)(1 << (b->bits - 1)), error);
  x = gen_binary (b->graph, "Mul", x, spread (b, scales, axis, extent, error), error);
  return gen_build_cast (b->graph, x, type, error);
}

/* Whether the scales, or zero points, have one value for each block. */
static gboolean
check_blocks (const GenNode *node, const Blocks *b, guint i, gint64 per_byte, GError **error)
{
  const GenShape *data = &gen_node_input (node, 0)->shape;
  const GenTensor *input = gen_node_input (node, i);
  int last = data->rank - 1;

  for (int d = 0; input != NULL && d < data->rank; d++) {
    gint64 extent = data->dims[d] * (d == last && b->packed ? 8 / b->bits : 1);

    if (d == b->quantized)
      extent = (extent + b->block - 1) / b->block;
    if (d == last)
      extent = (extent + per_byte - 1) / per_byte;
    if (input->shape.rank != data->rank || input->shape.dims[d] != extent)
      return gen_node_error (node, error, "input %u does not have one value for each block", i);
  }
  return TRUE;
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *data = gen_node_input (node, 0), *indices = gen_node_input (node, 1);
  GenTensor *scales = gen_node_input (node, 2), *zero = gen_node_input (node, 3);
  int axis;
  Blocks b;

  if (!find (node, &b, error) || !check_blocks (node, &b, 2, 1, error) ||
      !check_blocks (node, &b, 3, b.packed ? 8 / b.bits : 1, error))
    return FALSE;
  if (b.gather == b.quantized) {
    data = dequantize (&b, data, scales, zero, b.quantized, error);
    results[0] = gather (b.graph, data, indices, b.gather, error);
    return results[0] != NULL;
  }
  data = gather (b.graph, data, indices, b.gather, error);
  scales = gather (b.graph, scales, indices, b.gather, error);
  if (data == NULL || scales == NULL)
    return FALSE;
  if (zero != NULL && (zero = gather (b.graph, zero, indices, b.gather, error)) == NULL)
    return FALSE;
  axis = b.quantized + (b.quantized > b.gather ? indices->shape.rank - 1 : 0);
  results[0] = dequantize (&b, data, scales, zero, axis, error);
  return results[0] != NULL;
}

GEN_MICROSOFT_OPERATOR (microsoft_gather_block_quantized, "GatherBlockQuantized", 3, 4, 1,
    "What is chosen by indices along an axis, of numbers of few bits in blocks", lower,
    .gradient_is_zero = TRUE)
