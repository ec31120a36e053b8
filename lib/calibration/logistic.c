/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logistic regression on one number, by Newton's method with halved steps, on scores that are
 * brought to mean 0 and deviation 1, so that any scale will do. */
#include "logistic.h"

#include <math.h>

#define MAX_STEPS 200
#define MAX_HALVINGS 60
/* Of the gradient, by item. */
#define TOLERANCE 1e-13

typedef struct {
  const GenCalibrationItems *items;
  double mean, scale;
  double target[2]; /* of generated and real items */
  double total;
  gboolean has_intercept;
} Regression;

static double
weight_of (const GenCalibrationItems *items, gsize i)
{
  return items->weights != NULL ? items->weights[i] : 1;
}

static gboolean
prepare (Regression *regression, const GenCalibrationItems *items, GError **error)
{
  double sum = 0, squares = 0, of[2] = { 0, 0 };

  for (gsize i = 0; i < items->n; i++) {
    of[items->real[i] != 0] += weight_of (items, i);
    sum += weight_of (items, i) * items->scores[i];
  }
  regression->items = items;
  regression->total = of[0] + of[1];
  regression->target[0] = 1 / (of[0] + 2);
  regression->target[1] = (of[1] + 1) / (of[1] + 2);
  regression->mean = regression->has_intercept ? sum / regression->total : 0;
  for (gsize i = 0; i < items->n; i++)
    squares += weight_of (items, i) * pow (items->scores[i] - regression->mean, 2);
  regression->scale = sqrt (squares / regression->total);
  if (regression->scale > 0 && isfinite (regression->scale))
    return TRUE;
  g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_ITEMS,
      "all items have the same score, %g, which tells nothing of them",
      items->n > 0 ? items->scores[0] : NAN);
  return FALSE;
}

/* ln (1 + exp (x)) */
static double
soft_plus (double x)
{
  return fmax (x, 0) + log1p (exp (-fabs (x)));
}

static double
standard (const Regression *regression, gsize i)
{
  return (regression->items->scores[i] - regression->mean) / regression->scale;
}

static double
loss_of (const Regression *regression, double slope, double intercept)
{
  double loss = 0;

  for (gsize i = 0; i < regression->items->n; i++) {
    const double f = slope * standard (regression, i) + intercept;

    loss += weight_of (regression->items, i) *
            (soft_plus (f) - regression->target[regression->items->real[i] != 0] * f);
  }
  return loss / regression->total;
}

/* The step of Newton's method from there; returns how steep it is. */
static double
find_step (const Regression *regression, double slope, double intercept, double step[2])
{
  double g[2] = { 0, 0 }, h[3] = { 0, 0, 0 }, determinant;

  for (gsize i = 0; i < regression->items->n; i++) {
    const double x = standard (regression, i), w = weight_of (regression->items, i);
    const double p = gen_probability (slope * x + intercept);
    const double off = w * (p - regression->target[regression->items->real[i] != 0]);
    const double curve = w * p * (1 - p);

    g[0] += off * x;
    g[1] += off;
    h[0] += curve * x * x;
    h[1] += curve * x;
    h[2] += curve;
  }
  if (!regression->has_intercept) {
    step[0] = g[0] / fmax (h[0], 1e-300);
    step[1] = 0;
    return fabs (g[0]) / regression->total;
  }
  /* A little of the trace keeps it definite where all probabilities are 0 or 1. */
  h[0] += 1e-15 * regression->total;
  h[2] += 1e-15 * regression->total;
  determinant = h[0] * h[2] - h[1] * h[1];
  step[0] = (h[2] * g[0] - h[1] * g[1]) / determinant;
  step[1] = (h[0] * g[1] - h[1] * g[0]) / determinant;
  return hypot (g[0], g[1]) / regression->total;
}

gboolean
gen_logistic_fit (const GenCalibrationItems *items, gboolean has_intercept, double *slope,
    double *intercept, GError **error)
{
  Regression regression = { .has_intercept = has_intercept };
  double a = 0, b = 0, loss, step[2];

  if (!prepare (&regression, items, error))
    return FALSE;
  loss = loss_of (&regression, a, b);
  for (int i = 0; i < MAX_STEPS && find_step (&regression, a, b, step) > TOLERANCE; i++) {
    double length = 1, next = INFINITY;

    for (int k = 0; k < MAX_HALVINGS; k++, length /= 2) {
      next = loss_of (&regression, a - length * step[0], b - length * step[1]);
      if (next <= loss)
        break;
    }
    if (!(next <= loss))
      break;
    a -= length * step[0];
    b -= length * step[1];
    loss = next;
  }
  *slope = a / regression.scale;
  *intercept = b - a * regression.mean / regression.scale;
  return TRUE;
}
