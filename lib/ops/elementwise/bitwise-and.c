/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BitwiseAnd: of the bits of two tensors of integers, broadcast. */
#include "bitwise.h"

GEN_BITWISE_OPERATOR (bitwise_and, "BitwiseAnd", "Bitwise and of two tensors of integers", x &y)
