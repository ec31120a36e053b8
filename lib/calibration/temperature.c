/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temperature scaling (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks",
 * ICML 2017): log odds are divided by one number, so that a half stays a half. */
#include "logistic.h"

static gboolean
fit (GenCalibration *calibration, const GenCalibrationItems *items, GError **error)
{
  double slope, intercept, temperature;

  if (!gen_logistic_fit (items, FALSE, &slope, &intercept, error))
    return FALSE;
  if (slope <= 0) {
    g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_ITEMS,
        "generated items score as high as real ones or higher, which no temperature puts right; "
        "platt turns a score round");
    return FALSE;
  }
  temperature = 1 / slope;
  calibration->n = 1;
  calibration->lists[0] = g_memdup2 (&temperature, sizeof temperature);
  return TRUE;
}

static gboolean
check (const GenCalibration *calibration, GError **error)
{
  if (calibration->lists[0][0] > 0)
    return TRUE;
  g_set_error (error, GEN_CALIBRATION_ERROR, GEN_CALIBRATION_ERROR_TEXT,
      "the temperature is %g, which should be above 0", calibration->lists[0][0]);
  return FALSE;
}

static double
apply (const GenCalibration *calibration, double score)
{
  return gen_probability (score / calibration->lists[0][0]);
}

const GenCalibrator gen_calibrator_temperature = {
  .name = "temperature",
  .summary = "Log odds are divided by one number (Guo et al. 2017): of very few items, where a "
             "half is a half already",
  .lists = { "temperature" },
  .fit = fit,
  .check = check,
  .apply = apply,
};
