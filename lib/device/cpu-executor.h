/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../graph/executor.h"

G_BEGIN_DECLS

extern const GenExecutorClass gen_cpu_executor_class;

G_END_DECLS
