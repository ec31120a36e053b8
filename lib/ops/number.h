/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single numbers of any type: what operators that take one as an input read and write. */
#pragma once

#include <generative/operator.h>

#include "../private-api.h"

/* Whether there is such a tensor, of 8-bit integers. */
static inline gboolean
gen_tensor_is_bytes (const GenTensor *tensor)
{
  return tensor != NULL && (tensor->type == GEN_TYPE_UINT8 || tensor->type == GEN_TYPE_INT8);
}

/* Element `i` of `data`; exact up to 2^53. NaN for a type that has no numbers. */
double gen_number_get (GenDataType type, const void *data, gsize i);
/* `value` as element `i` of `data`. */
GEN_PRIVATE_API void gen_number_set (GenDataType type, void *data, gsize i, double value);
/* Whether the two above know `type`. */
GEN_PRIVATE_API gboolean gen_number_has (GenDataType type);
