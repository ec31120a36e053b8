/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/graph.h>

/* Half of the sum of importance (now - before)^2; `importance` may be NULL: 1. */
GenTensor *gen_retention_apart (
    GenGraph *graph, GenTensor *now, GenTensor *before, GenTensor *importance, GError **error);
