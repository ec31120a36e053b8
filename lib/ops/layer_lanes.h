/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sums go by vectors of this many elements, AVX2's: those that are wider than a processor's the
 * compiler keeps in memory, and adds them up there. */
#define GEN_LAYER_LANES 8
typedef float GenLanes __attribute__ ((vector_size (4 * GEN_LAYER_LANES), aligned (4)));
