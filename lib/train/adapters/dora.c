/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Liu et al., "DoRA: weight-decomposed low-rank adaptation", 2024. The weights of each unit of a
 * layer have a length, which is learned by itself, and a direction, which a difference of low rank
 * turns: m (W + B A) / |W + B A|. What that is divided by is a constant for gradients, as the paper
 * has it. It costs a product of the size of the weights in each step, and learns more where the
 * rank is small. */
#include <generative/adapter.h>

const GenAdapter gen_adapter_dora = {
  .name = "dora",
  .description = "Differences of one rank that turn weights, and the length of each unit's beside, "
                 "Liu et al. 2024",
  .adapts = TRUE,
  .has_magnitudes = TRUE,
  .uniform_down = 1,
  .reads = (const char *const[]){ "adapter-rank", "adapter-alpha", "adapter-target", NULL },
};
