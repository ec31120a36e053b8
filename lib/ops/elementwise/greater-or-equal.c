/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GreaterOrEqual: a >= b, broadcast. */
#include "compare.h"

GEN_COMPARE_ROWS (x >= y)
GEN_COMPARE_OPERATOR (greater_or_equal, "GreaterOrEqual", "Whether a >= b, element by element", 12)
