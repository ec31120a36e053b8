/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Floor: x rounded down. */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (0.3, floorf (x), floor (x))

GEN_UNARY_OPERATOR (floor, "Floor", "Rounded down", 6, .gradient_is_zero = TRUE)
