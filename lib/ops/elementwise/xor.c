/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Xor: of two tensors of bool, broadcast. */
#include "compare.h"

GEN_LOGIC_ROWS (x ^ y)
GEN_COMPARE_OPERATOR (xor, "Xor", "Logical xor of two tensors", 7)
