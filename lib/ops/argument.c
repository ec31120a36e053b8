/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search that ArgMax and ArgMin share. Of equal elements the first counts, or the last if
 * select_last_index says so. */
#include "argument.h"

#include "../simd.h"
#include "order.h"

/* Elements whose keys are made at a time. */
#define CHUNK 256
/* Fewer columns go one by one. */
#define FEW_COLUMNS 8

typedef struct {
  gint64 flip; /* -1 turns the order of keys around, 0 leaves it */
  gboolean last;
  gint64 outer, n, inner;
} Argument;

gboolean
gen_argument_infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  int axis = gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);
  gboolean keep = gen_node_int (node, "keepdims", 1) != 0;
  GenShape shape = GEN_SHAPE_SCALAR;

  if (axis < 0 || x->shape.dims[axis] == 0)
    return gen_node_error (node, error, "axis %" G_GINT64_FORMAT " is not one of %d, or is empty",
        gen_node_int (node, "axis", 0), x->shape.rank);
  for (int i = 0; i < x->shape.rank; i++)
    if (i != axis || keep)
      shape.dims[shape.rank++] = i == axis ? 1 : x->shape.dims[i];
  gen_node_set_output (node, 0, GEN_TYPE_INT64, &shape);
  return TRUE;
}

/* The place of the largest key, each xor `flip`: one of these `n`, which begin at place `start`, or
 * `where` the largest so far, `best`, was. */
GEN_CLONES (gint64, search,
    (const gint64 *keys, gsize n, gint64 flip, gboolean last, gint64 start, gint64 where,
        gint64 *best),
    (keys, n, flip, last, start, where, best))
{
  gint64 most = G_MININT64;

  for (gsize i = 0; i < n; i++) {
    const gint64 key = keys[i] ^ flip;
    most = key > most ? key : most;
  }
  if (where >= 0 && (most < *best || (most == *best && !last)))
    return where;
  *best = most;
  for (gsize i = 0; i < n; i++)
    if ((keys[i] ^ flip) == most) {
      where = start + (gint64)i;
      if (!last)
        break;
    }
  return where;
}

/* Side by side, in vectors: without being told the compiler writes so few rounds out before. */
#define LANES 16
#define IN_LANES(k) _Pragma ("GCC unroll 1") for (int k = 0; k < LANES; k++)

#define FOLD(width, before)                                                                        \
  _Pragma ("GCC unroll 1") for (int k = 0; k < width; k++)                                         \
  {                                                                                                \
    lanes[k] = lanes[k + width] before lanes[k] ? lanes[k + width] : lanes[k];                     \
    strange_lanes[k] |= strange_lanes[k + width];                                                  \
  }

/* The same of float32 in a row, first looking for the value and then for its place; -1 where
 * something is no number. */
#define SEARCH_FLOATS(name, before)                                                                \
  GEN_CLONES (gint64, name, (const float *x, gint32 n, gboolean last), (x, n, last))               \
  {                                                                                                \
    float most = x[0], lanes[LANES];                                                               \
    gint32 where = last ? -1 : G_MAXINT32, whole = n / LANES * LANES;                              \
    int strange = 0, strange_lanes[LANES] = { 0 };                                                 \
                                                                                                   \
    IN_LANES (k)                                                                                   \
    lanes[k] = most;                                                                               \
    for (gint32 i = 0; i < whole; i += LANES)                                                      \
      IN_LANES (k)                                                                                 \
      {                                                                                            \
        const float here = x[i + k];                                                               \
                                                                                                   \
        lanes[k] = here before lanes[k] ? here : lanes[k];                                         \
        strange_lanes[k] |= here != here;                                                          \
      }                                                                                            \
    FOLD (8, before)                                                                               \
    FOLD (4, before)                                                                               \
    FOLD (2, before)                                                                               \
    FOLD (1, before)                                                                               \
    most = lanes[0];                                                                               \
    strange = strange_lanes[0];                                                                    \
    for (gint32 i = whole; i < n; i++) {                                                           \
      most = x[i] before most ? x[i] : most;                                                       \
      strange |= x[i] != x[i];                                                                     \
    }                                                                                              \
    if (strange)                                                                                   \
      return -1;                                                                                   \
    if (last)                                                                                      \
      for (gint32 i = 0; i < n; i++)                                                               \
        where = x[i] == most ? i : where;                                                          \
    else                                                                                           \
      for (gint32 i = 0; i < n; i++) {                                                             \
        const gint32 here = x[i] == most ? i : G_MAXINT32;                                         \
        where = here < where ? here : where;                                                       \
      }                                                                                            \
    return where;                                                                                  \
  }

SEARCH_FLOATS (largest_float, >)
SEARCH_FLOATS (least_float, <)

/* One row of the axis for each of up to CHUNK columns side by side. */
GEN_CLONES (void, search_columns,
    (const gint64 *keys, gsize n, gint64 flip, gboolean last, gint64 k, gint64 *best,
        gint64 *where),
    (keys, n, flip, last, k, best, where))
{
  for (gsize i = 0; i < n; i++) {
    const gint64 key = keys[i] ^ flip;
    const gboolean better = (key > best[i]) | (last & (key == best[i])) | (k == 0);

    best[i] = better ? key : best[i];
    where[i] = better ? k : where[i];
  }
}

static void
run_columns (const GenKernel *kernel, int part, int parts)
{
  const Argument *a = kernel->state;
  const GenDataType type = gen_node_input (kernel->node, 0)->type;
  const gsize size = gen_data_type_size (type), blocks = (a->inner + CHUNK - 1) / CHUNK;
  gint64 keys[CHUNK], best[CHUNK] = { 0 };
  gsize first, end;

  gen_kernel_share (a->outer * blocks, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const gsize outer = i / blocks, column = i % blocks * CHUNK;
    const gsize count = MIN (CHUNK, a->inner - column);
    const char *x = (const char *)kernel->inputs[0] + (outer * a->n * a->inner + column) * size;
    gint64 *where = (gint64 *)kernel->outputs[0] + outer * a->inner + column;

    for (gint64 k = 0; k < a->n; k++) {
      gen_order_keys (type, x + k * a->inner * (gint64)size, 1, keys, count);
      search_columns (keys, count, a->flip, a->last, k, best, where);
    }
  }
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Argument *a = kernel->state;
  GenDataType type = gen_node_input (kernel->node, 0)->type;
  gsize size = gen_data_type_size (type), first, end;
  gint64 *out = kernel->outputs[0], keys[CHUNK];

  gen_kernel_share (a->outer * a->inner, 8, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const char *x =
        (const char *)kernel->inputs[0] + (i / a->inner * a->n * a->inner + i % a->inner) * size;
    gint64 where = -1, best = G_MININT64;

    if (type == GEN_TYPE_FLOAT32 && a->inner == 1 && a->n < G_MAXINT32)
      where = (a->flip == 0 ? largest_float : least_float) ((const float *)x, a->n, a->last);
    if (where >= 0) {
      out[i] = where;
      continue;
    }
    for (gint64 k = 0; k < a->n; k += CHUNK) {
      gsize count = MIN (CHUNK, a->n - k);

      gen_order_keys (type, x + k * a->inner * (gint64)size, a->inner, keys, count);
      where = search (keys, count, a->flip, a->last, k, where, &best);
    }
    out[i] = where;
  }
}

gboolean
gen_argument_cpu (GenKernel *kernel, gboolean largest, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0);
  int axis = gen_axis (gen_node_int (kernel->node, "axis", 0), x->shape.rank);
  Argument *argument;

  if (!gen_order_has_keys (x->type))
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  argument = g_new (Argument, 1);
  kernel->state = argument;
  kernel->free_state = g_free;
  argument->flip = largest ? 0 : -1;
  argument->last = gen_node_int (kernel->node, "select_last_index", 0) != 0;
  argument->outer = gen_shape_product (&x->shape, 0, axis);
  argument->n = x->shape.dims[axis];
  argument->inner = gen_shape_product (&x->shape, axis + 1, x->shape.rank);
  gen_kernel_add_step (kernel, argument->inner >= FEW_COLUMNS ? run_columns : run,
      gen_kernel_parts (kernel, gen_shape_elements (&x->shape), 0.7));
  return TRUE;
}
