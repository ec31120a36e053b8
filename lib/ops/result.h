/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operators share whose values decide on the shapes of their outputs. */
#pragma once

#include <generative/operator.h>

/* Memory for a result of `type` and `shape`. */
static inline void *
gen_result_new (GenResult *result, GenDataType type, const GenShape *shape)
{
  gsize size = gen_shape_elements (shape) * gen_data_type_size (type);

  *result = (GenResult){ type, *shape, g_malloc (MAX (size, 1)) };
  return result->data;
}
