/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/weight-mask.h>

#include <math.h>

#define RUN 4
#define ZEROS 2

/* The smallest of those that are not zero yet. */
static void
zero_smallest (float *run, gint64 stride)
{
  int smallest = -1;

  for (int i = 0; i < RUN; i++)
    if (run[i * stride] != 0 &&
        (smallest < 0 || fabsf (run[i * stride]) < fabsf (run[smallest * stride])))
      smallest = i;
  if (smallest >= 0)
    run[smallest * stride] = 0;
}

static void
mask_run (float *run, gint64 stride)
{
  int zeros = 0;

  for (int i = 0; i < RUN; i++)
    zeros += run[i * stride] == 0;
  for (; zeros < ZEROS; zeros++)
    zero_smallest (run, stride);
}

/* What is left of a row behind its last run of four stays. */
static void
apply (float *weights, gint64 outer, gint64 n, gint64 inner, double ratio)
{
  for (gint64 o = 0; o < outer; o++)
    for (gint64 k = 0; k < inner; k++)
      for (gint64 i = 0; i + RUN <= n; i += RUN)
        mask_run (weights + (o * n + i) * inner + k, inner);
}

const GenWeightMask gen_weight_mask_two_of_four = {
  .name = "2:4",
  .summary = "The two smallest of each four neighbouring inputs, as sparse tensor cores take them",
  .fixed = TRUE,
  .apply = apply,
};
