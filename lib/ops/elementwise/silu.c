/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Silu: x sigmoid (x), which fusion finds written out. Gradients are built before. */
#include "mathematics.h"
#include "unary.h"

GEN_UNARY_ROW (float32_row, float, x *gen_sigmoid (x))
GEN_UNARY_CPU (.cost = 0.6, .float32 = float32_row)

GEN_UNARY_OPERATOR (silu, "Silu", "x times its Sigmoid, as fusion finds it", 0,
    .domain = "generative", .activation = GEN_ACTIVATION_SILU)
