/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ceil: x rounded up. */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (0.3, ceilf (x), ceil (x))

GEN_UNARY_OPERATOR (ceil, "Ceil", "Rounded up", 6, .gradient_is_zero = TRUE)
