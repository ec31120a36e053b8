/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* And: of two tensors of bool, broadcast. */
#include "compare.h"

GEN_LOGIC_ROWS (x &y)
GEN_COMPARE_OPERATOR (and, "And", "Logical and of two tensors", 7)
