/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NonMaxSuppression: of boxes that overlap too much, the one with the highest score, for each
 * class; as rows of batch, class and box. */
#include <string.h>

#include "number.h"
#include "result.h"

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

static float
area (const Box *b)
{
  return (b->y2 - b->y1) * (b->x2 - b->x1);
}

/* The part of both that both have. */
static float
overlap (const Box *a, const Box *b)
{
  float height = MIN (a->y2, b->y2) - MAX (a->y1, b->y1);
  float width = MIN (a->x2, b->x2) - MAX (a->x1, b->x1), shared, both;

  if (height <= 0 || width <= 0)
    return 0;
  shared = height * width;
  both = area (a) + area (b) - shared;
  return both > 0 ? shared / both : 0;
}

static int
compare_scores (gconstpointer a, gconstpointer b, gpointer scores)
{
  gint64 i = *(const gint64 *)a, k = *(const gint64 *)b;
  float x = ((const float *)scores)[i], y = ((const float *)scores)[k];

  return x != y ? (x < y) - (x > y) : (i > k) - (i < k);
}

/* One class of one item of the batch. */
static void
suppress (const Limits *limits, const float *boxes, const float *scores, gint64 n, gint64 batch,
    gint64 class, GArray *rows)
{
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) kept = g_array_new (FALSE, FALSE, sizeof (Box));

  for (gint64 i = 0; i < n; i++)
    if (!limits->scores_count || scores[i] > limits->score)
      g_array_append_val (order, i);
  g_array_sort_with_data (order, compare_scores, (gpointer)scores);
  for (guint i = 0; i < order->len && kept->len < limits->most; i++) {
    gint64 number = g_array_index (order, gint64, i), row[3] = { batch, class, number };
    Box box = read_box (boxes + 4 * number, limits->centered);
    gboolean free = TRUE;

    for (guint k = 0; free && k < kept->len; k++)
      free = overlap (&box, &g_array_index (kept, Box, k)) <= limits->overlap;
    if (!free)
      continue;
    g_array_append_val (kept, box);
    g_array_append_vals (rows, row, 3);
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
  double most, threshold, score;
  Limits limits = { 0 };
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
  for (gint64 b = 0; b < batches; b++)
    for (gint64 c = 0; c < classes; c++)
      suppress (&limits, (const float *)inputs[0] + b * n * 4,
          (const float *)inputs[1] + (b * classes + c) * n, n, b, c, rows);
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
