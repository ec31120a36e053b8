/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of samplers; each is a file beside this one. */
#include <generative/sampler.h>

#include "../base/family.h"

const GenSampler *const *
gen_sampler_list (void)
{
  static const GenSampler *const list[] = {
    &gen_sampler_once,
    &gen_sampler_euler,
    &gen_sampler_ddim,
    &gen_sampler_consistency,
    NULL,
  };

  return list;
}

const GenSampler *
gen_sampler_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_sampler_list (), name, "sampler", GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, error);
}
