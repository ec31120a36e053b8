/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/calibration.h>

/**
 * gen_logistic_fit: the slope and intercept that make 1 / (1 + exp (-(slope * score + intercept)))
 * most likely. So that items that scores tell apart without a mistake do not make the slope
 * infinite, a real item counts for real by (R + 1) / (R + 2) only, R the weight of all real ones,
 * and a generated one by 1 / (G + 2) (J. Platt, "Probabilistic outputs for support vector machines
 * and comparisons to regularized likelihood methods", 1999). `has_intercept` FALSE: it is 0.
 */
gboolean gen_logistic_fit (const GenCalibrationItems *items, gboolean has_intercept, double *slope,
    double *intercept, GError **error);
