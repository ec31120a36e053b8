/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LessOrEqual: a <= b, broadcast. */
#include "compare.h"

GEN_COMPARE_ROWS (x <= y)
GEN_COMPARE_OPERATOR (less_or_equal, "LessOrEqual", "Whether a <= b, element by element", 12)
