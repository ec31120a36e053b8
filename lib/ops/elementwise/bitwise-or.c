/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BitwiseOr: of the bits of two tensors of integers, broadcast. */
#include "bitwise.h"

GEN_BITWISE_OPERATOR (bitwise_or, "BitwiseOr", "Bitwise or of two tensors of integers", x | y)
