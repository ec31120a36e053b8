/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TensorScatter: a cache with rows along an axis overwritten by newer ones, from a place on that
 * each item of the batch has of its own; behind the end it goes on at the beginning where it is
 * circular. Indices are computed, perhaps, so each is looked at: rows that do not fit are left
 * out. */
#include <string.h>

#include "indices.h"

typedef struct {
  gsize batch, middle, inner; /* before, between and behind the two: [batch, middle, length, inner],
                                 inner in bytes */
  gint64 length, rows;        /* of the cache, of the update */
  gboolean circular;
} Scatter;

static gboolean
find (const GenNode *node, Scatter *s, GError **error)
{
  const GenTensor *cache = gen_node_input (node, 0), *update = gen_node_input (node, 1);
  const GenTensor *places = gen_node_input (node, 2);
  const char *mode = gen_node_string (node, "mode", "linear");
  int axis = gen_axis (gen_node_int (node, "axis", -2), cache->shape.rank);
  GenShape rest = update->shape;

  if (axis < 1)
    return gen_node_error (node, error, "its axis is not one behind the batch");
  s->circular = strcmp (mode, "circular") == 0;
  if (!s->circular && strcmp (mode, "linear") != 0)
    return gen_node_error (node, error, "mode '%s' is neither linear nor circular", mode);
  s->batch = cache->shape.dims[0];
  s->middle = gen_shape_product (&cache->shape, 1, axis);
  s->inner = gen_shape_product (&cache->shape, axis + 1, cache->shape.rank) *
             gen_data_type_size (cache->type);
  s->length = cache->shape.dims[axis];
  s->rows = rest.rank == cache->shape.rank ? rest.dims[axis] : 0;
  if (rest.rank == cache->shape.rank)
    rest.dims[axis] = s->length;
  if (update->type != cache->type || !gen_shape_equal (&rest, &cache->shape) || s->rows > s->length)
    return gen_node_error (node, error,
        "its update must be like the cache, but for its axis, along which it may be shorter");
  return places == NULL ||
         (places->type == GEN_TYPE_INT64 &&
             gen_shape_elements (&places->shape) == (gint64)s->batch) ||
         gen_node_error (node, error, "its indices should be one int64 for each item of the batch");
}

static gboolean
infer (GenNode *node, GError **error)
{
  Scatter s;

  return find (node, &s, error) && gen_infer_same (node, error);
}

/* Where row `row` of the update goes, or -1. */
static gint64
find_place (const Scatter *s, gint64 first, gint64 row)
{
  gint64 place;

  if (__builtin_add_overflow (first, row, &place))
    return -1;
  if (!s->circular)
    return place >= 0 && place < s->length ? place : -1;
  place %= s->length;
  return place < 0 ? place + s->length : place;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const Scatter *s = kernel->state;
  const gint64 *places = kernel->node->inputs->len > 2 ? kernel->inputs[2] : NULL;
  gsize first, end;

  gen_kernel_share (s->batch * s->middle, 1, part, parts, &first, &end);
  for (gsize i = first; i < end; i++) {
    const char *update = (const char *)kernel->inputs[1] + i * s->rows * s->inner;
    char *cache = (char *)kernel->outputs[0] + i * s->length * s->inner;

    for (gint64 row = 0; row < s->rows; row++) {
      gint64 place = find_place (s, places != NULL ? places[i / s->middle] : 0, row);

      if (place >= 0)
        memcpy (cache + place * s->inner, update + row * s->inner, s->inner);
    }
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *cache = gen_node_input (kernel->node, 0);
  Scatter *s = g_new0 (Scatter, 1);

  kernel->state = s;
  kernel->free_state = g_free;
  if (!find (kernel->node, s, error))
    return FALSE;
  gen_kernel_add_step (
      kernel, gen_indices_copy_data, gen_kernel_parts (kernel, gen_tensor_size (cache), 0.1));
  gen_kernel_add_step (kernel, run,
      gen_kernel_parts (kernel, gen_tensor_size (gen_node_input (kernel->node, 1)), 0.1));
  return TRUE;
}

const GenOperator gen_operator_tensor_scatter = {
  .name = "TensorScatter",
  .summary = "A cache with rows overwritten by newer ones",
  .since = 24,
  .min_inputs = 2,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
};
