/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Or: of two tensors of bool, broadcast. */
#include "compare.h"

GEN_LOGIC_ROWS (x | y)
GEN_COMPARE_OPERATOR (or, "Or", "Logical or of two tensors", 7)
