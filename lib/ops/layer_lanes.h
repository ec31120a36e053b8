/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sums go by vectors of this many elements, as wide as any machine's. */
#define GEN_LAYER_LANES 16
typedef float GenLanes __attribute__ ((vector_size (4 * GEN_LAYER_LANES), aligned (4)));
