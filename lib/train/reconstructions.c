/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of reconstructions; each is a file in reconstructions/. */
#include <generative/reconstruction.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenReconstruction gen_reconstruction_auto = {
  .name = "auto",
  .description = "cross-entropy where samples are made by Sigmoid, else l2",
};

const GenReconstruction *const *
gen_reconstruction_list (void)
{
  static const GenReconstruction *const list[] = {
    &gen_reconstruction_auto,
    &gen_reconstruction_cross_entropy,
    &gen_reconstruction_l1,
    &gen_reconstruction_l2,
    &gen_reconstruction_ssim,
    &gen_reconstruction_focal_frequency,
    &gen_reconstruction_stft,
    NULL,
  };

  return list;
}

const GenReconstruction *
gen_reconstruction_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (gen_reconstruction_list (), name, "reconstruction", GEN_TRAINER_ERROR,
      GEN_TRAINER_ERROR_SETTING, error);
}
