/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of ways to choose ranges, each in a file beside this one. */
#include <generative/quantize.h>

#include "../base/family.h"

const GenRangeMethod *const *
gen_range_method_list (void)
{
  static const GenRangeMethod *const list[] = {
    &gen_range_method_min_max,
    &gen_range_method_percentile,
    &gen_range_method_entropy,
    &gen_range_method_squared_error,
    NULL,
  };

  return list;
}

const GenRangeMethod *
gen_range_method_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_range_method_list (), name, "way to choose ranges",
      GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_UNKNOWN, error);
}
