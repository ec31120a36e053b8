/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels as the plan and the folding see them. */
#pragma once

#include <generative/operator.h>
#include <generative/plan.h>

#include "../private-api.h"

typedef struct {
  GenStepFunc run;
  int parts;
} GenStep;

GEN_PRIVATE_API void gen_kernel_init (GenKernel *kernel, const GenNode *node, int threads);
/* Let the operator add its steps. */
GEN_PRIVATE_API gboolean gen_kernel_prepare (GenKernel *kernel, GError **error);
GEN_PRIVATE_API void gen_kernel_clear (GenKernel *kernel);
/* All steps, one after the other, on the calling thread. */
GEN_PRIVATE_API void gen_kernel_run (const GenKernel *kernel);

/* The first kernel of `plan` that runs on the CPU and is of the operator of that name, or NULL. */
const GenKernel *gen_plan_find_kernel (const GenPlan *plan, const char *name);

/* By a clock finer than microseconds, which many a step takes only a few of. */
double gen_seconds_now (void);

/* Memory for tensors: 64-aligned, so that vector loads and oneDNN are at ease. Size 0
 * gives NULL. */
GEN_PRIVATE_API void *gen_aligned_alloc (gsize size);
GEN_PRIVATE_API void gen_aligned_free (void *memory);

/* An output whose value infer() knows: it becomes a constant of these (transfer full)
 * bytes, and the node need not run for it. */
void gen_node_set_constant (GenNode *node, guint i, GBytes *data);
