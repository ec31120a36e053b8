/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Greater: a > b, broadcast. */
#include "compare.h"

GEN_COMPARE_ROWS (x > y)
GEN_COMPARE_OPERATOR (greater, "Greater", "Whether a > b, element by element", 7)
