/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "validation-detail.h"

void
gen_validation_detail_init (GenValidationDetail *detail)
{
  *detail = (GenValidationDetail){ .each = g_array_new (FALSE, FALSE, sizeof (float)) };
}

void
gen_validation_detail_clear (GenValidationDetail *detail)
{
  g_clear_pointer (&detail->each, g_array_unref);
}

gsize
gen_validation_detail_count (const GenValidationDetail *detail)
{
  return detail->each->len / GEN_RECIPE_MAX_FIGURES;
}
