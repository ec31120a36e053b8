/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adam.h"

static void
configure (GenNode *node, const GenOptimizerSettings *settings)
{
  gen_optimizer_configure_adam (node, settings);
  gen_node_set_float (node, "warm_up", (float)settings->warm_up);
}

/* The weights are beta1 of the way from the base to the average. */
static void
average (const GenOptimizerSettings *settings, const float *base, float *weights, gsize n)
{
  const double share = settings->beta1;

  for (gsize i = 0; i < n; i++)
    weights[i] = (float)((weights[i] - (1 - share) * base[i]) / share);
}

const GenOptimizer gen_optimizer_schedule_free = {
  .name = "schedule-free",
  .description = "AdamW that averages its weights in the place of a schedule, and plays with the "
                 "average; beta1=0.9",
  .operator_name = "ScheduleFree",
  .states = { "base", "square" },
  .begins_at_weights = TRUE,
  .configure = configure,
  .average = average,
  .reads = (const char *const[]){ "beta1", "beta2", "weight-decay", NULL },
};
