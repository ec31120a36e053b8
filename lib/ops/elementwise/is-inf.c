/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsInf: whether elements are infinite; attributes may leave out one of the signs. */
#include "unary.h"
#include <math.h>

#define INFINITE (x == INFINITY && positive) || (x == -INFINITY && negative)
#define SIGNS                                                                                      \
  const gboolean positive = gen_node_int (node, "detect_positive", 1) != 0;                        \
  const gboolean negative = gen_node_int (node, "detect_negative", 1) != 0

GEN_UNARY_TEST_OPERATOR (is_inf, "IsInf", "Whether elements are infinite", 10, INFINITE, SIGNS)
