/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What degradations that cut something out have in common. */
#pragma once

#include <generative/degradation.h>

/* Numbers evenly spread between 0 and 1, one a sample: [batch, 1, 1, …]. */
GenTensor *gen_hole_draw (GenGraph *graph, const GenTensor *samples, GError **error);
/* Where elements lie along an axis, from 0 to 1: [1, 1, …, extent, …]. */
GenTensor *gen_hole_places (GenGraph *graph, const GenTensor *samples, int axis);
/* What is left of samples where `seen`, of [batch, 1, …], is above 0: the rest is between black and
 * white. */
gboolean gen_hole_cut (GenGraph *graph, GenTensor *samples, GenTensor *seen,
    const GenDegradationSettings *settings, GenDegraded *degraded, GError **error);
