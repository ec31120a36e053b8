/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NonMaxSuppression: of boxes that overlap too much, the one with the highest score, for each
 * class; as rows of batch, class and box. */
#include <string.h>

#include "../../simd.h"
#include "../number.h"
#include "../result.h"
#include "../reduction/sort.h"

/* Boxes that are compared at a time. */
#define BLOCK 32

typedef struct {
  float y1, x1, y2, x2;
} Box;

typedef struct {
  gint64 most;
  float overlap, score;  /* thresholds */
  gboolean scores_count; /* whether there is a threshold of scores */
  gboolean centered;
} Limits;

/* Corners in any order, or a centre with width and height. */
static Box
read_box (const float *b, gboolean centered)
{
  if (centered)
    return (Box){ b[1] - b[3] / 2, b[0] - b[2] / 2, b[1] + b[3] / 2, b[0] + b[2] / 2 };
  return (Box){ MIN (b[0], b[2]), MIN (b[1], b[3]), MAX (b[0], b[2]), MAX (b[1], b[3]) };
}

/* Boxes that are kept, and their areas: a list of each number, for vectors. */
typedef struct {
  float *y1, *x1, *y2, *x2, *area;
  gint64 n;
} Kept;

/* Whether none that is kept overlaps `b` by more than `most` of what both cover. */
GEN_CLONES (gboolean, is_free, (const Kept *kept, Box b, float most), (kept, b, most))
{
  const float area = (b.y2 - b.y1) * (b.x2 - b.x1);

  /* A few at a time: most boxes have one of the best in their way. */
  for (gint64 first = 0; first < kept->n; first += BLOCK) {
    const gint64 end = MIN (kept->n, first + BLOCK);
    int covered = 0;

    for (gint64 i = first; i < end; i++) {
      const float height = MIN (b.y2, kept->y2[i]) - MAX (b.y1, kept->y1[i]);
      const float width = MIN (b.x2, kept->x2[i]) - MAX (b.x1, kept->x1[i]);
      const float shared = height * width, both = area + kept->area[i] - shared;
      const float part = (height > 0) & (width > 0) & (both > 0) ? shared / both : 0;

      covered |= !(part <= most);
    }
    if (covered)
      return FALSE;
  }
  return TRUE;
}

static void
keep (Kept *kept, Box b)
{
  const gint64 i = kept->n++;

  kept->y1[i] = b.y1;
  kept->x1[i] = b.x1;
  kept->y2[i] = b.y2;
  kept->x2[i] = b.x2;
  kept->area[i] = (b.y2 - b.y1) * (b.x2 - b.x1);
}

/* A key that goes up as `score` goes down; zeros are one number. */
static guint64
key_of (float score)
{
  guint32 bits;

  score += 0.0f;
  memcpy (&bits, &score, sizeof bits);
  return bits >> 31 ? bits : bits ^ 0x7fffffff;
}

/* One class of one item of the batch. `items`: room for twice `n`. */
static void
suppress (const Limits *limits, const float *boxes, const float *scores, gint64 n,
    const gint64 row[2], GenSortItem *items, Kept *kept, GArray *rows)
{
  const GenSortItem *order;
  gsize count = 0;

  for (gint64 i = 0; i < n; i++)
    if (!limits->scores_count || scores[i] > limits->score)
      items[count++] = (GenSortItem){ key_of (scores[i]), i };
  order = gen_sort (items, items + n, count);
  kept->n = 0;
  for (gsize i = 0; i < count && kept->n < limits->most; i++) {
    const Box box = read_box (boxes + 4 * order[i].place, limits->centered);

    if (!is_free (kept, box, limits->overlap))
      continue;
    keep (kept, box);
    g_array_append_vals (rows, ((gint64[]){ row[0], row[1], order[i].place }), 3);
  }
}

static gboolean
number_or (const GenNode *node, const void *const *inputs, guint i, double missing, double *value,
    GError **error)
{
  const GenTensor *tensor = gen_node_input (node, i);

  *value = missing;
  if (tensor == NULL)
    return TRUE;
  if (gen_shape_elements (&tensor->shape) != 1 || !gen_number_has (tensor->type))
    return gen_node_error (node, error, "input %u must be one number", i);
  *value = gen_number_get (tensor->type, inputs[i], 0);
  return TRUE;
}

static gboolean
compute (const GenNode *node, const void *const *inputs, GenResult *results, GError **error)
{
  const GenTensor *boxes = gen_node_input (node, 0), *scores = gen_node_input (node, 1);
  g_autoptr (GArray) rows = NULL;
  g_autofree GenSortItem *items = NULL;
  g_autofree float *numbers = NULL;
  double most, threshold, score;
  Limits limits = { 0 };
  Kept kept;
  gint64 batches, classes, n;
  gint64 *found;

  if (boxes->type != GEN_TYPE_FLOAT32 || scores->type != GEN_TYPE_FLOAT32 ||
      boxes->shape.rank != 3 || scores->shape.rank != 3 || boxes->shape.dims[2] != 4 ||
      boxes->shape.dims[0] != scores->shape.dims[0] ||
      boxes->shape.dims[1] != scores->shape.dims[2])
    return gen_node_error (
        node, error, "it takes float32 boxes [batch, n, 4] and scores [batch, classes, n]");
  if (!number_or (node, inputs, 2, 0, &most, error) ||
      !number_or (node, inputs, 3, 0, &threshold, error) ||
      !number_or (node, inputs, 4, 0, &score, error))
    return FALSE;
  batches = scores->shape.dims[0];
  classes = scores->shape.dims[1];
  n = scores->shape.dims[2];
  limits = (Limits){ (gint64)CLAMP (most, 0, (double)n), (float)threshold, (float)score,
    gen_node_input (node, 4) != NULL, gen_node_int (node, "center_point_box", 0) != 0 };
  rows = g_array_new (FALSE, FALSE, sizeof (gint64));
  items = g_new (GenSortItem, 2 * n + 1);
  numbers = g_new (float, 5 * limits.most + 1);
  kept = (Kept){ numbers, numbers + limits.most, numbers + 2 * limits.most,
    numbers + 3 * limits.most, numbers + 4 * limits.most, 0 };
  for (gint64 b = 0; b < batches; b++)
    for (gint64 c = 0; c < classes; c++)
      suppress (&limits, (const float *)inputs[0] + b * n * 4,
          (const float *)inputs[1] + (b * classes + c) * n, n, (gint64[]){ b, c }, items, &kept,
          rows);
  found = gen_result_new (&results[0], GEN_TYPE_INT64, &GEN_SHAPE ((gint64)rows->len / 3, 3));
  if (rows->len > 0)
    memcpy (found, rows->data, rows->len * sizeof (gint64));
  return TRUE;
}

const GenOperator gen_operator_non_max_suppression = {
  .name = "NonMaxSuppression",
  .summary = "The best of boxes that overlap",
  .since = 10,
  .min_inputs = 2,
  .max_inputs = 5,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .compute = compute,
  .gradient_is_zero = TRUE,
};
