/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NonZero: where elements are that are not zero, as a matrix [dimensions, places]. */
#include "../../simd.h"
#include "../reduction/order.h"
#include "../result.h"

#define CHUNK 256

/* Whether each of `n` elements is not zero. */
GEN_CLONES (
    gsize, look, (const gint64 *keys, gint64 zero, guint8 *here, gsize n), (keys, zero, here, n))
{
  gsize found = 0;

  for (gsize i = 0; i < n; i++) {
    here[i] = keys[i] != zero;
    found += here[i];
  }
  return found;
}

/* The places, one after the other, as indices among all elements; room for one more is behind
 * them. */
static gint64 *
find_places (GenDataType type, const char *x, gsize n, gsize *n_places)
{
  const gint64 zero = 0;
  gsize room = CHUNK + 1, found = 0;
  gint64 *places = g_new (gint64, room), zero_key, keys[CHUNK];
  guint8 here[CHUNK];

  gen_order_keys (type, &zero, 1, &zero_key, 1);
  for (gsize i = 0; i < n; i += CHUNK) {
    const gsize count = MIN (CHUNK, n - i);
    gsize more;

    gen_order_keys (type, x + i * gen_data_type_size (type), 1, keys, count);
    more = look (keys, zero_key, here, count);
    if (found + more + 1 > room)
      places = g_renew (gint64, places, room = 2 * (found + more + 1));
    /* Without a branch, which nobody could foretell. */
    for (gsize k = 0; more > 0 && k < count; k++) {
      places[found] = (gint64)(i + k);
      found += here[k];
    }
  }
  *n_places = found;
  return places;
}

static gboolean
compute (const GenNode *node, const void *const *inputs, GenResult *results, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  const int inner = x->shape.rank - 1;
  g_autofree gint64 *places = NULL;
  gint64 at[GEN_MAX_RANK] = { 0 }, row = 0, *out;
  gsize n;

  if (!gen_order_has_keys (x->type))
    return gen_node_error (
        node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  places = find_places (x->type, inputs[0], gen_shape_elements (&x->shape), &n);
  out = gen_result_new (&results[0], GEN_TYPE_INT64, &GEN_SHAPE (x->shape.rank, (gint64)n));
  /* Places go up, and so do the rows that they are in: `row` begins the one of indices `at`. */
  for (gsize i = 0; inner >= 0 && i < n; i++) {
    while (places[i] >= row + x->shape.dims[inner]) {
      row += x->shape.dims[inner];
      for (int k = inner - 1; k >= 0 && ++at[k] == x->shape.dims[k]; k--)
        at[k] = 0;
    }
    for (int k = 0; k < inner; k++)
      out[(gsize)k * n + i] = at[k];
    out[(gsize)inner * n + i] = places[i] - row;
  }
  return TRUE;
}

const GenOperator gen_operator_non_zero = {
  .name = "NonZero",
  .summary = "Where elements are that are not zero",
  .since = 9,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .compute = compute,
  .gradient_is_zero = TRUE,
};
