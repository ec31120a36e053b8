/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Not: of a tensor of bool. */
#include "unary.h"

GEN_UNARY_ROW (boolean_row, guint8, !x)
GEN_UNARY_CPU (.cost = 0.1, .boolean = boolean_row)

GEN_UNARY_OPERATOR (not, "Not", "Logical negation", 1, .gradient_is_zero = TRUE)
