/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of what keeps nets from forgetting; each is a file in retentions/. */
#include <generative/retention.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenRetention gen_retention_none = {
  .name = "none",
  .description = "Nets may forget what they could do before",
};

const GenRetention *const *
gen_retention_list (void)
{
  static const GenRetention *const list[] = {
    &gen_retention_none,
    &gen_retention_ewc,
    &gen_retention_l2_sp,
    &gen_retention_distillation,
    NULL,
  };

  return list;
}

const GenRetention *
gen_retention_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_retention_list (), name, "retain", GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, error);
}
