/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sign: -1, 0 or 1. */
#include "unary.h"

GEN_UNARY_NUMBERS (0.2, (x > 0) - (x < 0), x > 0)

GEN_UNARY_OPERATOR (sign, "Sign", "-1, 0 or 1", 9, .gradient_is_zero = TRUE)
