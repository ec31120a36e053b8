/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attacks do in the two norms (attack.h): each ascends, projects and draws. */
#pragma once

#include <generative/attack.h>

GenTensor *gen_linf_ascend (GenGraph *graph, GenTensor *gradient, GError **error);
GenTensor *gen_linf_project (
    GenGraph *graph, GenTensor *change, GenTensor *epsilon, GError **error);
GenTensor *gen_linf_draw (GenGraph *graph, GenTensor *samples, GenTensor *epsilon, GError **error);

GenTensor *gen_l2_ascend (GenGraph *graph, GenTensor *gradient, GError **error);
GenTensor *gen_l2_project (GenGraph *graph, GenTensor *change, GenTensor *epsilon, GError **error);
GenTensor *gen_l2_draw (GenGraph *graph, GenTensor *samples, GenTensor *epsilon, GError **error);
