/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long steps take by many processes: a sum is two exchanges of each with each. */
#include <generative/scaling.h>

/* Before each step all say how they are, and behind it what its figures are: two exchanges of a few
 * bytes, by trees. */
static double
say (const GenScaling *scaling, guint processes)
{
  double levels = 0;

  for (guint reached = 1; reached < processes; reached *= 2)
    levels++;
  return 2 * levels * (scaling->latency + 2 * scaling->message);
}

double
gen_scaling_step (const GenScaling *scaling, guint processes)
{
  const double others = (double)processes - 1;
  double wire, processor, hidden;

  if (processes < 2)
    return scaling->compute;
  wire = 2 * scaling->bytes * others / processes / scaling->bandwidth +
         2 * scaling->sums * scaling->latency;
  processor = scaling->bytes * scaling->handling + 4 * scaling->sums * others * scaling->message;
  hidden = MIN (wire, scaling->overlap);
  return scaling->compute + processor + wire - hidden + say (scaling, processes);
}

double
gen_scaling_efficiency (const GenScaling *scaling, guint processes)
{
  return scaling->compute / gen_scaling_step (scaling, processes);
}
