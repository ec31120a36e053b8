/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Isotonic regression (B. Zadrozny and C. Elkan, "Transforming classifier scores into accurate
 * multiclass probability estimates", KDD 2002): of all functions that do not fall the one that is
 * nearest to the items by squares, found by pooling neighbours that are in the wrong order. It is
 * kept as the corners of a line, which stays as it is beyond the first and the last one. */
#include <math.h>

#include <generative/calibration.h>

typedef struct {
  double score, real, weight;
} Point;

/* Neighbours that have one value. */
typedef struct {
  double value, weight;
  gsize first, last; /* of the points */
} Block;

static int
compare_points (gconstpointer a, gconstpointer b)
{
  const Point *x = a, *y = b;

  return (x->score > y->score) - (x->score < y->score);
}

/* In the order of their scores, one point for all items of a score. */
static GArray *
sort_items (const GenCalibrationItems *items)
{
  GArray *points = g_array_sized_new (FALSE, FALSE, sizeof (Point), (guint)items->n);
  guint n = 0;

  for (gsize i = 0; i < items->n; i++) {
    const Point point = { items->scores[i], items->real[i] != 0,
      items->weights != NULL ? items->weights[i] : 1 };

    if (point.weight > 0)
      g_array_append_val (points, point);
  }
  g_array_sort (points, compare_points);
  for (guint i = 0; i < points->len; i++) {
    const Point point = g_array_index (points, Point, i);
    Point *last = n > 0 ? &g_array_index (points, Point, n - 1) : NULL;

    if (last == NULL || last->score < point.score) {
      g_array_index (points, Point, n++) = point;
      continue;
    }
    last->real =
        (last->real * last->weight + point.real * point.weight) / (last->weight + point.weight);
    last->weight += point.weight;
  }
  g_array_set_size (points, n);
  return points;
}

/* Pool adjacent violators. */
static GArray *
pool (const GArray *points)
{
  GArray *blocks = g_array_new (FALSE, FALSE, sizeof (Block));

  for (guint i = 0; i < points->len; i++) {
    const Point *point = &g_array_index (points, Point, i);
    Block block = { point->real, point->weight, i, i };

    while (blocks->len > 0) {
      const Block *before = &g_array_index (blocks, Block, blocks->len - 1);

      if (before->value < block.value)
        break;
      block.value = (before->value * before->weight + block.value * block.weight) /
                    (before->weight + block.weight);
      block.weight += before->weight;
      block.first = before->first;
      g_array_set_size (blocks, blocks->len - 1);
    }
    g_array_append_val (blocks, block);
  }
  return blocks;
}

static gboolean
fit (GenCalibration *calibration, const GenCalibrationItems *items, GError **error)
{
  g_autoptr (GArray) points = sort_items (items), blocks = pool (points);
  guint n = 0;

  if (blocks->len < 2) {
    g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_ITEMS,
        "generated items score as high as real ones or higher, in which no increasing function "
        "finds an order; platt turns a score round");
    return FALSE;
  }
  for (int i = 0; i < 2; i++)
    calibration->lists[i] = g_new (double, 2 * blocks->len);
  for (guint i = 0; i < blocks->len; i++) {
    const Block *block = &g_array_index (blocks, Block, i);

    for (gsize k = block->first;; k = block->last) {
      calibration->lists[0][n] = g_array_index (points, Point, k).score;
      calibration->lists[1][n++] = block->value;
      if (k == block->last)
        break;
    }
  }
  calibration->n = n;
  return TRUE;
}

static gboolean
check (const GenCalibration *calibration, GError **error)
{
  const double *scores = calibration->lists[0], *probabilities = calibration->lists[1];
  gboolean good = TRUE;

  for (guint i = 0; i < calibration->n; i++)
    good = good && probabilities[i] >= 0 && probabilities[i] <= 1 &&
           (i == 0 || (scores[i] > scores[i - 1] && probabilities[i] >= probabilities[i - 1]));
  if (good)
    return TRUE;
  g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_TEXT,
      "scores should go up, and probabilities, from 0 to 1, should not go down");
  return FALSE;
}

static double
apply (const GenCalibration *calibration, double score)
{
  const double *scores = calibration->lists[0], *probabilities = calibration->lists[1];
  guint low = 0, high = calibration->n - 1;

  if (score <= scores[low])
    return probabilities[low];
  if (score >= scores[high])
    return probabilities[high];
  while (high - low > 1) {
    const guint middle = low + (high - low) / 2;

    if (scores[middle] <= score)
      low = middle;
    else
      high = middle;
  }
  return probabilities[low] + (probabilities[high] - probabilities[low]) * (score - scores[low]) /
                                  (scores[high] - scores[low]);
}

const GenCalibrator gen_calibrator_isotonic = {
  .name = "isotonic",
  .summary = "Whatever increasing function suits best (Zadrozny and Elkan 2002): of a thousand "
             "items and more",
  .lists = { "scores", "probabilities" },
  .many = TRUE,
  .fit = fit,
  .check = check,
  .apply = apply,
};
