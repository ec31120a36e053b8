/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Less: a < b, broadcast. */
#include "compare.h"

GEN_COMPARE_ROWS (x < y)
GEN_COMPARE_OPERATOR (less, "Less", "Whether a < b, element by element", 7)
