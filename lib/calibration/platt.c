/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Platt's scaling: a slope and an intercept. The slope may be below 0, of a model that scores
 * higher what is generated. */
#include "logistic.h"

static gboolean
fit (GenCalibration *calibration, const GenCalibrationItems *items, GError **error)
{
  double slope, intercept;

  if (!gen_logistic_fit (items, TRUE, &slope, &intercept, error))
    return FALSE;
  calibration->n = 1;
  calibration->lists[0] = g_memdup2 (&slope, sizeof slope);
  calibration->lists[1] = g_memdup2 (&intercept, sizeof intercept);
  return TRUE;
}

static double
apply (const GenCalibration *calibration, double score)
{
  return gen_probability (calibration->lists[0][0] * score + calibration->lists[1][0]);
}

const GenCalibrator gen_calibrator_platt = {
  .name = "platt",
  .summary = "A slope and an intercept of the score, by logistic regression (Platt 1999): of few "
             "items, and whatever is the matter with the score",
  .lists = { "slope", "intercept" },
  .fit = fit,
  .apply = apply,
};
