/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Equal: a == b, broadcast. */
#include "compare.h"

GEN_COMPARE_ROWS (x == y)
GEN_COMPARE_OPERATOR (equal, "Equal", "Whether two tensors are equal, element by element", 7)
