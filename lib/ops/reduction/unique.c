/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unique: the different elements, or slices along an axis, in order or as they first come; where
 * each is first, which one each place has, and how often each occurs. */
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "../result.h"
#include "sort.h"

/* Items are compared key by key. */
typedef struct {
  gint64 *keys; /* [n, length] */
  gint64 n, length;
} Items;

static Items
read_items (const GenTensor *x, const void *data, gint64 outer, gint64 n, gint64 inner)
{
  Items items = { g_new (gint64, MAX (outer * n * inner, 1)), n, outer * inner };
  gint64 size = (gint64)gen_data_type_size (x->type);

  if (inner == 0)
    return items;
  for (gint64 o = 0; o < outer; o++)
    for (gint64 i = 0; i < n; i++)
      gen_order_keys (x->type, (const char *)data + (o * n + i) * inner * size, 1,
          items.keys + i * items.length + o * inner, inner);
  return items;
}

static int
compare_items (const Items *items, gint64 a, gint64 b)
{
  for (gint64 i = 0; i < items->length; i++) {
    gint64 x = items->keys[a * items->length + i], y = items->keys[b * items->length + i];

    if (x != y)
      return x < y ? -1 : 1;
  }
  return 0;
}

static int
compare_places (gconstpointer a, gconstpointer b, gpointer items)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
  int order = compare_items (items, x, y);

  return order != 0 ? order : (x > y) - (x < y);
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

  return (x > y) - (x < y);
}

/* Places in the order of their items. */
static void
order_places (Items *items, gint64 *order)
{
  const gsize n = items->n;
  g_autofree GenSortItem *pairs = NULL;
  GenSortItem *sorted;

  if (items->length != 1) {
    for (gsize i = 0; i < n; i++)
      order[i] = (gint64)i;
    qsort_r (order, n, sizeof *order, compare_places, items);
    return;
  }
  pairs = g_new (GenSortItem, 2 * n + 1);
  for (gsize i = 0; i < n; i++)
    pairs[i] = (GenSortItem){ (guint64)items->keys[i] ^ (guint64)1 << 63, (gint64)i };
  sorted = gen_sort (pairs, pairs + n, n);
  for (gsize i = 0; i < n; i++)
    order[i] = sorted[i].place;
}

/* Where each different item is first, in the order of the result; `first_of` is, for each place,
 * where its item is first. */
static GArray *
find_first (Items *items, gboolean sorted, gint64 *first_of)
{
  GArray *first = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree gint64 *order = g_new (gint64, MAX (items->n, 1));

  order_places (items, order);
  for (gint64 i = 0; i < items->n; i++) {
    if (i == 0 || compare_items (items, order[i], order[i - 1]) != 0)
      g_array_append_val (first, order[i]);
    first_of[order[i]] = g_array_index (first, gint64, first->len - 1);
  }
  if (!sorted)
    g_array_sort (first, compare_numbers);
  return first;
}

static gboolean
compute (const GenNode *node, const void *const *inputs, GenResult *results, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gboolean flat = gen_node_attribute (node, "axis") == NULL;
  int axis = flat ? 0 : gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);
  GenShape shape = flat ? GEN_SHAPE (gen_shape_elements (&x->shape)) : x->shape;
  gsize size = gen_data_type_size (x->type);
  gint64 outer, n, inner, *indices, *inverse, *counts;
  g_autofree gint64 *first_of = NULL, *number = NULL;
  g_autoptr (GArray) first = NULL;
  Items items;
  char *y;

  if (axis < 0 || !gen_order_has_keys (x->type) || shape.dims[axis] > G_MAXINT32)
    return gen_node_error (node, error,
        "its axis is not one of %d, or elements of type %s are not supported", x->shape.rank,
        gen_data_type_name (x->type));
  outer = gen_shape_product (&shape, 0, axis);
  n = shape.dims[axis];
  inner = gen_shape_product (&shape, axis + 1, shape.rank);
  items = read_items (x, inputs[0], outer, n, inner);
  first_of = g_new (gint64, MAX (n, 1));
  number = g_new (gint64, MAX (n, 1));
  first = find_first (&items, gen_node_int (node, "sorted", 1) != 0, first_of);
  g_free (items.keys);

  shape.dims[axis] = first->len;
  y = gen_result_new (&results[0], x->type, &shape);
  indices = gen_result_new (&results[1], GEN_TYPE_INT64, &GEN_SHAPE ((gint64)first->len));
  inverse = gen_result_new (&results[2], GEN_TYPE_INT64, &GEN_SHAPE (n));
  counts = gen_result_new (&results[3], GEN_TYPE_INT64, &GEN_SHAPE ((gint64)first->len));
  for (guint i = 0; i < first->len; i++) {
    indices[i] = g_array_index (first, gint64, i);
    number[indices[i]] = i;
    counts[i] = 0;
    for (gint64 o = 0; inner > 0 && o < outer; o++)
      memcpy (y + (o * first->len + i) * inner * size,
          (const char *)inputs[0] + (o * n + indices[i]) * inner * size, inner * size);
  }
  for (gint64 i = 0; i < n; i++) {
    inverse[i] = number[first_of[i]];
    counts[inverse[i]]++;
  }
  return TRUE;
}

const GenOperator gen_operator_unique = {
  .name = "Unique",
  .summary = "The different elements or slices",
  .since = 11,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 4,
  .layouts = GEN_LAYOUTS_PLAIN,
  .compute = compute,
};
