/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The search that ArgMax and ArgMin share. Of equal elements the first counts, or the last if
 * select_last_index says so. */
#include "argument.h"

#include <string.h>

#include "../../simd.h"
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

/* float32 as integers of its size that sort as it does, each xor `flip`: twice as many in a vector
 * as the keys of all types. */
static inline gint32
key_of (float x, gint32 flip)
{
  gint32 bits, magnitude, sign;

  memcpy (&bits, &x, sizeof bits);
  magnitude = bits & G_MAXINT32;
  sign = bits >> 31;
  return (magnitude > 0x7f800000 ? G_MAXINT32 : (magnitude ^ sign) - sign) ^ flip;
}

/* Of a row of them: first the largest key, then its place. */
GEN_CLONES (gint32, search_floats, (const float *x, gint32 n, gint32 flip, gboolean last),
    (x, n, flip, last))
{
  gint32 most = G_MININT32, where = last ? -1 : G_MAXINT32;

  for (gint32 i = 0; i < n; i++) {
    const gint32 key = key_of (x[i], flip);
    most = key > most ? key : most;
  }
  /* Places of others are made the worst by bits: a condition would keep it from being a vector. */
  if (last)
    for (gint32 i = 0; i < n; i++) {
      const gint32 here = i | -(key_of (x[i], flip) != most);
      where = here > where ? here : where;
    }
  else
    for (gint32 i = 0; i < n; i++) {
      const gint32 here = i | (-(key_of (x[i], flip) != most) & G_MAXINT32);
      where = here < where ? here : where;
    }
  return where;
}

/* Of columns side by side, row `k`. */
GEN_CLONES (void, search_float_columns,
    (const float *x, gsize n, gint32 flip, gboolean last, gint32 k, gint32 *restrict best,
        gint32 *restrict where),
    (x, n, flip, last, k, best, where))
{
  for (gsize i = 0; i < n; i++) {
    const gint32 key = key_of (x[i], flip), so_far = best[i];
    const gint32 better = (key > so_far) | (last & (key == so_far));

    best[i] = better ? key : so_far;
    where[i] = better ? k : where[i];
  }
}

static gboolean
goes_by_floats (const GenKernel *kernel, const Argument *a)
{
  return gen_node_input (kernel->node, 0)->type == GEN_TYPE_FLOAT32 && a->n < G_MAXINT32;
}

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

/* Up to CHUNK columns. */
static void
find_in_columns (const Argument *a, const float *x, gsize n, gint64 *out)
{
  gint32 best[CHUNK], where[CHUNK] = { 0 };

  for (gsize i = 0; i < n; i++)
    best[i] = key_of (x[i], (gint32)a->flip);
  for (gint32 k = 1; k < a->n; k++)
    search_float_columns (x + (gint64)k * a->inner, n, (gint32)a->flip, a->last, k, best, where);
  for (gsize i = 0; i < n; i++)
    out[i] = where[i];
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

    if (goes_by_floats (kernel, a)) {
      find_in_columns (a, (const float *)x, count, where);
      continue;
    }
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
  const gboolean floats = goes_by_floats (kernel, a) && a->inner == 1;

  gen_kernel_share (a->outer * a->inner, 8, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const char *x =
        (const char *)kernel->inputs[0] + (i / a->inner * a->n * a->inner + i % a->inner) * size;
    gint64 where = -1, best = G_MININT64;

    if (floats) {
      out[i] = search_floats ((const float *)x, (gint32)a->n, (gint32)a->flip, a->last);
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
