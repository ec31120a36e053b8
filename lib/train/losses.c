/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of losses; each is a file in losses/. */
#include <generative/loss.h>

#include <generative/trainer.h>

#include "../base/family.h"

const GenLoss *const *
gen_loss_list (void)
{
  static const GenLoss *const list[] = {
    &gen_loss_minimax,
    &gen_loss_non_saturating,
    &gen_loss_hinge,
    &gen_loss_least_squares,
    &gen_loss_relativistic,
    &gen_loss_wasserstein,
    NULL,
  };

  return list;
}

const GenLoss *
gen_loss_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      gen_loss_list (), name, "loss", GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING, error);
}
