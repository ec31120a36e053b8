/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NonZero: where elements are that are not zero, as a matrix [dimensions, places]. */
#include "order.h"
#include "result.h"

/* The places, one after the other, as indices among all elements. */
static GArray *
find_places (GenDataType type, const void *x, gsize n)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (gint64));
  const gint64 zero = 0;
  gint64 zero_key, keys[256];

  gen_order_keys (type, &zero, 1, &zero_key, 1);
  for (gsize i = 0; i < n; i += G_N_ELEMENTS (keys)) {
    gsize count = MIN (G_N_ELEMENTS (keys), n - i);

    gen_order_keys (type, (const char *)x + i * gen_data_type_size (type), 1, keys, count);
    for (gsize k = 0; k < count; k++)
      if (keys[k] != zero_key) {
        gint64 place = (gint64)(i + k);

        g_array_append_val (places, place);
      }
  }
  return places;
}

static gboolean
compute (const GenNode *node, const void *const *inputs, GenResult *results, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  g_autoptr (GArray) places = NULL;
  gint64 *out;

  if (!gen_order_has_keys (x->type))
    return gen_node_error (
        node, error, "not supported for elements of type %s", gen_data_type_name (x->type));
  places = find_places (x->type, inputs[0], gen_shape_elements (&x->shape));
  out =
      gen_result_new (&results[0], GEN_TYPE_INT64, &GEN_SHAPE (x->shape.rank, (gint64)places->len));
  for (guint i = 0; i < places->len; i++) {
    gint64 rest = g_array_index (places, gint64, i);

    for (int k = x->shape.rank - 1; k >= 0; k--) {
      out[(gsize)k * places->len + i] = rest % x->shape.dims[k];
      rest /= x->shape.dims[k];
    }
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
