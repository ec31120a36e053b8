/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Round: x rounded to the nearest integer, ties to even. */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (0.3, rintf (x), rint (x))

GEN_UNARY_OPERATOR (
    round, "Round", "Rounded to the nearest, ties to even", 11, .gradient_is_zero = TRUE)
