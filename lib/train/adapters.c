/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of adapters; each is a file in adapters/. */
#include <generative/adapter.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenAdapter gen_adapter_none = {
  .name = "none",
  .description = "Weights themselves are trained",
};

const GenAdapter *const *
gen_adapter_list (void)
{
  static const GenAdapter *const list[] = {
    &gen_adapter_none,
    &gen_adapter_lora,
    &gen_adapter_adalora,
    &gen_adapter_dora,
    NULL,
  };

  return list;
}

const GenAdapter *
gen_adapter_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_adapter_list (), name, "adapter", GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, error);
}
