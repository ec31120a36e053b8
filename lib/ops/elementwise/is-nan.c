/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsNaN: whether elements are no numbers. */
#include "unary.h"

GEN_UNARY_TEST_OPERATOR (is_nan, "IsNaN", "Whether elements are no numbers", 9, x != x)
