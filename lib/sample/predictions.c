/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What denoisers make. */
#include <math.h>

#include <generative/sampler.h>

#include "../base/family.h"

static void
weigh_epsilon (double signal, double noise, double *of_input, double *of_output)
{
  *of_input = 1 / signal;
  *of_output = -noise / signal;
}

/* signal * normal numbers - noise * sample, where signal² + noise² = 1; others are brought there.
 */
static void
weigh_v (double signal, double noise, double *of_input, double *of_output)
{
  const double length = hypot (signal, noise);

  *of_input = signal / length / length;
  *of_output = -noise / length;
}

static void
weigh_sample (double signal, double noise, double *of_input, double *of_output)
{
  *of_input = 0;
  *of_output = 1;
}

const GenPrediction gen_prediction_epsilon = {
  .name = "epsilon",
  .description = "the noise, as normal numbers (Ho et al. 2020)",
  .weigh = weigh_epsilon,
};

const GenPrediction gen_prediction_v = {
  .name = "v",
  .description = "how fast the input turns from sample to noise (Salimans and Ho 2022)",
  .weigh = weigh_v,
};

const GenPrediction gen_prediction_sample = {
  .name = "sample",
  .description = "the sample without noise",
  .weigh = weigh_sample,
};

const GenPrediction *const *
gen_prediction_list (void)
{
  static const GenPrediction *const list[] = {
    &gen_prediction_epsilon,
    &gen_prediction_v,
    &gen_prediction_sample,
    NULL,
  };

  return list;
}

const GenPrediction *
gen_prediction_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_prediction_list (), name, "prediction", GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, error);
}
