/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of degradations; each is a file in degradations/. */
#include <generative/degradation.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenDegradation gen_degradation_auto = {
  .name = "auto",
  .description = "That which the net is for, else noise",
};

const GenDegradation *const *
gen_degradation_list (void)
{
  static const GenDegradation *const list[] = {
    &gen_degradation_auto,
    &gen_degradation_noise,
    &gen_degradation_downscale,
    &gen_degradation_blur,
    &gen_degradation_box,
    &gen_degradation_half,
    &gen_degradation_jpeg,
    &gen_degradation_bandwidth,
    NULL,
  };

  return list;
}

const GenDegradation *
gen_degradation_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_degradation_list (), name, "degradation", GEN_TRAINER_ERROR,
      GEN_TRAINER_ERROR_SETTING, error);
}
