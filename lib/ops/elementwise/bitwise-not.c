/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BitwiseNot: each bit turned around, of integers. */
#include "unary.h"

GEN_UNARY_ROW (row8, guint8, ~x)
GEN_UNARY_ROW (row16, guint16, ~x)
GEN_UNARY_ROW (row32, guint32, ~x)
GEN_UNARY_ROW (row64, guint64, ~x)
GEN_UNARY_CPU (.cost = 0.2, .int8 = row8, .uint8 = row8, .int16 = row16, .uint16 = row16,
    .int32 = row32, .uint32 = row32, .int64 = row64, .uint64 = row64)

GEN_UNARY_OPERATOR (
    bitwise_not, "BitwiseNot", "Each bit turned around", 18, .gradient_is_zero = TRUE)
