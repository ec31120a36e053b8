/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/sampler.h>

const GenSampler gen_sampler_once = {
  .name = "once",
  .description = "one run of the model, as it is",
  .steps = 1,
};
