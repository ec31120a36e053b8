/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BitwiseXor: of the bits of two tensors of integers, broadcast. */
#include "bitwise.h"

GEN_BITWISE_OPERATOR (
    bitwise_xor, "BitwiseXor", "Bitwise exclusive or of two tensors of integers", x ^ y)
