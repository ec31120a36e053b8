/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/operator.h>

/* Whether ExactProduct multiplies matrices of `type`: double, and integers of 32 and 64 bits. */
gboolean gen_exact_product_knows (GenDataType type);
