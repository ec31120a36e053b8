/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hu et al., "LoRA: low-rank adaptation of large language models", 2021. `up` begins with 0, so
 * that the net begins as it was. All differences are of one rank, whatever a layer needs. */
#include <generative/adapter.h>

const GenAdapter gen_adapter_lora = {
  .name = "lora",
  .description = "Differences of one rank beside weights that stay, Hu et al. 2021",
  .adapts = TRUE,
  .uniform_down = 1,
  .reads = (const char *const[]){ "adapter-rank", "adapter-alpha", "adapter-target", NULL },
};
