/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/plan.h>

#include "executor.h"

G_BEGIN_DECLS

/* What runs the plan on its device, and its class; NULL for the CPU. */
GenExecutor *gen_plan_executor (GenPlan *plan, const GenExecutorClass **klass);

G_END_DECLS
