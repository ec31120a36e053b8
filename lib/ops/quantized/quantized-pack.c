/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The weights of a quantised layer as its way reads them, once for all runs. */
#include "../../device/shared.h"
#include "quantized-layer-private.h"

static GenIntegerWeights
weights_of (
    const GenQuantizedLayer *l, const GenQuantizedProblem *p, const guint8 *values, gint64 group)
{
  return (GenIntegerWeights){ values + group * l->geometry.by_group, l->geometry.by_result,
    l->geometry.by_channel, p->weights };
}

gboolean
gen_quantized_pairs_fit (const GenQuantizedLayer *l, const GenNode *node)
{
  const guint8 *values = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W));

  if (l->depthwise)
    return FALSE;
  for (guint i = 0; i < l->problems->len; i++)
    for (gint64 g = 0; g < l->geometry.groups; g++) {
      const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
      const GenIntegerWeights weights = weights_of (l, p, values, g);

      if (!gen_integer_pairs_fit (&p->shape, &weights))
        return FALSE;
    }
  return TRUE;
}

/* A weight without its zero point. */
static gint32
plain_weight (
    const GenNode *node, const guint8 *values, gint64 at, const void *zeros, gint64 result)
{
  const gboolean is_signed = gen_node_input (node, GEN_QUANTIZED_W)->type == GEN_TYPE_INT8;

  return (is_signed ? (gint8)values[at] : values[at]) -
         gen_quantized_byte (node, GEN_QUANTIZED_W_ZERO, zeros, result);
}

/* Without their zero points, [results][channels][taps]. */
static void
find_plain (const GenQuantizedLayer *l, const GenQuantizedProblem *p, const GenNode *node,
    gint64 group, gint16 *to)
{
  const GenQuantizedGeometry *g = &l->geometry;
  const guint8 *values = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W));
  const void *zeros = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));
  const gint64 taps = p->shape.taps * p->shape.pixels;

  for (gint64 r = 0; r < g->results; r++)
    for (gint64 c = 0; c < g->channels; c++)
      for (gint64 t = 0; t < taps; t++)
        *to++ = (gint16)plain_weight (node, values,
            group * g->by_group + r * g->by_result + c * g->by_channel + p->weights[t], zeros,
            group * g->results + r);
}

/* Each problem's are packed from 64 bytes on. */
static gsize
place_packed (GenQuantizedLayer *l)
{
  gsize size = 0;

  for (guint i = 0; i < l->problems->len; i++) {
    GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);

    p->packed = size;
    size += l->by_winograd ? l->geometry.groups * l->winograd.group_packed
            : l->depthwise
                ? p->shape.taps * l->parameters.padded * sizeof (gint32)
                : l->geometry.groups * gen_integer_layer_packed_size (l->layer, &p->shape);
    size = (size + 63) & ~(gsize)63;
  }
  return size;
}

static void
pack_winograd (
    const GenQuantizedLayer *l, const GenQuantizedProblem *p, const GenNode *node, char *to)
{
  const GenQuantizedGeometry *g = &l->geometry;
  g_autofree gint16 *plain =
      g_new (gint16, g->results * g->channels * p->shape.taps * p->shape.pixels);

  for (gint64 group = 0; group < g->groups; group++) {
    find_plain (l, p, node, group, plain);
    gen_quantized_winograd_pack (&l->winograd, plain, to + group * l->winograd.group_packed);
  }
}

/* What the weights of a result, without their zero points, add up to at most in absolute values,
 * in any problem. */
gint64
gen_quantized_find_heaviest (const GenQuantizedLayer *l, const GenNode *node)
{
  const GenQuantizedGeometry *g = &l->geometry;
  gint64 heaviest = 0;

  for (guint i = 0; i < l->problems->len; i++) {
    const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
    const gint64 each = g->channels * p->shape.taps * p->shape.pixels;
    g_autofree gint16 *plain = g_new (gint16, g->results * each);

    for (gint64 group = 0; group < g->groups; group++) {
      find_plain (l, p, node, group, plain);
      for (gint64 r = 0; r < g->results; r++) {
        gint64 sum = 0;

        for (gint64 k = 0; k < each; k++)
          sum += ABS (plain[r * each + k]);
        heaviest = MAX (heaviest, sum);
      }
    }
  }
  return heaviest;
}

/* Weights of one channel each, without their zero points. */
static void
pack_depthwise (const GenQuantizedLayer *l, const GenQuantizedProblem *p, const GenNode *node,
    const guint8 *values, gint32 *to, gint32 *sums)
{
  const void *zero = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));

  for (gint64 t = 0; t < p->shape.taps; t++, to += l->parameters.padded)
    for (gint64 c = 0; c < l->geometry.groups; c++) {
      const gint32 weight =
          plain_weight (node, values, c * l->geometry.by_group + p->weights[t], zero, c);

      to[c] = weight & 0xffff;
      sums[c] += weight;
    }
}

/* Zero points as weights and sources are once they are packed. */
static gint32
packed_w_zero (const GenNode *node, const void *values, gint64 i)
{
  gboolean shifted = gen_node_input (node, GEN_QUANTIZED_W)->type == GEN_TYPE_UINT8;

  return gen_quantized_byte (node, GEN_QUANTIZED_W_ZERO, values, i) - (shifted ? 128 : 0);
}

/* Zero points that weights have once they are packed; they count in the sums of columns. */
static void
find_w_zero (GenQuantizedLayer *l, const GenNode *node)
{
  const void *values = gen_tensor_constant (gen_node_input (node, GEN_QUANTIZED_W_ZERO));
  const gint64 n = gen_quantized_results (l);
  gboolean any = FALSE;

  if (l->depthwise || l->by_winograd)
    return;
  l->w_zero = g_new0 (gint32, l->parameters.padded);
  for (gint64 c = 0; c < n; c++) {
    l->w_zero[c] = packed_w_zero (node, values, c);
    any |= l->w_zero[c] != 0;
  }
  for (guint i = 0; i < l->problems->len; i++) {
    const GenIntegerShape *shape = &g_array_index (l->problems, GenQuantizedProblem, i).shape;

    for (gint64 c = 0; c < n; c++)
      l->column_sums[i * n + c] -= shape->taps * shape->pixels * shape->channels * l->w_zero[c];
  }
  if (!any)
    g_clear_pointer (&l->w_zero, g_free);
}

static void
pack_groups (const GenQuantizedLayer *l, const GenQuantizedProblem *p, const guint8 *values,
    char *to, gint32 *sums)
{
  for (gint64 group = 0; group < l->geometry.groups; group++) {
    const GenIntegerWeights weights = weights_of (l, p, values, group);

    gen_integer_layer_pack (l->layer, &p->shape, &weights,
        to + group * gen_integer_layer_packed_size (l->layer, &p->shape),
        sums + group * l->geometry.results);
  }
}

void
gen_quantized_pack (GenQuantizedLayer *l, GenKernel *kernel)
{
  const guint8 *values = gen_tensor_constant (gen_node_input (kernel->node, GEN_QUANTIZED_W));
  const gsize size = place_packed (l);
  char *packed = gen_shared_alloc (size);

  l->column_sums = g_new0 (gint32, l->problems->len * gen_quantized_results (l));
  for (guint i = 0; i < l->problems->len; i++) {
    const GenQuantizedProblem *p = &g_array_index (l->problems, GenQuantizedProblem, i);
    gint32 *sums = l->column_sums + i * gen_quantized_results (l);

    if (l->by_winograd)
      pack_winograd (l, p, kernel->node, packed + p->packed);
    else if (l->depthwise)
      pack_depthwise (l, p, kernel->node, values, (gint32 *)(packed + p->packed), sums);
    else
      pack_groups (l, p, values, packed + p->packed, sums);
  }
  l->packed = gen_shared_take (packed, size);
  kernel->packed_inputs = 1u << GEN_QUANTIZED_W;
  find_w_zero (l, kernel->node);
}
